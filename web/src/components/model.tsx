// The model: what was asked of it and what came of that, how its p-values spread, and what it has learnt.
import type { Reliability, Reliable, Week } from '../api';
import { NOTHING, amount, count, counted, odds } from '../format';
import { budgetWords, intervalWords, judged, label, ordered, sayBudget, sayWaiting, weekWords } from '../reliability';
import type { State } from '../state';
import { CanariesView } from './canaries';
import { DriftView } from './drift';
import { Learnt } from './learnt';
import { Ledger } from './ledger';
import type { Go } from './link';
import { Num } from './num';
import { Section } from './panel';
import { Spread } from './spread';
import { SeverityWord } from './signs';
import { VerdictWord } from './verdictword';

function Figures({ week }: { week: Week | undefined }) {
  if (week === undefined) return <td colSpan={6} class="dim none">No event of it has been scored.</td>;
  return (
    <>
      <td class="num" data-label="week">{weekWords(week)}</td>
      <td class="num" data-label="events"><Num text={count(week.events)} /></td>
      <td class="num" data-label="expected"><Num text={amount(week.expected)} /></td>
      <td class="num" data-label="counted"><Num text={count(week.alarms)} /></td>
      <td class="num" data-label="95 % interval"><Num text={intervalWords(week)} /></td>
      <td class="num" data-label="alerts"><Num text={count(week.alerts)} /></td>
    </>
  );
}

interface RowProps {
  source: Reliable;
  all: readonly Reliable[];
  chosen: boolean;
  go: Go;
}

function Row({ source, all, chosen, go }: RowProps) {
  const week = judged(source);
  const choose = () => go({ source: source.source, week: null });
  return (
    <tr class={chosen ? 'is-focus' : ''} onClick={choose} data-source={source.source}>
      <td class="st">{week === undefined ? <span class="dim">{NOTHING}</span> : <VerdictWord of={week.verdict} />}</td>
      <td class="which">
        <button type="button" class="plain-button" aria-pressed={chosen} onClick={(event) => { event.stopPropagation(); choose(); }}>{label(source, all)}</button>
        <span class="told">{week?.words}</span>
      </td>
      <Figures week={week} />
      <td class="num" data-label="events a day"><Num text={count(source.events_a_day)} /></td>
      <td class="num" data-label="alarm below"><Num text={odds(source.rate_asked)} /></td>
    </tr>
  );
}

const HEADS = [
  ['Verdict', ''], ['Source', ''], ['Week', 'num'], ['Events', 'num'], ['Expected', 'num'], ['Counted', 'num'], ['95 % interval', 'num'], ['Alerts', 'num'],
  ['Events a day', 'num'], ['Alarm below', 'num'],
] as const;

function Table({ sources, chosen, go }: { sources: readonly Reliable[]; chosen: Reliable | undefined; go: Go }) {
  return (
    <table class="open-table budget-table" id="budget-table">
      <caption class="vh">False alarms expected and counted, by source, those that need a look first; a name shows its p-values below</caption>
      <thead><tr>{HEADS.map(([name, css]) => <th scope="col" class={css} key={name}>{name}</th>)}</tr></thead>
      <tbody>{sources.map((source) => <Row key={source.source} source={source} all={sources} chosen={source === chosen} go={go} />)}</tbody>
    </table>
  );
}

// Which words stand for which probability.
function Severities({ severities }: Reliability) {
  return (
    <ul class="asked" aria-label="What the severities mean">
      <li><SeverityWord of="high" /> <span class="dim">at most {odds(severities.high)} ordinary events is as odd</span></li>
      <li><SeverityWord of="medium" /> <span class="dim">at most {odds(severities.medium)}</span></li>
      <li><SeverityWord of="low" /> <span class="dim">whatever else the budget lets through</span></li>
    </ul>
  );
}

function Counted({ n }: { n: number }) {
  return (
    <p class="sum">
      {n > 0 && 'Counted are scored events that no label calls an attack; of honeypots, all. The interval holds the number of false alarms that would come again and again in such a week, 95 times of 100. An alert holds one alarm or more.'}
    </p>
  );
}

export function ModelView({ state, retry, go }: { state: State; retry(): void; go: Go }) {
  const { life, drift, canaries } = state.panels;
  const { data, problem } = state.panels.reliability;
  const summary = state.panels.summary.data;
  const waiting = summary === null ? null : sayWaiting(summary);
  const sources = ordered(data?.sources ?? []);
  const chosen = sources.find((source) => source.source === state.place.source) ?? sources[0];
  const said = data === null ? null : sayBudget(data);
  return (
    <>
      <Section id="budget" question="Are there as many false alarms as were asked for?" problem={problem} what="What was asked and came of it" retry={retry}
        answer={data === null || said === null ? NOTHING : waiting !== null && sources.length === 0 ? `${waiting} Asked: ${budgetWords(data.budget)}.` : <span key={said.strong}><b>{said.strong}</b>{said.rest}</span>}>
        {data !== null && <Severities {...data} />}
        {sources.length > 0 && <Table sources={sources} chosen={chosen} go={go} />}
        {data !== null && sources.length === 0 && (
          <p class="nowhere">
            {waiting === null ? 'No event has been scored yet. Each source gets its line with the first that is.'
              : `Nothing is scored before the lesson is over${summary?.learning ? `, after ${counted(summary.learning.needed, 'event')}` : ''}. Then each source gets its line here, week by week.`}
          </p>
        )}
        <Counted n={sources.length} />
      </Section>
      {chosen !== undefined && <Spread source={chosen} all={sources} week={state.place.week} go={go} />}
      {(data !== null || problem !== null) && (
        <>
          <Learnt summary={summary} />
          <Ledger slot={life} retry={retry} />
          <DriftView slot={drift} retry={retry} />
          <CanariesView slot={canaries} retry={retry} />
        </>
      )}
    </>
  );
}
