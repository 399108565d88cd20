// The overview: alerts, charts, the map and what is aimed at.
import { ask, type Alerts, type Geo, type Keys, type Sources, type Summary, type TimeSeries } from '../api';
import { windowIn } from '../url';
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

export const loadOverview: Loader = async ({ state, range, over, ranged }) => {
  const old = state.panels;
  const { filter } = state.place;
  const window = windowIn(state.place.range);
  const bucket = BUCKETS[window];
  const width: Over = bucket === undefined ? {} : { bucket };
  const earlier = window === 'all' ? null : before(range);
  const [alerts, series, past, geo, ports, protocols, sources] = await Promise.all([
    fill(old.alerts, ask<Alerts>('/alerts', { ...over, limit: state.alertLimit })),
    fill(old.series, ask<TimeSeries>('/timeseries', { ...over, ...width })),
    earlier === null ? { data: null, problem: null } : fill(old.before, ask<TimeSeries>('/timeseries', { ...earlier, ...(filter === '' ? {} : { filter }), ...width })),
    fill(old.geo, ask<Geo>('/geo', over)),
    fill(old.ports, ask<Keys>('/ports', { ...over, limit: PORTS_SHOWN })),
    fill(old.protocols, ask<Keys>('/protocols', { ...over, limit: PROTOCOLS_SHOWN })),
    fill(old.sources, ask<Sources>('/sources', ranged)),
  ]);
  return { alerts, series, before: past, geo, ports, protocols, sources };
};
