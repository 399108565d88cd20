// The overview: alerts, charts, the map and what is aimed at.
import { ask, type Alerts, type Geo, type Keys, type Sources, type Summary, type TimeSeries } from '../api';
import type { EventsPage, Probes, Tops } from '../answers';
import { TRIED, TRIED_SHOWN } from '../components/honeypot';
import { withTerm } from '../filtertext';
import type { Panels } from '../state';
import { windowIn, type Place } from '../url';
import { fill, type Loader, type Over } from './slot';

const PORTS_SHOWN = 8;
const PROTOCOLS_SHOWN = 5;
const BUCKETS: Record<string, string> = { '1h': '5m', '6h': '5m', '24h': '10m' };

// The stretch of the same length before it.
function before(range: Summary['range'] | undefined): Over | null {
  if (!range?.from || !range.to) return null;
  const [from, to] = [Date.parse(range.from), Date.parse(range.to)];
  return { from: new Date(2 * from - to).toISOString(), to: range.from };
}

// Lists of values are counted from the events themselves, which takes the server longer than a chart: they are read anew every few seconds and only where
// something came or the time moved on, and with another choice at once.
const LISTS_MS = 4000;
const WHO_SHOWN = 8;
const PROBES = 'type:scan';
let listed = { choice: '', of: '', at: -Infinity };

type Lists = Pick<Panels, 'who' | 'tried' | 'probes'>;

async function exactly(over: Over, filter: string): Promise<number | null> {
  const { count } = await ask<EventsPage>('/events', { ...over, filter: withTerm(filter, PROBES), limit: 1 });
  return count?.exact ? count.events : null;
}

async function probes(over: Over, earlier: Over | null, filter: string): Promise<Probes> {
  if (earlier === null) return { now: null, before: null };
  const [now, past] = await Promise.all([exactly(over, filter), exactly(earlier, filter)]);
  return { now, before: past };
}

async function lists({ who: oldWho, tried: oldTried, probes: oldProbes }: Lists, over: Over, earlier: Over | null, { range, filter }: Place, sequence: number | undefined): Promise<Lists> {
  const choice = JSON.stringify([range, filter]);
  const of = JSON.stringify([over, sequence]);
  const fresh = listed.of === of || performance.now() - listed.at < LISTS_MS;
  if (listed.choice === choice && fresh && [oldWho, oldTried, oldProbes].every(({ data, problem }) => data !== null && problem === null)) return { who: oldWho, tried: oldTried, probes: oldProbes };
  const [who, tried, probed] = await Promise.all([
    fill(oldWho, ask<Tops>('/top', { ...over, fields: 'src,type', order: 'anomalous', limit: WHO_SHOWN })),
    fill(oldTried, ask<Tops>('/top', { ...over, fields: TRIED.join(','), limit: TRIED_SHOWN })),
    fill(oldProbes, probes(over, earlier, filter)),
  ]);
  listed = { choice, of, at: performance.now() };
  return { who, tried, probes: probed };
}

export const loadOverview: Loader = async ({ state, range, sequence, over, ranged }) => {
  const old = state.panels;
  const { filter } = state.place;
  const window = windowIn(state.place.range);
  const bucket = BUCKETS[window];
  const width: Over = bucket === undefined ? {} : { bucket };
  const earlier = window === 'all' ? null : before(range);
  const [alerts, series, past, geo, ports, protocols, sources, asked] = await Promise.all([
    fill(old.alerts, ask<Alerts>('/alerts', { ...over, limit: state.alertLimit })),
    fill(old.series, ask<TimeSeries>('/timeseries', { ...over, ...width })),
    earlier === null ? { data: null, problem: null } : fill(old.before, ask<TimeSeries>('/timeseries', { ...earlier, ...(filter === '' ? {} : { filter }), ...width })),
    fill(old.geo, ask<Geo>('/geo', over)),
    fill(old.ports, ask<Keys>('/ports', { ...over, limit: PORTS_SHOWN })),
    fill(old.protocols, ask<Keys>('/protocols', { ...over, limit: PROTOCOLS_SHOWN })),
    fill(old.sources, ask<Sources>('/sources', ranged)),
    lists(old, over, earlier, state.place, sequence),
  ]);
  return { alerts, series, before: past, geo, ports, protocols, sources, ...asked };
};
