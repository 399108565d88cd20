// 4. Who is attacking, and what are they targeting?
import { useMemo } from 'preact/hooks';
import type { Geo, Keys, Problem, Severity } from '../api';
import { NOTHING, count, counted, percent, shape } from '../format';
import { HEIGHT, LAND, LARGEST, WIDTH, markers } from '../map';
import { country, service } from '../names';
import type { Slot, State } from '../state';
import { unlocated, whoAndWhat } from '../words';
import { Num } from './num';
import { Failed, Section } from './panel';
import { Sign } from './signs';

const COUNTRIES_SHOWN = 11;

function Map({ geo, available, trouble }: { geo: Geo | null; available: boolean; trouble: string | null }) {
  const points = useMemo(() => (geo === null ? [] : markers(geo.points, geo.countries)), [geo]);
  return (
    <figure class="map-box">
      <div class="map" id="map">
        <svg class="land" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true"><path d={LAND} /></svg>
        <div class="points" aria-hidden="true">
          {points.map((point) => (
            <span key={point.key} class={`pt sev-${point.severity}`}
              style={{ left: `${(point.x / WIDTH) * 100}%`, top: `${(point.y / HEIGHT) * 100}%`, '--k': (point.size / LARGEST).toFixed(3) }}>
              <PointSign severity={point.severity} />
              {point.label && <b class={point.label.left ? 'left' : ''} key={`${point.label.left} ${shape(count(point.label.count))}`}>{`${point.label.code} `}<span>{count(point.label.count)}</span></b>}
            </span>
          ))}
        </div>
        {!available && (
          <div class="nothing over" id="no-map">
            <h3>The map has no locations</h3>
            <p>{trouble ?? 'No location database was given.'} Start the server with one: <code>honeyguide serve --geo FILE.mmdb …</code></p>
          </div>
        )}
      </div>
      <figcaption class="map-foot">
        <span class="legend">
          <span>Size: anomalous events. Sign: the worst from there</span>
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

interface BarRow {
  key: string;
  name: preact.ComponentChildren;
  value: number;
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
      <span class="k">{row.name}</span>
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

function keyBars(slot: Slot<Keys>, name: (key: string | null) => preact.ComponentChildren): { rows: BarRow[]; rest: number; more: number; all: number } {
  const keys = slot.data;
  const rows = (keys?.rows ?? []).map((row) => ({ key: row.key ?? 'none', name: name(row.key), value: row.anomalous }));
  const all = keys?.sum.anomalous ?? 0;
  const shown = rows.reduce((sum, row) => sum + row.value, 0);
  return { rows, rest: all - shown, more: Math.max(0, (keys?.distinct ?? 0) - rows.length), all };
}

function portName(key: string | null) {
  if (key === null) return <><span class="p" /><span>no port</span></>;
  return <><span class="p">{key}</span><span>{service(key)}</span></>;
}

export function Origin({ state, retry }: { state: State; retry(): void }) {
  const { summary, geo, ports, protocols } = state.panels;
  const p = keyBars(ports, portName);
  const q = keyBars(protocols, (key) => key ?? 'unknown');
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
        <Bars id="countries" title="Countries of origin" total={geo.data ? counted(countries.length, 'country', 'countries') : ''} all={located} size={COUNTRIES_SHOWN} problem={null}
          rows={shown.map((row) => ({ key: row.country ?? 'none', name: country(row.country), value: row.anomalous }))}
          rest={{ name: counted(others.length, 'other country', 'other countries'), value: others.reduce((sum, row) => sum + row.anomalous, 0) }} />
      </div>
    </Section>
  );
}
