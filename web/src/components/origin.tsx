// 4. Who is attacking, and what are they targeting?
import { useMemo } from 'preact/hooks';
import type { Geo, Keys, Problem, Severity } from '../api';
import { NOTHING, count, counted, percent, shape } from '../format';
import type { Tops } from '../answers';
import { useDesk } from '../desk';
import { withTerm } from '../filtertext';
import { useLens } from '../lens';
import { LAND, LARGEST, NEAREST, WHOLE, markers, outline, seenBox, type Lens } from '../map';
import { attack, country, service } from '../names';
import type { Place } from '../url';
import type { Slot, State } from '../state';
import { unlocated, whoAndWhat } from '../words';
import { Honeypot } from './honeypot';
import { Num } from './num';
import { Failed, Section } from './panel';
import { Sign } from './signs';
import { Value } from './value';

const COUNTRIES_SHOWN = 11;
const WHO_SHOWN = 8;

// The more anomalous events, the darker; by orders of magnitude, since one country has often most of them.
const SHADES = 4;
function shade(value: number, most: number): number {
  return value <= 0 ? 0 : Math.max(1, Math.ceil((SHADES * Math.log1p(value)) / Math.log1p(most)));
}

function Shaded({ geo, rows }: { geo: Geo; rows(code: string): void }) {
  const most = Math.max(1, ...geo.countries.map((row) => row.anomalous));
  return (
    <>
      {geo.countries.map((row) => row.country !== null && outline(row.country) !== '' && (
        <path key={row.country} class={`shaded s${shade(row.anomalous, most)}`} d={outline(row.country)} data-country={row.country} onClick={() => rows(row.country as string)}>
          <title>{`${country(row.country)}: ${counted(row.anomalous, 'anomalous event')}`}</title>
        </path>
      ))}
    </>
  );
}

function Zoom({ lens, look }: { lens: Lens; look(lens: Lens): void }) {
  return (
    <div class="zoom" role="group" aria-label="Zoom of the map">
      <button type="button" class="btn icon-only" aria-label="Nearer" disabled={lens.k >= NEAREST} onClick={() => look({ ...lens, k: lens.k * 2 })}>+</button>
      <button type="button" class="btn icon-only" aria-label="Farther" disabled={lens.k <= 1} onClick={() => look({ ...lens, k: lens.k / 2 })}>−</button>
      <button type="button" class="btn" disabled={lens.k <= 1} onClick={() => look(WHOLE)}>Whole</button>
    </div>
  );
}

function Map({ geo, available, trouble }: { geo: Geo | null; available: boolean; trouble: string | null }) {
  const desk = useDesk();
  const points = useMemo(() => (geo === null ? [] : markers(geo.points, geo.countries)), [geo]);
  const { lens, look, dragged, handlers } = useLens();
  const box = seenBox(lens);
  const rows = (code: string) => !dragged() && desk.go(anomalous(desk.rows('country', code)));
  return (
    <figure class="map-box">
      <div class={`map ${lens.k > 1 ? 'near' : ''}`} id="map" tabIndex={0} role="group" aria-label="Map of where anomalous events come from; the list of countries says the same. Plus and minus zoom, so do the wheel with Ctrl and two fingers; arrow keys move it." {...handlers}>
        <svg class="land" viewBox={`${box.left} ${box.top} ${box.width} ${box.height}`} aria-hidden="true"><path d={LAND} />{geo !== null && <Shaded geo={geo} rows={rows} />}</svg>
        <div class="points" aria-hidden="true">
          {points.filter((point) => point.x >= box.left && point.x <= box.left + box.width && point.y >= box.top && point.y <= box.top + box.height).map((point) => (
            <span key={point.key} class={`pt sev-${point.severity}`} onClick={() => point.country !== null && rows(point.country)}
              style={{ left: `${((point.x - box.left) / box.width) * 100}%`, top: `${((point.y - box.top) / box.height) * 100}%`, '--k': (point.size / LARGEST).toFixed(3) }}>
              <PointSign severity={point.severity} />
              {point.label && <b class={point.label.left ? 'left' : ''} key={`${point.label.left} ${shape(count(point.label.count))}`}>{`${point.label.code} `}<span>{count(point.label.count)}</span></b>}
            </span>
          ))}
        </div>
        {available && <Zoom lens={lens} look={look} />}
        {!available && (
          <div class="nothing over" id="no-map">
            <h3>The map has no locations</h3>
            <p>{trouble ?? 'No location database was given.'} Start the server with one: <code>honeyguide serve --geo FILE.mmdb …</code></p>
          </div>
        )}
      </div>
      <figcaption class="map-foot">
        <span class="legend">
          <span>Size and shade: anomalous events. Sign: the worst from there</span>
          <span class="key"><Sign of="high" /> high</span><span class="key"><Sign of="medium" /> medium</span>
          <span class="key"><Sign of="low" /> low</span><span class="key"><span class="sw sw-label round" /> by label only</span>
        </span>
        <span id="unlocated">{geo === null ? NOTHING : unlocated(geo)}</span>
      </figcaption>
    </figure>
  );
}

