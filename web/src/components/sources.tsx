// The sources: what each of them is doing, and where every record of it went.
import type { ComponentChildren } from 'preact';
import type { Source } from '../api';
import { NOTHING, bytes, clock, count, counted, date, day, lasting, ms, rate, visible } from '../format';
import { stretches, type Stretch } from '../observed';
import type { State } from '../state';
import { account, kind, lostWords, reasons, saySources, shortName, sorted, sum, sumWords, troubles, type Account } from '../sources';
import { interval } from '../words';
import type { Go } from './link';
import { Num } from './num';
import { Section } from './panel';
import { formatNames, StateWord } from './sourcesign';

const GAPS_SHOWN = 8;
const COLUMNS = 12;

function stamp(at: string | null): string {
  return at === null ? NOTHING : `${date(ms(at))}, ${clock(ms(at))}`;
}

// The day alone where the year is another than that of the newest event.
function shortStamp(at: string | null, all: readonly Source[]): string {
  if (at === null) return NOTHING;
  const newest = Math.max(...all.map((source) => (source.last_event === null ? -Infinity : ms(source.last_event))));
  return new Date(newest).getUTCFullYear() === new Date(ms(at)).getUTCFullYear() ? `${day(ms(at))} ${clock(ms(at))}` : date(ms(at));
}

const OUTCOMES = ['accepted', 'duplicates', 'skipped', 'malformed'] as const;
const OUTCOME_WORDS = { accepted: 'accepted', duplicates: 'duplicate', skipped: 'skipped', malformed: 'malformed' } as const;

function Outcomes({ source }: { source: Source }) {
  const counts = account(source.counts);
  const why = reasons(source.counts);
  return (
    <div>
      <h3>Records</h3>
      {counts.read > 0 && (
        <div class="parts" aria-hidden="true">
          {OUTCOMES.map((name) => counts[name] > 0 && <i key={name} class={`part-${name}`} style={{ flexGrow: counts[name] }} />)}
        </div>
      )}
      <dl class="figures">
        <Line name="read" value={count(counts.read)} />
        {OUTCOMES.map((name) => <Line key={name} name={<span class="key"><span class={`sw part-${name}`} /> {OUTCOME_WORDS[name]}</span>} value={count(counts[name])} />)}
        <Line name="late, of the accepted" value={count(counts.late)} />
      </dl>
      {why.length > 0 && <h4>Why not read</h4>}
      <dl class="figures">{why.map(([words, n]) => <Line key={words} name={words} value={count(n)} />)}</dl>
      <p class="dim">
        {[
          source.counts.negative_counters > 0 ? `${counted(source.counts.negative_counters, 'negative counter')} taken as 0.` : '',
          source.counts.unknown_applications > 0 ? `${counted(source.counts.unknown_applications, 'application name')} not known.` : '',
        ].filter((part) => part !== '').join(' ')}
      </p>
    </div>
  );
}

