// Reads what is visible anew, at most twice a second, and hands it over whole. What a view needs is its loader's business (load/).
import { ask, type Alert, type Events, type Summary } from './api';
import { loadAddress } from './load/address';
import { loadEvent } from './load/event';
import { loadEvents } from './load/events';
import { loadIncidents } from './load/incidents';
import { loadModel } from './load/model';
import { loadOverview } from './load/overview';
import { fill, type Loader, type Over } from './load/slot';
import { loadSources } from './load/sources';
import type { Panels, State, Store } from './state';
import { formatPlace, isLive, rangeParameters, type Place, type View } from './url';

const PAUSE_MS = 500;
const PATIENCE = 2; // what takes long to answer is asked for less often
const EVENTS_SHOWN = 20;

const LOADERS: Record<View, Loader> = {
  overview: loadOverview, incidents: loadIncidents, events: loadEvents, address: loadAddress, event: loadEvent, sources: loadSources, model: loadModel,
};

// The overview is of what the filter lets through; elsewhere the summary tells of the state, and is never slow.
function summaryOf({ view, range, filter }: Place): Over {
  return { ...rangeParameters(range), ...(view === 'overview' && filter !== '' ? { filter } : {}) };
}

// Everything of the view over one range: that of the summary. The first summary is shown at once, the rest as a whole.
async function load(state: State, first: (panels: Panels) => void): Promise<Panels> {
  const { place, panels: old } = state;
  const summary = await fill(old.summary, ask<Summary>('/summary', summaryOf(place)));
  if (old.summary.data === null) first({ ...old, summary });
  const range = summary.problem === null ? summary.data?.range : undefined;
  const ranged: Over = isLive(place.range) && place.range.window !== 'all' && range?.to ? { window: place.range.window, to: range.to } : rangeParameters(place.range);
  const over: Over = place.filter === '' ? ranged : { ...ranged, filter: place.filter };
  return { ...old, summary, ...(await LOADERS[place.view]({ state, range, sequence: summary.data?.sequence, over, ranged })) };
}

async function loadDrawer(store: Store, id: string): Promise<void> {
  const old = store.get().drawer;
  const alert = await fill<Alert>(old.alert, ask<{ alert: Alert }>(`/alerts/${id}`).then((answer) => answer.alert));
  const known = old.events.data !== null && old.alert.data?.alert_id === id && old.alert.data.count === alert.data?.count;
  const events = known ? old.events : await fill<Events>(old.events, ask<Events>(`/alerts/${id}/events`, { limit: EVENTS_SHOWN }));
  if (store.get().place.alert === id) store.set({ drawer: { alert, events } });
}

// What is read for a place is the same whatever the drawer shows and the zone is.
function readFor(place: Place): string {
  return formatPlace({ ...place, alert: null, zone: 'utc' });
}

export interface Refresher {
  soon(): void; // something was committed
  now(): void; // the person chose something else
}

export function createRefresher(store: Store): Refresher {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let running = false;
  let again = false;
  let last = 0;
  let pause = PAUSE_MS;

  async function run(): Promise<void> {
    running = true;
    again = false;
    last = performance.now();
    const state = store.get();
    const { place } = state;
    const [loaded] = await Promise.all([load(state, (panels) => store.set({ panels })), place.alert === null ? null : loadDrawer(store, place.alert)]);
    if (readFor(store.get().place) === readFor(place)) store.set({ panels: loaded });
    else again = true;
    running = false;
    pause = Math.max(PAUSE_MS, PATIENCE * (performance.now() - last));
    if (again) schedule();
  }

  function schedule(): void {
    if (document.hidden || running) {
      again = true;
      return;
    }
    timer ??= setTimeout(() => {
      timer = null;
      void run();
    }, Math.max(0, pause - (performance.now() - last)));
  }

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && again) schedule();
  });

  return {
    soon: schedule,
    now() {
      last = -Infinity;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      schedule();
    },
  };
}