function PointSign({ severity }: { severity: Severity }) {
  if (severity !== 'none') return <Sign of={severity} />;
  return <svg class="sign dot" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4" /></svg>;
}

// What is counted here are anomalous events: so are the rows behind it.
function anomalous(change: Partial<Place>): Partial<Place> {
  return { ...change, filter: withTerm(change.filter ?? '', 'by:*') };
}

interface BarRow {
  key: string;
  name: preact.ComponentChildren;
  value: number;
  of?: { field: string; value: string | null }; // the rows behind it
}

function RowName({ row }: { row: BarRow }) {
  const desk = useDesk();
  if (row.of === undefined) return <span class="k">{row.name}</span>;
  const { field, value } = row.of;
  const to = field === 'src' ? {} : { to: anomalous(desk.rows(field, value)) };
  return <Value field={field} value={value} class="k" {...to}>{row.name}</Value>;
}

interface BarsProps {
  id: string;
  title: string;
  total: string;
  rows: BarRow[];
  rest: { name: string; value: number } | null;
  all: number;
  size: number;
  problem: Problem | null;
}

function Bars({ id, title, total, rows, rest, all, size, problem }: BarsProps) {
  const most = Math.max(1, rest?.value ?? 0, ...rows.map((row) => row.value));
  const line = (row: BarRow, at: number, className: string) => (
    <li key={`${row.key} ${at}`} class={className} data-key={row.key}>
      <RowName row={row} />
      <span class="track"><i style={{ '--v': `${(row.value / most) * 100}%` }} /></span>
      <Num text={count(row.value)} />
      <Num class="pc" text={all === 0 ? '' : percent(row.value / all)} />
    </li>
  );
  return (
    <div class="bars-box" id={id}>
      <div class="h3row"><h3>{title}</h3><Num class="dim" text={total} /></div>
      {problem && <Failed what={title} problem={problem} />}
      <ol class="bars" style={{ '--rows': size + 1 }}>
        {rows.map((row, i) => line(row, i, ''))}
        {rest !== null && rest.value > 0 && line({ key: 'rest', name: <span>{rest.name}</span>, value: rest.value }, rows.length, 'rest')}
        {rows.length === 0 && !problem && <li class="none dim">{NOTHING}</li>}
      </ol>
    </div>
  );
}

// Without an application protocol it is told by the transport's name.
const TRANSPORTS = new Set(['TCP', 'UDP', 'ICMP', 'IPV6-ICMP', 'IGMP', 'SCTP', 'GRE', 'ESP']);
function protocolField(key: string | null): { field: string; value: string | null } {
  return key === null || key === 'unknown' ? { field: 'app', value: null } : TRANSPORTS.has(key) ? { field: 'proto', value: key.toLowerCase() } : { field: 'app', value: key };
}

function topBars(slot: Slot<Tops>, field: string, size: number, name: (key: string) => preact.ComponentChildren): { rows: BarRow[]; rest: number; more: number; all: number; distinct: number } {
  const top = slot.data?.tops.find((one) => one.field === field);
  const rows = (top?.rows ?? []).flatMap(({ key, anomalous: value }) => (key === null || value === 0 ? [] : [{ key, name: name(key), value, of: { field, value: key } }])).slice(0, size);
  const without = top?.rows.find((row) => row.key === null)?.anomalous ?? 0;
  const all = (top?.sum.anomalous ?? 0) - without;
  return { rows, rest: all - rows.reduce((sum, row) => sum + row.value, 0), more: Math.max(0, (top?.distinct ?? 0) - rows.length), all, distinct: top?.distinct ?? 0 };
}

