// 1. Is everything okay?
import type { Bucket, Source, Summary } from '../api';
import { NOTHING, change, clock, count, counted } from '../format';
import { log } from '../names';
import type { Panels, State } from '../state';
import { lastEvent, splitWords, unread, verdict } from '../words';
import { Figure } from './figure';
import { Num } from './num';
import { Section } from './panel';
import { Icon, Sign } from './signs';
import { Spark } from './spark';

// Keyed, since a text node that is used again elsewhere would count as moved.
function Delta({ now, before }: { now: number | null; before: number | null }) {
  const by = now === null ? null : change(now, before);
  if (by === null) return <span class="delta" key="none">{before === 0 && now !== null && now > 0 ? 'none before' : NOTHING}</span>;
  return <span class="delta" key={by.length}><b>{by}</b>{` from ${count(before ?? 0)}`}</span>;
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
}

function Tile({ id, label, text, small, now, before, asOf, note, spark }: TileProps) {
  return (
    <div class="tile" id={id}>
      <span class="label">{label}</span>
      <Figure text={text}>{small && <small key={text.length}>{` ${small}`}</small>}</Figure>
      {asOf === null ? <Delta now={now} before={before} /> : <span class="delta" key="as-of">{`as of ${asOf}`}</span>}
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

function Tiles({ state }: { state: State }) {
  const { summary, series, before } = state.panels;
  const data = summary.data !== null && summary.data.state !== 'empty' ? summary.data : null;
  const learning = data?.state === 'learning';
  const asOf = state.link.is === 'off' && state.link.since !== null ? clock(state.link.since) : null;
  const past = data?.before ?? null;
  const attackers = data?.attackers;
  const unsaid = learning && data?.now.anomalous === 0;
  const number = (value: number | undefined) => (value === undefined || unsaid ? NOTHING : count(value));
  const spark = (value: (bucket: Bucket) => number) => <Spark series={series.data} before={before.data} value={value} />;
  const error = attackers?.estimated ? `± ${count(Math.ceil(attackers.count * attackers.error))}` : undefined;
  const countries = state.panels.geo.data?.countries.length;
  return (
    <div class="tiles">
      <Tile id="tile-events" label="Events" text={data === null ? NOTHING : count(data.now.events)} now={data?.now.events ?? null}
        before={past?.events ?? null} asOf={asOf} spark={spark((b) => b.events)} />
      <Tile id="tile-anomalous" label="Anomalous events" text={number(data?.now.anomalous)} now={unsaid ? null : data?.now.anomalous ?? null}
        before={past?.anomalous ?? null} asOf={asOf} note={unsaid ? 'not scored yet' : data && splitWords(data.now)}
        spark={spark((b) => b.anomalous)} />
      <Tile id="tile-attackers" label="Attacking addresses" text={`${attackers?.estimated ? '≈ ' : ''}${number(attackers?.count)}`} small={error}
        now={unsaid ? null : attackers?.count ?? null} before={attackers?.before ?? null} asOf={asOf}
        note={data && countries !== undefined && countries > 0 ? `from ${counted(countries, 'country', 'countries')}` : ''} />
      <Tile id="tile-alerts" label="Alerts" text={number(data?.alerts.total)} now={unsaid ? null : data?.alerts.total ?? null} before={data?.alerts.before ?? null}
        asOf={asOf} note={data && !unsaid && <AlertSplit counts={data.alerts} />} />
    </div>
  );
}

// Rotated logs of one name are one line.
function byName(sources: readonly Source[]): Source[] {
  const found = new Map<string, Source>();
  for (const source of sources) {
    const known = found.get(source.name);
    if (known === undefined) {
      found.set(source.name, source);
      continue;
    }
    const reasons = { ...known.counts.reasons };
    for (const [reason, n] of Object.entries(source.counts.reasons)) reasons[reason] = (reasons[reason] ?? 0) + n;
    const later = (source.last_event ?? '') > (known.last_event ?? '') ? source.last_event : known.last_event;
    found.set(source.name, {
      ...known,
      events: known.events + source.events,
      last_event: later,
      counts: {
        ...known.counts,
        read: known.counts.read + source.counts.read,
        malformed: known.counts.malformed + source.counts.malformed,
        reasons,
      },
    });
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

function SourceRow({ source }: { source: Source }) {
  const trouble = unread(source);
  return (
    <li>
      <span class="name">
        {trouble === null ? <span class="check"><Icon of="check" /></span> : <Sign of="low" />}
        <b>{log(source.format)}</b> <span class="dim file">{source.name}</span>
      </span>
      <Num text={counted(source.events, 'event')} />
      <span class="age" title={trouble ?? ''}>{(source.counts.malformed > 0 ? `${count(source.counts.malformed)} unreadable, ` : '') + lastEvent(source.last_event)}</span>
    </li>
  );
}

function SourceList({ panels }: { panels: Panels }) {
  const sources = byName(panels.sources.data?.sources ?? []);
  return (
    <ul class="sources" aria-label="Logs">
      {sources.map((source) => <SourceRow key={source.name} source={source} />)}
    </ul>
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

export function Status({ state, retry }: { state: State; retry(): void }) {
  const { summary } = state.panels;
  const said = summary.data === null ? null : verdict(summary.data, state.place.window);
  return (
    <Section id="status" question="Is everything okay, or does something require attention?" problem={summary.problem} what="The state" retry={retry}>
      <div class="status">
        <div class="verdict" id="verdict">
          {said === null || said.sign === 'quiet' ? <span class="sign" /> : said.sign === 'ok' ? <span class="check"><Icon of="check" /></span> : <Sign of={said.sign} />}
          <p class="line">{said?.line ?? 'Reading …'}</p>
          <p class="more" key={said?.line ?? ''}>{said?.more ?? ''}</p>
        </div>
        <Tiles state={state} />
      </div>
      {summary.data?.state === 'empty' ? <Welcome /> : <SourceList panels={state.panels} />}
    </Section>
  );
}

