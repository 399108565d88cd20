// All that the page shows, in one value. Changes made in one task are painted together, in one frame.
import type { Alert, Alerts, Canaries, Drift, Events, Geo, Health, Keys, ModelLife, Problem, Quarantine, Reliability, Sources, Summary, TimeSeries } from './api';
import type { Address, EventsPage, Incidents, OneEvent, OneIncident, Probes, Storage, Tops } from './answers';
import type { Theme } from './theme';
import type { Place } from './url';

// A panel's answer; after a failure the answer before it stays.
export interface Slot<T> {
  data: T | null;
  problem: Problem | null;
}

export interface Panels {
  summary: Slot<Summary>;
  alerts: Slot<Alerts>;
  series: Slot<TimeSeries>;
  before: Slot<TimeSeries>;
  geo: Slot<Geo>;
  ports: Slot<Keys>;
  protocols: Slot<Keys>;
  sources: Slot<Sources>;
  quarantine: Slot<Quarantine>;
  reliability: Slot<Reliability>;
  life: Slot<ModelLife>;
  drift: Slot<Drift>;
  canaries: Slot<Canaries>;
  events: Slot<EventsPage>;
  incidents: Slot<Incidents>;
  incident: Slot<OneIncident>;
  oneEvent: Slot<OneEvent>;
  address: Slot<Address>;
  lanes: Slot<Lane[]>;
  transcript: Slot<EventsPage>;
  who: Slot<Tops>; // sources and attack types
  tried: Slot<Tops>; // what honeypots and rules saw
  probes: Slot<Probes>;
  storage: Slot<Storage>;
}

// One sensor's view of an address over time.
export interface Lane {
  source: string;
  series: TimeSeries;
}

export interface Drawer {
  alert: Slot<Alert>;
  events: Slot<Events>;
}

export type Link =
  | { is: 'connecting' }
  | { is: 'live'; rate: number }
  | { is: 'off'; since: number | null; retryAt: number; trying: boolean };

// Reading the quarantine again: what came of it.
export interface Retried {
  busy: boolean;
  said: string;
}

// A value that a finger touched.
export interface AskedValue {
  field: string; // of the filter language
  value: string | null; // null: none
  to: Partial<Place>; // where it leads
}

// What floats over the page; one at a time.
export type Popup = 'time' | 'views' | 'help' | 'value';

export interface State {
  place: Place;
  theme: Theme;
  link: Link;
  now: number; // wall clock, for the countdown only
  panels: Panels;
  drawer: Drawer;
  popup: Popup | null;
  value: AskedValue | null; // of the popup 'value'
  alertLimit: number;
  incidentLimit: number;
  keptLimit: number; // records of the quarantine
  retried: Retried;
  health: Health | null;
}

export const ALERTS_SHOWN = 10;
export const INCIDENTS_SHOWN = 50;
export const ALERTS_STEP = 40;
export const KEPT_SHOWN = 20;
export const KEPT_STEP = 80;
export const KEPT_MAX = 500;
export const ALERTS_MAX = 500; // the API's limit of a page

export function emptySlot<T>(): Slot<T> {
  return { data: null, problem: null };
}

export function emptyPanels(): Panels {
  return {
    summary: emptySlot(), alerts: emptySlot(), series: emptySlot(), before: emptySlot(),
    geo: emptySlot(), ports: emptySlot(), protocols: emptySlot(), sources: emptySlot(), quarantine: emptySlot(), reliability: emptySlot(), life: emptySlot(),
    drift: emptySlot(), canaries: emptySlot(), events: emptySlot(), incidents: emptySlot(), incident: emptySlot(), oneEvent: emptySlot(), address: emptySlot(), lanes: emptySlot(),
    transcript: emptySlot(), who: emptySlot(), tried: emptySlot(), probes: emptySlot(), storage: emptySlot(),
  };
}

export function emptyDrawer(): Drawer {
  return { alert: emptySlot(), events: emptySlot() };
}

export interface Store {
  get(): State;
  set(change: Partial<State>): void;
}

export function createStore(initial: State, paint: (state: State) => void): Store {
  let state = initial;
  let waiting = false;
  return {
    get: () => state,
    set(change) {
      state = { ...state, ...change };
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        paint(state);
      });
    },
  };
}