function keyBars(slot: Slot<Keys>, name: (key: string | null) => preact.ComponentChildren, of: (key: string | null) => { field: string; value: string | null }): { rows: BarRow[]; rest: number; more: number; all: number } {
  const keys = slot.data;
  const rows = (keys?.rows ?? []).map((row) => ({ key: row.key ?? 'none', name: name(row.key), value: row.anomalous, of: of(row.key) }));
  const all = keys?.sum.anomalous ?? 0;
  const shown = rows.reduce((sum, row) => sum + row.value, 0);
  return { rows, rest: all - shown, more: Math.max(0, (keys?.distinct ?? 0) - rows.length), all };
}

function portName(key: string | null) {
  if (key === null) return <><span class="p" /><span>no port</span></>;
  return <><span class="p">{`${key} `}</span><span>{service(key)}</span></>;
}

export function Origin({ state, retry }: { state: State; retry(): void }) {
  const { summary, geo, ports, protocols, who } = state.panels;
  const p = keyBars(ports, portName, (value) => ({ field: 'port', value }));
  const q = keyBars(protocols, (key) => key ?? 'unknown', protocolField);
  const sources = topBars(who, 'src', WHO_SHOWN, (key) => key);
  const types = topBars(who, 'type', WHO_SHOWN, (key) => attack(key));
  const countries = geo.data?.countries ?? [];
  const located = countries.reduce((sum, row) => sum + row.anomalous, 0);
  const shown = countries.slice(0, COUNTRIES_SHOWN);
  const others = countries.slice(COUNTRIES_SHOWN);
  const answer = summary.data && geo.data && ports.data ? whoAndWhat(summary.data, geo.data, ports.data) : NOTHING;
  const database = summary.data?.geo;
  return (
    <Section id="who" question="Who is attacking, and what are they targeting?" answer={answer} problem={geo.problem} what="The map" retry={retry}>
      <div class="who">
        <Map geo={geo.data} available={database?.available ?? true} trouble={database?.trouble ?? null} />
        <div class="stack">
          <Bars id="ports" title="Attacked ports" total={ports.data ? counted(ports.data.distinct, 'port') : ''} rows={p.rows} all={p.all} size={8} problem={ports.problem}
            rest={{ name: counted(p.more, 'other port'), value: p.rest }} />
          <Bars id="protocols" title="Protocols" total={protocols.data ? counted(protocols.data.distinct, 'protocol') : ''} rows={q.rows} all={q.all} size={5} problem={protocols.problem}
            rest={{ name: counted(q.more, 'other protocol'), value: q.rest }} />
        </div>
        <div class="two">
          <Bars id="attackers" title="Sources" total={who.data ? counted(sources.distinct, 'address', 'addresses') : ''} rows={sources.rows} all={sources.all} size={WHO_SHOWN} problem={who.problem}
            rest={{ name: 'other addresses', value: sources.rest }} />
          <Bars id="types" title="Attack types" total={who.data ? counted(types.distinct, 'type') : ''} rows={types.rows} all={types.all} size={WHO_SHOWN} problem={who.problem}
            rest={{ name: counted(types.more, 'other type'), value: types.rest }} />
        </div>
        <Bars id="countries" title="Countries of origin" total={geo.data ? counted(countries.length, 'country', 'countries') : ''} all={located} size={COUNTRIES_SHOWN} problem={null}
          rows={shown.map((row) => ({ key: row.country ?? 'none', name: country(row.country), value: row.anomalous, ...(row.country === null ? {} : { of: { field: 'country', value: row.country } }) }))}
          rest={{ name: counted(others.length, 'other country', 'other countries'), value: others.reduce((sum, row) => sum + row.anomalous, 0) }} />
      </div>
      <Honeypot state={state} retry={retry} />
    </Section>
  );
}
