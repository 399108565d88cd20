// Everything about one address: its figures, when each sensor saw it, its incidents and alerts, and the session that is open.
import { ask, type Alerts, type TimeSeries } from '../api';
import type { Address, EventsPage, Incidents } from '../answers';
import { term, withTerm } from '../filtertext';
import { emptySlot, type Lane } from '../state';
import { fill, type Loader, type Over } from './slot';

const INCIDENTS_SHOWN = 10;
const ALERTS_SHOWN = 20;
const TRANSCRIPT_ROWS = 500;
const LANES = 4;

async function lanesOf(address: Address, over: Over, filter: string): Promise<Lane[]> {
  const sensors = (address.tops.find((top) => top.field === 'source')?.rows ?? []).flatMap((row) => (row.key === null ? [] : [row.key])).slice(0, LANES);
  const read = (source: string) => ask<TimeSeries>('/timeseries', { ...over, filter: withTerm(filter, term('source', source)) });
  const series = await Promise.all(sensors.map(read));
  return series.map((one, i) => ({ source: sensors[i] as string, series: one }));
}

export const loadAddress: Loader = async ({ state, over, ranged }) => {
  const { place } = state;
  const ip = place.ip as string;
  const same = state.panels.address.data?.address === ip;
  const old = state.panels;
  const filter = (field: string) => withTerm(place.filter, term(field, ip));
  const address = await fill(same ? old.address : emptySlot<Address>(), ask<Address>('/address', { ...over, ip }));
  const session = place.session ?? address.data?.sessions[0]?.session ?? null;
  const told = session === null ? null : { ...ranged, filter: `${term('src', ip)} ${term('session', session)}`, order: 'oldest', limit: TRANSCRIPT_ROWS };
  const [lanes, incidents, alerts, transcript] = await Promise.all([
    address.data === null ? emptySlot<Lane[]>() : fill(same ? old.lanes : emptySlot<Lane[]>(), lanesOf(address.data, ranged, filter('ip'))),
    fill(same ? old.incidents : emptySlot<Incidents>(), ask<Incidents>('/incidents', { ...ranged, filter: filter('src'), limit: INCIDENTS_SHOWN })),
    fill(same ? old.alerts : emptySlot<Alerts>(), ask<Alerts>('/alerts', { ...ranged, filter: filter('ip'), limit: ALERTS_SHOWN })),
    told === null ? emptySlot<EventsPage>() : fill(same ? old.transcript : emptySlot<EventsPage>(), ask<EventsPage>('/events', told)),
  ]);
  return { address, lanes, incidents, alerts, transcript };
};
