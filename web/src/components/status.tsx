// 1. Is everything okay?
import type { Bucket, Source, Summary, TimeSeries } from '../api';
import { NOTHING, change, clock, count, counted, shape } from '../format';
import { rangeOf, stretchOf, watched } from '../observed';
import type { Panels, State } from '../state';
import { blindWholly, blindWords, saySources, shortName, sorted, troubles } from '../sources';
import { bucketTime, lastEvent, probesWords, splitWords, verdict } from '../words';
import { Figure } from './figure';
import { formatNames, StateSign } from './sourcesign';
import { PlaceLink, type Go } from './link';
import { Num } from './num';
import { Section } from './panel';
import { Icon, Sign } from './signs';
import { Spark, type Crosshair } from './spark';
import { useDesk } from '../desk';
import { withTerm } from '../filtertext';
import { windowIn, type Place, type Window } from '../url';

const SOURCES_SHOWN = 4; // with more of them, one place tells of the others

// Keyed, since a text node that is used again elsewhere would count as moved.
function Delta({ now, before }: { now: number | null; before: number | null }) {
  const by = now === null ? null : change(now, before);
  if (by === null) return <span class="delta" key="none">{before === 0 && now !== null && now > 0 ? 'none before' : NOTHING}</span>;
  return <span class="delta" key={shape(by)}><b>{by}</b>{` from ${count(before ?? 0)}`}</span>;
}

interface TileProps {
  id: string;
  label: string;
  text: string;
  small?: string | undefined;
  now: number | null;
  before: number | null;
  asOf: string | null;
  note?: preact.ComponentChildren;
  spark?: preact.ComponentChildren;
  pointed?: preact.ComponentChildren; // in place of the change
  to: Partial<Place>; // the rows behind it
}

function Tile({ id, label, text, small, now, before, asOf, note, spark, pointed, to }: TileProps) {
  const desk = useDesk();
  return (
    <div class="tile" id={id}>
      <PlaceLink class="label plain" to={to} go={desk.go}>{label}</PlaceLink>
      <Figure text={text}>{small && <small key={shape(text)}>{` ${small}`}</small>}</Figure>
      {pointed ?? (asOf === null ? <Delta now={now} before={before} /> : <span class="delta" key="as-of">{`as of ${asOf}`}</span>)}
      {spark}
      <span class="note-line">{note}</span>
    </div>
  );
}

function AlertSplit({ counts }: { counts: Summary['alerts'] }) {
  return (
    <span class="split">
      {(['high', 'medium', 'low', 'none'] as const).map((severity) => (
        <span class="key" key={severity}>
          <Sign of={severity} />{count(counts[severity])}<span class="vh"> {severity === 'none' ? 'by label only' : severity}</span>
        </span>
      ))}
    </span>
  );
}

// What the crosshair points at, in place of the change.
function Pointed({ series, index, value }: { series: TimeSeries; index: number; value(bucket: Bucket): number }) {
  const bucket = series.buckets[index];
  if (bucket === undefined) return <span class="delta" key="none">{NOTHING}</span>;
  const unseen = watched(series)[index]?.seen === 'none';
  const said = unseen ? 'not observed' : count(value(bucket));
  return <span class="delta" key={shape(said)}><b>{said}</b>{` at ${bucketTime(bucket, series)}`}</span>;
}

function Tiles({ state, index, point }: { state: State } & Crosshair) {
  const { summary, series, before } = state.panels;
  const desk = useDesk();
  const data = summary.data !== null && summary.data.state !== 'empty' ? summary.data : null;
  const learning = data?.state === 'learning';
  const asOf = state.link.is === 'off' && state.link.since !== null ? clock(state.link.since) : null;
  const past = data?.before ?? null;
  const attackers = data?.attackers;
  const unsaid = learning && data?.now.anomalous === 0;
  const unseen = data !== null && blindWholly(data);
  const number = (value: number | undefined) => (value === undefined || unsaid || unseen ? NOTHING : count(value));
  // No alert, no attacker: that is said only of the time that was watched.
  const blind = data === null || unsaid ? null : blindWords(data, windowIn(state.place.range));
  const partial = unseen ? 'not known' : 'in what was seen';
  const rows: Partial<Place> = { view: 'events' };
  const odd: Partial<Place> = { view: 'events', filter: withTerm(state.place.filter, 'by:*') };
  const open = (to: Partial<Place>) => (at: number) => {
    const of = stretchOf(series.data, at, at);
    if (of !== null) desk.go({ ...to, range: rangeOf(of) });
  };
  const spark = (value: (bucket: Bucket) => number, to: Partial<Place>) => <Spark series={series.data} before={before.data} value={value} index={index} point={point} open={open(to)} />;
  const pointed = (value: (bucket: Bucket) => number) => (series.data === null || index === null ? null : <Pointed series={series.data} index={index} value={value} />);
  const error = attackers?.estimated ? `± ${count(Math.ceil(attackers.count * attackers.error))}` : undefined;
  const countries = state.panels.geo.data?.countries.length;
  return (
    <div class="tiles">
      <Tile id="tile-events" to={rows} label="Events" text={data === null ? NOTHING : count(data.now.events)} now={unseen ? null : data?.now.events ?? null}
        before={past?.events ?? null} asOf={asOf} note={data && data.late > 0 ? `${count(data.late)} came late so far` : data?.now.events === 0 ? blind : ''} pointed={pointed((b) => b.events)} spark={spark((b) => b.events, rows)} />
      <Tile id="tile-anomalous" to={odd} label="Anomalous events" text={number(data?.now.anomalous)} now={unsaid || unseen ? null : data?.now.anomalous ?? null}
        before={past?.anomalous ?? null} asOf={asOf} note={unsaid ? 'not scored yet' : data?.now.anomalous === 0 && blind !== null ? partial : data && splitWords(data.now)}
        pointed={pointed((b) => b.anomalous)} spark={spark((b) => b.anomalous, odd)} />
      <Tile id="tile-attackers" to={{ view: 'incidents' }} label="Attacking addresses" text={`${attackers?.estimated ? '≈ ' : ''}${number(attackers?.count)}`} small={error}
        now={unsaid || unseen ? null : attackers?.count ?? null} before={attackers?.before ?? null} asOf={asOf}
        note={data && countries !== undefined && countries > 0 ? `from ${counted(countries, 'country', 'countries')}` : attackers?.count === 0 && blind !== null ? partial : ''} />
      <Tile id="tile-alerts" to={{ view: 'incidents' }} label="Alerts" text={number(data?.alerts.total)} now={unsaid || unseen ? null : data?.alerts.total ?? null} before={data?.alerts.before ?? null}
        asOf={asOf} note={data?.alerts.total === 0 && blind !== null ? blind : data && !unsaid && <AlertSplit counts={data.alerts} />} />
    </div>
  );
}

