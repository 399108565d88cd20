// How a source's p-values spread, week by week: alike many in every bar where what comes is like what was learnt.
import { useLayoutEffect, useState } from 'preact/hooks';
import type { Reliable, Week } from '../api';
import { roundMaximum } from '../charts/scale';
import { NOTHING, amount, count, day, ms, odds } from '../format';
import { band, barWords, intervalWords, isOut, judged, label, sayBars, weekKey, weekWords, type Band } from '../reliability';
import type { Go } from './link';
import { Section } from './panel';
import { VerdictSign, VerdictWord } from './verdictword';

const HEIGHT = 100; // of the drawing's own units

interface BarsProps {
  week: Week;
  top: number; // events at the upper edge
  pointed?: number | null;
}

// Bars from zero, and behind and above them the level to expect with what chance allows.
function Bars({ week, top, pointed = null }: BarsProps) {
  const allowed = band(week);
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT;
  return (
    <svg class="pv-bars" viewBox={`0 0 ${week.p_values.length} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <rect class="pv-band" x="0" width={week.p_values.length} y={y(allowed.high)} height={y(allowed.low) - y(allowed.high)} />
      {week.p_values.map((value, i) => (
        <rect key={i} class={`${isOut(value, allowed) ? 'out' : ''} ${pointed === i ? 'is-at' : ''}`} data-value={value} x={i + 0.09} width="0.82" y={y(value)} height={HEIGHT - y(value)} />
      ))}
      <path class="pv-edge" d={`M0 ${y(allowed.high)}H${week.p_values.length}M0 ${y(allowed.low)}H${week.p_values.length}`} />
      <path class="pv-level" d={`M0 ${y(allowed.expected)}H${week.p_values.length}`} />
    </svg>
  );
}

function against(value: number, allowed: Band): string {
  if (value > allowed.high) return 'more than chance allows';
  return value < allowed.low ? 'fewer than chance allows' : 'as chance allows';
}

function Readout({ week, index }: { week: Week; index: number | null }) {
  const allowed = band(week);
  const value = index === null ? undefined : week.p_values[index];
  if (index === null || value === undefined) return <p class="pv-readout"><span>{sayBars(week)}</span></p>;
  return (
    <p class="pv-readout">
      <b>p {barWords(index, week.p_values.length)}</b>
      <span><b>{count(value)}</b>{value === 1 ? ' event' : ' events'}, {against(value, allowed)}</span>
    </p>
  );
}

function Plot({ week, name }: { week: Week; name: string }) {
  const [index, setIndex] = useState<number | null>(null);
  useLayoutEffect(() => setIndex(null), [week.from, name]); // before the next key
  const bars = week.p_values.length;
  const allowed = band(week);
  const top = roundMaximum(Math.max(1, allowed.high, ...week.p_values));
  const move = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setIndex(Math.min(bars - 1, Math.max(0, (index ?? (step > 0 ? -1 : bars)) + step)));
  };
  const over = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    setIndex(Math.min(bars - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars))));
  };
  return (
    <div class="pv" id="pv" tabIndex={0} role="group" onKeyDown={move} onBlur={() => setIndex(null)}
      aria-label={`Events by p-value, ${name}, ${weekWords(week)}; arrow keys move through the bars. ${sayBars(week)}`}>
      <Readout week={week} index={index} />
      <p class="p-name" aria-hidden="true">
        <b>Events by p-value</b>
        <span class="key"><span class="sw sw-label" /> within what chance allows</span><span class="key"><span class="sw sw-out" /> outside it</span>
        <span class="key"><span class="ln ln-level" /> {amount(allowed.expected)} to expect</span><span class="key"><span class="sw sw-band" /> 95{'\u202f'}% band, {amount(allowed.low)} – {amount(allowed.high)}</span>
      </p>
      <div class="pv-box" aria-hidden="true">
        <span class="pv-y"><span>{count(top)}</span><span>{count(top / 2)}</span><span>0</span></span>
        <div class="pv-area" onPointerMove={over} onPointerLeave={() => setIndex(null)}><Bars week={week} top={top} pointed={index} /></div>
        <span class="pv-x"><span>0</span><span>0.25</span><span>0.5</span><span>0.75</span><span>1</span></span>
        <span class="pv-ends"><span>← odd</span><span>ordinary →</span></span>
      </div>
    </div>
  );
}

function WeekFacts({ week, source }: { week: Week; source: Reliable }) {
  const facts: [string, string][] = [
    ['events that count', count(week.events)], ['false alarms expected', amount(week.expected)], ['counted', count(week.alarms)], ['95\u202f% interval of these', intervalWords(week)], ['alerts', count(week.alerts)],
    ['events a day, as reckoned now', count(source.events_a_day)], ['alarm below p, now', `${source.rate_asked.toPrecision(3)}, ${odds(source.rate_asked)}`],
  ];
  return (
    <div class="week-facts" id="week-facts">
      <p class="told"><VerdictSign of={week.verdict} /> {week.words}</p>
      <dl class="figures">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <table class="plain-t tails">
        <caption class="vh">Events in the tail</caption>
        <thead><tr><th scope="col">As odd as</th><th scope="col" class="num">Expected</th><th scope="col" class="num">Counted</th></tr></thead>
        <tbody>
          {week.tails.map(({ p, events }) => <tr key={p}><td>{odds(p)}</td><td class="num">{amount(p * week.events)}</td><td class="num">{count(events)}</td></tr>)}
        </tbody>
      </table>
    </div>
  );
}

// All weeks on one scale, in shares of what each may expect: a bar twice as high is twice as many.
function Weeks({ source, chosen, go }: { source: Reliable; chosen: Week; go: Go }) {
  const ratio = (week: Week) => Math.max(1, ...week.p_values) / Math.max(1e-9, band(week).expected);
  const most = Math.max(2, ...source.weeks.filter((week) => week.events > 0).map(ratio));
  return (
    <ul class="weeks" id="weeks" aria-label="Weeks, the newest first">
      {source.weeks.map((week) => (
        <li key={week.from}>
          <button type="button" aria-pressed={week === chosen} onClick={() => go({ source: source.source, week: weekKey(week) })}>
            <span class="when"><b>{day(ms(week.from))}</b> <span class="dim"><span class="vh">week, </span>{count(week.events)}<span class="unit"> events</span></span></span>
            <Bars week={week} top={Math.max(1e-9, band(week).expected) * most} />
            <VerdictWord of={week.verdict} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Table({ week }: { week: Week }) {
  const allowed = band(week);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="The p-values as a table">
      <table class="plain-t" id="pv-table">
        <caption class="vh">Events by p-value, {weekWords(week)}</caption>
        <thead><tr>{['p-value', 'Events', 'To expect', '95 % band', ''].map((name) => <th scope="col" class={name === 'p-value' ? '' : 'num'} key={name}>{name === '' ? <span class="vh">Remark</span> : name}</th>)}</tr></thead>
        <tbody>
          {week.p_values.map((value, i) => (
            <tr key={i}>
              <td>{barWords(i, week.p_values.length)}</td><td class="num">{count(value)}</td><td class="num">{amount(allowed.expected)}</td>
              <td class="num">{amount(allowed.low)} – {amount(allowed.high)}</td><td class="num dim">{isOut(value, allowed) ? against(value, allowed) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface SpreadProps {
  source: Reliable;
  all: readonly Reliable[];
  week: string | null;
  go: Go;
}

export function Spread({ source, all, week: asked, go }: SpreadProps) {
  const [table, setTable] = useState(false);
  const week = source.weeks.find((one) => weekKey(one) === asked) ?? judged(source);
  const name = label(source, all);
  return (
    <Section id="spread" question="Is what comes like what was learnt?" answer={week === undefined ? NOTHING : `${name}, ${weekWords(week)}. Were it so, all bars would be alike high.`}>
      {week === undefined ? <p class="nowhere">No event of this source has been scored yet.</p> : (
        <>
          <div class="spread">
            <Plot week={week} name={name} />
            <WeekFacts week={week} source={source} />
          </div>
          <p class="more-row">
            <span>The band is for events that come independently of each other; with bursts, bars leave it sooner.</span>
            <button type="button" class="link" aria-expanded={table} onClick={() => setTable(!table)}>{table ? 'Hide the table' : 'Show as a table'}</button>
          </p>
          {table && <Table week={week} />}
          <h3 class="weeks-h">Week by week, the newest first</h3>
          <Weeks source={source} chosen={week} go={go} />
        </>
      )}
    </Section>
  );
}