function Line({ name, value }: { name: ComponentChildren; value: ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{value}</dd></div>;
}

function clockWords(source: Source): string {
  const { skew } = source;
  if (skew.state === 'steady') return visible(skew.text ?? `${lasting(Math.abs(skew.seconds))} ${skew.seconds < 0 ? 'behind' : 'ahead'}`);
  return skew.state === 'none' ? 'agrees with the time of arrival' : 'not known: too few live events';
}

function length(stretch: Stretch): number {
  return stretch.to - stretch.from;
}

function Times({ source }: { source: Source }) {
  // the longest, in their order
  const gaps = stretches(source.gaps).sort((a, b) => length(b) - length(a)).slice(0, GAPS_SHOWN).sort((a, b) => a.from - b.from);
  const more = source.gaps_total - gaps.length;
  return (
    <div>
      <h3>Time</h3>
      <dl class="figures">
        <Line name="first event" value={stamp(source.first_event)} />
        <Line name="last event" value={stamp(source.last_event)} />
        <Line name="last arrival" value={stamp(source.last_arrival)} />
        <Line name="usual silence" value={source.usual_gap_seconds === null ? 'not known yet' : `up to ${lasting(source.usual_gap_seconds)}`} />
        <Line name="its clock" value={clockWords(source)} />
        <Line name="from the future" value={source.future_events === 0 ? 'none' : `${counted(source.future_events, 'event')}, up to ${lasting(source.future_seconds)} ahead`} />
        {source.shift_seconds !== 0 && <Line name="moved by --align" value={`${source.shift_seconds < 0 ? '−' : '+'}${lasting(Math.abs(source.shift_seconds))}`} />}
      </dl>
      <h4>{source.gaps_total === 0 ? 'No gap in this window' : `${counted(source.gaps_total, 'gap')} in this window`}</h4>
      <ul class="gaps">
        {gaps.map((gap) => <li key={gap.from}>{interval(gap.from, gap.to)} <span class="dim">{lasting(length(gap) / 1000)}</span></li>)}
        {more > 0 && <li class="dim">and {counted(more, 'shorter one')}</li>}
      </ul>
    </div>
  );
}

function Reading({ source }: { source: Source }) {
  return (
    <div>
      <h3>Reading</h3>
      <dl class="figures">
        <Line name="kind" value={kind(source.kind)} />
        <Line name="formats" value={formatNames(source) || NOTHING} />
        <Line name="rate" value={rate(source.rate)} />
        <Line name="behind now" value={source.lag_seconds === null ? NOTHING : lasting(source.lag_seconds)} />
        <Line name="still to read" value={source.bytes_behind === null ? NOTHING : bytes(source.bytes_behind)} />
        {source.peers !== null && <Line name="connected" value={count(source.peers)} />}
        <Line name="rotations" value={count(source.rotations)} />
        <Line name="streams" value={count(source.streams)} />
        <Line name="lost" value={lostWords(source)} />
        <Line name="anomalous in this window" value={`${count(source.window.anomalous)} of ${counted(source.window.events, 'event')}`} />
      </dl>
    </div>
  );
}

function Details({ source, id }: { source: Source; id: string }) {
  return (
    <tr class="details" id={id}>
      <td colSpan={COLUMNS}>
        <p class="full"><span class="bytes">{visible(source.name)}</span></p>
        {troubles(source).map(({ says }) => <p key={says} class="full">It {says}{/[.?!]$/.test(says) ? '' : '.'}</p>)}
        <div class="detail">
          <Outcomes source={source} />
          <Times source={source} />
          <Reading source={source} />
        </div>
      </td>
    </tr>
  );
}

function Figures({ of }: { of: Account }) {
  return (
    <>
      <td class="num" data-label="read"><Num text={count(of.read)} /></td>
      <td class="num" data-label="accepted"><Num text={count(of.accepted)} /></td>
      <td class="num" data-label="duplicate"><Num text={count(of.duplicates)} /></td>
      <td class="num" data-label="skipped"><Num text={count(of.skipped)} /></td>
      <td class="num" data-label="malformed"><Num text={count(of.malformed)} /></td>
      <td class="num dim" data-label="late"><Num text={count(of.late)} /></td>
    </>
  );
}

interface RowProps {
  source: Source;
  all: readonly Source[];
  index: number;
  open: boolean;
  go: Go;
}

function Row({ source, all, index, open, go }: RowProps) {
  const worst = troubles(source)[0];
  const details = `details-${index}`;
  const toggle = () => go({ source: open ? null : source.name });
  return (
    <>
      <tr class={open ? 'is-focus' : ''} onClick={toggle}>
        <td class="st"><StateWord source={source} /></td>
        <td class="which">
          <button type="button" class="plain-button" aria-expanded={open} aria-controls={open ? details : undefined} title={visible(source.name)}
            onClick={(event) => { event.stopPropagation(); toggle(); }}>
            {shortName(source, all)}
          </button>
          <span class="what" title={worst?.says}>{worst === undefined ? [kind(source.kind), formatNames(source)].filter((part) => part !== '').join(', ') : <span class="why">{worst.says}</span>}</span>
        </td>
        <td class="num" data-label="rate"><Num text={source.rate === 0 ? NOTHING : rate(source.rate).replace(' events', '')} /></td>
        <td class="num" data-label="behind now"><Num text={source.lag_seconds === null ? NOTHING : lasting(source.lag_seconds)} /></td>
        <td class="num" data-label="last event"><Num text={shortStamp(source.last_event, all)} /></td>
        <td class="num" data-label="to read"><Num text={source.bytes_behind === null ? NOTHING : bytes(source.bytes_behind)} /></td>
        <Figures of={account(source.counts)} />
      </tr>
      {open && <Details source={source} id={details} />}
    </>
  );
}

const HEADS = [
  ['State', ''], ['Source', ''], ['Rate', 'num'], ['Behind now', 'num'], ['Last event', 'num'], ['To read', 'num'],
  ['Read', 'num'], ['= accepted', 'num'], ['+ duplicate', 'num'], ['+ skipped', 'num'], ['+ malformed', 'num'], ['Late', 'num'],
] as const;

function Table({ sources, opened, go }: { sources: readonly Source[]; opened: string | null; go: Go }) {
  const total = sum(sources);
  return (
    <table class="open-table source-table" id="source-table">
      <caption class="vh">Sources, the most troubled first; a name opens its details</caption>
      <thead><tr>{HEADS.map(([name, css]) => <th scope="col" class={css} key={name}>{name}</th>)}</tr></thead>
      <tbody>{sources.map((source, i) => <Row key={source.name} source={source} all={sources} index={i} open={opened === source.name} go={go} />)}</tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={2}>{sources.length === 1 ? 'The one source' : `All ${counted(sources.length, 'source')}`}</th>
          <td class="num" data-label="rate"><Num text={rate(sources.reduce((all, source) => all + source.rate, 0)).replace(' events', '')} /></td>
          <td /><td />
          <td class="num" data-label="to read"><Num text={bytes(sources.reduce((all, source) => all + (source.bytes_behind ?? 0), 0))} /></td>
          <Figures of={total} />
        </tr>
      </tfoot>
    </table>
  );
}

export function SourcesView({ state, retry, go }: { state: State; retry(): void; go: Go }) {
  const { data, problem } = state.panels.sources;
  const sources = sorted(data?.sources ?? []);
  const said = saySources(sources);
  return (
    <Section id="reporting" question="Are all sources heard?" answer={data === null ? NOTHING : <span key={said.strong}><b>{said.strong}</b>{said.rest}</span>} problem={problem} what="The list of sources" retry={retry}>
      <div class="sources-box">
        {sources.length > 0 && <Table sources={sources} opened={state.place.source} go={go} />}
        {data !== null && sources.length === 0 && <p class="nowhere">No log has been read yet. A file, a folder, a socket or a push becomes a source when it is given to <code>honeyguide serve</code> or sends its first record.</p>}
      </div>
      <p class="sum" id="sum">{sources.length === 0 ? '' : sumWords(sum(sources))}</p>
    </Section>
  );
}