function SourceRow({ source, all, go }: { source: Source; all: readonly Source[]; go: Go }) {
  const [worst] = troubles(source);
  const { malformed } = source.counts;
  const says = worst !== undefined && worst.sign !== 'none' ? worst.says : (malformed > 0 ? `${count(malformed)} unreadable, ` : '') + lastEvent(source.last_event);
  return (
    <li>
      <span class="name">
        <StateSign source={source} />
        <b>{formatNames(source)}</b> <PlaceLink key={formatNames(source)} class="dim file" to={{ view: 'sources', source: source.name }} go={go}>{shortName(source, all)}</PlaceLink>
      </span>
      <Num text={counted(source.events, 'event')} />
      <span class="age" title={says}>{says}</span>
    </li>
  );
}

function SourceList({ panels, go }: { panels: Panels; go: Go }) {
  const all = sorted(panels.sources.data?.sources ?? []);
  const own = all.length > SOURCES_SHOWN ? SOURCES_SHOWN - 1 : SOURCES_SHOWN;
  const rest = all.slice(own);
  const shown = all.slice(0, own).sort((a, b) => a.name.localeCompare(b.name)); // the sentence tells of troubles: rows needn't change places
  return (
    <ul class="sources" aria-label="Sources">
      {shown.map((source) => <SourceRow key={source.name} source={source} all={all} go={go} />)}
      {rest.length > 0 && <li key="rest"><PlaceLink class="others" to={{ view: 'sources' }} go={go}>{`and ${counted(rest.length, 'other source')}`}</PlaceLink> <Num text={counted(rest.reduce((n, source) => n + source.events, 0), 'event')} /></li>}
    </ul>
  );
}

// One line on what is heard from the sources. Its room is always there, so that a silent source pushes nothing aside.
function SourceSaying({ panels, go }: { panels: Panels; go: Go }) {
  const sources = panels.sources.data?.sources;
  const { sign, strong, rest } = saySources(sources ?? []);
  const bad = sign !== 'ok' && sign !== 'quiet';
  return (
    <p class={`say ${bad ? 'bad' : ''}`} id="say">
      {sources !== undefined && (
        <>
          {bad ? <Sign of={sign} /> : sign === 'ok' ? <span class="check"><Icon of="check" /></span> : null}
          <span class="says" key={strong}><b>{strong}</b>{rest}</span>
          <PlaceLink to={{ view: 'sources' }} go={go}>All sources</PlaceLink>
        </>
      )}
    </p>
  );
}

function Welcome() {
  return (
    <div class="nothing" id="welcome">
      <p>honeyguide reads flow tables and the logs of Cowrie, Dionaea and Suricata. Point it at files that grow, or replay some to it:</p>
      <pre class="raw">honeyguide serve --state state cowrie.json eve.json{'\n'}honeyguide replay --to {location.origin} cowrie.json eve.json</pre>
    </div>
  );
}

// Two stretches can be compared where both were watched from end to end.
function probesIn({ summary, before, probes }: Panels, window: Window): string {
  const whole = summary.data?.unobserved_seconds === 0 && before.data !== null && watched(before.data).every(({ seen }) => seen === 'all');
  return whole && probes.data !== null ? probesWords(probes.data, window) : '';
}

interface StatusProps extends Crosshair {
  state: State;
  retry(): void;
  go: Go;
}

export function Status({ state, index, point, retry, go }: StatusProps) {
  const { summary } = state.panels;
  const window = windowIn(state.place.range);
  const said = summary.data === null ? null : verdict(summary.data, window, probesIn(state.panels, window));
  return (
    <Section id="status" question="Is everything okay, or does something require attention?" problem={summary.problem} what="The state" retry={retry}>
      <SourceSaying panels={state.panels} go={go} />
      <div class="status">
        <div class="verdict" id="verdict">
          {said === null || said.sign === 'quiet' ? <span class="sign" /> : said.sign === 'ok' ? <span class="check"><Icon of="check" /></span> : <Sign of={said.sign} />}
          <p class="line">{said?.line ?? 'Reading …'}</p>
          <p class="more" key={said?.line ?? ''}>{said?.more ?? ''}</p>
        </div>
        <Tiles state={state} index={index} point={point} />
      </div>
      {summary.data?.state === 'empty' ? <Welcome /> : <SourceList panels={state.panels} go={go} />}
    </Section>
  );
}

