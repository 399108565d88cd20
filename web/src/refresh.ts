// Reads what is visible anew, at most twice a second, and hands it over whole.
import { ask, Problem, type Alert, type Alerts, type Canaries, type Drift, type Events, type Geo, type Keys, type ModelLife, type Quarantine, type Reliability, type Sources, type Summary, type TimeSeries } from './api';
import type { Panels, Slot, State, Store } from './state';
import type { View, Window } from './url';

const PAUSE_MS = 500;
const EVENTS_SHOWN = 20;
const PORTS_SHOWN = 8;
const PROTOCOLS_SHOWN = 5;
const WEEKS_SHOWN = 12;
const DRIFT_HOURS = 168;
const BUCKETS: Partial<Record<Window, string>> = { '1h': '5m', '6h': '5m', '24h': '10m' };

async function fill<T>(old: Slot<T>, answer: Promise<T>): Promise<Slot<T>> {
  try {
    return { data: await answer, problem: null };
  } catch (error) {
    return { data: old.data, problem: error instanceof Problem ? error : new Problem(0, String(error)) };
  }
}

type Over = Record<string, string>;

async function loadOverview(window: Window, range: Summary['range'] | undefined, over: Over, limit: number, old: Panels): Promise<Partial<Panels>> {
  const bucket = BUCKETS[window];
  const width: Over = bucket === undefined ? {} : { bucket };
  const earlier = window !== 'all' && range?.from ? ask<TimeSeries>('/timeseries', { window, to: range.from, ...width }) : null;
  const [alerts, series, before, geo, ports, protocols, sources] = await Promise.all([
    fill(old.alerts, ask<Alerts>('/alerts', { ...over, limit })),
    fill(old.series, ask<TimeSeries>('/timeseries', { ...over, ...width })),
    earlier === null ? { data: null, problem: null } : fill(old.before, earlier),
    fill(old.geo, ask<Geo>('/geo', over)),
    fill(old.ports, ask<Keys>('/ports', { ...over, limit: PORTS_SHOWN })),
    fill(old.protocols, ask<Keys>('/protocols', { ...over, limit: PROTOCOLS_SHOWN })),
    fill(old.sources, ask<Sources>('/sources', over)),
  ]);
  return { alerts, series, before, geo, ports, protocols, sources };
}

async function loadSources(over: Over, limit: number, old: Panels): Promise<Partial<Panels>> {
  const [sources, quarantine] = await Promise.all([
    fill(old.sources, ask<Sources>('/sources', over)),
    fill(old.quarantine, ask<Quarantine>('/quarantine', { limit })),
  ]);
  return { sources, quarantine };
}

async function loadModel(over: Over, old: Panels): Promise<Partial<Panels>> {
  const [sources, reliability, life, drift, canaries] = await Promise.all([
    fill(old.sources, ask<Sources>('/sources', over)),
    fill(old.reliability, ask<Reliability>('/reliability', { weeks: WEEKS_SHOWN })),
    fill(old.life, ask<ModelLife>('/model')),
    fill(old.drift, ask<Drift>('/drift', { hours: DRIFT_HOURS })),
    fill(old.canaries, ask<Canaries>('/canaries')),
  ]);
  return { sources, reliability, life, drift, canaries };
}

function loadRest(view: View, window: Window, range: Summary['range'] | undefined, over: Over, state: State): Promise<Partial<Panels>> {
  if (view === 'sources') return loadSources(over, state.keptLimit, state.panels);
  if (view === 'model') return loadModel(over, state.panels);
  return loadOverview(window, range, over, state.alertLimit, state.panels);
}

// Everything of the view over one range: that of the summary.
async function load(state: State): Promise<Panels> {
  const { place, panels: old } = state;
  const { window } = place;
  const summary = await fill(old.summary, ask<Summary>('/summary', { window }));
  const range = summary.problem === null ? summary.data?.range : undefined;
  const over: Over = window !== 'all' && range?.to ? { window, to: range.to } : { window };
  return { ...old, summary, ...(await loadRest(place.view, window, range, over, state)) };
}

async function loadDrawer(store: Store, id: string): Promise<void> {
  const old = store.get().drawer;
  const alert = await fill<Alert>(old.alert, ask<{ alert: Alert }>(`/alerts/${id}`).then((answer) => answer.alert));
  const known = old.events.data !== null && old.alert.data?.alert_id === id && old.alert.data.count === alert.data?.count;
  const events = known ? old.events : await fill<Events>(old.events, ask<Events>(`/alerts/${id}/events`, { limit: EVENTS_SHOWN }));
  if (store.get().place.alert === id) store.set({ drawer: { alert, events } });
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

  async function run(): Promise<void> {
    running = true;
    again = false;
    last = performance.now();
    const state = store.get();
    const { place } = state;
    const [loaded] = await Promise.all([load(state), place.alert === null ? null : loadDrawer(store, place.alert)]);
    const current = store.get();
    if (current.place.window === place.window && current.place.view === place.view) store.set({ panels: loaded });
    else again = true;
    running = false;
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
    }, Math.max(0, PAUSE_MS - (performance.now() - last)));
  }

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && again) schedule();
  });

  return {
    soon: schedule,
    now() {
      last = 0;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      schedule();
    },
  };
}
