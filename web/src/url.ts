// What the address bar says: the view, the time, the filter, what is open. Everything else of the page follows from it.

export const PRESETS = ['15m', '1h', '6h', '24h', '7d', '30d', 'all'] as const;
export type Window = string; // 5m to 30d in whole minutes, hours or days, or all; '' in sentences: a frozen time

export const VIEWS = ['overview', 'incidents', 'events', 'address', 'event', 'sources', 'model'] as const;
export type View = (typeof VIEWS)[number];

// Relative: it ends with the newest event. Frozen: from and to stand (null: open at that end).
export type TimeRange = { window: Window } | { from: string | null; to: string | null };
export type Zone = 'local' | 'utc';

export interface Place {
  view: View;
  range: TimeRange;
  filter: string;
  zone: Zone;
  alert: string | null; // in the drawer, of any list
  incident: string | null; // beside the list of incidents
  event: string | null; // of the event's page
  ip: string | null; // of the address page
  session: string | null; // transcript on the address page
  source: string | null; // its name, among the sources and beside the model
  week: string | null; // the Monday it begins with, beside the model
  order: 'newest' | 'oldest'; // of events
  cursor: string | null; // of a later page of events
  first: number; // number of its first row, from 1
}

const NAME_MAX = 255;
const FILTER_MAX = 4096;
const MINUTE = 60;
const UNITS: Record<string, number> = { m: MINUTE, h: 3600, d: 86400 };
const SHORTEST = 5 * MINUTE;
const LONGEST = 30 * 86400;

// Of "90m"; null for what the server wouldn't take. "all" has none either.
export function windowSeconds(window: Window): number | null {
  const found = /^(\d{1,5})([mhd])$/.exec(window);
  const seconds = found === null ? NaN : Number(found[1]) * (UNITS[found[2] as string] ?? NaN);
  return seconds >= SHORTEST && seconds <= LONGEST ? seconds : null;
}

// The other way round, in the largest unit that divides it.
export function windowOf(seconds: number): Window {
  const whole = Math.min(LONGEST, Math.max(SHORTEST, Math.round(seconds / MINUTE) * MINUTE));
  const unit = whole % 86400 === 0 && whole > 86400 ? 'd' : whole % 3600 === 0 ? 'h' : 'm';
  return `${whole / (UNITS[unit] as number)}${unit}`;
}

export function isLive(range: TimeRange): range is { window: Window } {
  return 'window' in range;
}

// For sentences: the window, or '' where the time is frozen.
export function windowIn(range: TimeRange): Window {
  return isLive(range) ? range.window : '';
}

export function rangeParameters(range: TimeRange): Record<string, string> {
  if (isLive(range)) return { window: range.window };
  return { ...(range.from === null ? {} : { from: range.from }), ...(range.to === null ? {} : { to: range.to }) };
}

function moment(text: string | null): string | null {
  return text !== null && /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) && Number.isFinite(Date.parse(text)) ? text : null;
}

function parseRange(query: URLSearchParams): TimeRange {
  const from = moment(query.get('from'));
  const to = moment(query.get('to'));
  if ((from !== null || to !== null) && !(from !== null && to !== null && Date.parse(from) >= Date.parse(to))) return { from, to };
  const window = query.get('window') ?? '1h';
  return { window: window === 'all' || windowSeconds(window) !== null ? window : '1h' };
}

// Which of the places within the page a view knows of.
const WITHIN = {
  incident: ['incidents'], event: ['event'], ip: ['address'], session: ['address'], source: ['sources', 'model'], week: ['model'], cursor: ['events'],
  alert: ['overview', 'incidents', 'address'],
} as const satisfies Partial<Record<keyof Place, readonly View[]>>;

const SHAPES: Record<keyof typeof WITHIN, RegExp> = {
  alert: /^[0-9a-f]{32}$/, incident: /^[0-9a-f]{32}$/, event: /^[0-9a-f]{32}$/, ip: /^[0-9a-fA-F.:]{2,45}$/, session: /^.{1,255}$/su, source: new RegExp(`^.{0,${NAME_MAX}}$`, 'su'),
  week: /^\d{4}-\d\d-\d\d$/, cursor: /^[\x21-\x7e]{1,200}$/,
};

type Within = { [K in keyof typeof WITHIN]: string | null };

export function parsePlace(search: string): Place {
  const query = new URLSearchParams(search);
  const view = VIEWS.find((known) => known === query.get('view')) ?? 'overview';
  const one = (name: keyof typeof WITHIN): string | null => {
    const value = query.get(name);
    return value !== null && (WITHIN[name] as readonly View[]).includes(view) && SHAPES[name].test(value) ? value : null;
  };
  const within = Object.fromEntries((Object.keys(WITHIN) as (keyof typeof WITHIN)[]).map((name) => [name, one(name)])) as unknown as Within;
  const first = Number(query.get('first'));
  const place: Place = {
    view, range: parseRange(query), filter: (query.get('filter') ?? '').slice(0, FILTER_MAX), zone: query.get('zone') === 'local' ? 'local' : 'utc',
    ...within, order: view === 'events' && query.get('order') === 'oldest' ? 'oldest' : 'newest',
    first: within.cursor !== null && Number.isSafeInteger(first) && first > 0 ? first : 1,
  };
  if (view === 'address' && place.ip === null) return { ...place, view: 'overview' };
  if (view === 'event' && place.event === null) return { ...place, view: 'events' };
  return place;
}

export function formatPlace(place: Place): string {
  const query = new URLSearchParams();
  if (place.view !== 'overview') query.set('view', place.view);
  for (const name of Object.keys(WITHIN) as (keyof typeof WITHIN)[]) {
    const value = place[name];
    if (value !== null && (WITHIN[name] as readonly View[]).includes(place.view)) query.set(name, value);
  }
  if (place.view === 'events' && place.order === 'oldest') query.set('order', 'oldest');
  if (query.has('cursor')) query.set('first', String(place.first));
  if (place.filter !== '') query.set('filter', place.filter);
  const range = rangeParameters(place.range);
  if (range['window'] !== '1h') for (const [name, value] of Object.entries(range)) query.set(name, value);
  if (place.zone === 'local') query.set('zone', 'local');
  return query.size ? `/?${query}` : '/';
}

const NOWHERE: Within = { alert: null, incident: null, event: null, ip: null, session: null, source: null, week: null, cursor: null };

// Another view opens with nothing open in it, another filter or time with its first page.
export function moved(place: Place, change: Partial<Place>): Place {
  const turned = change.view !== undefined && change.view !== place.view;
  const other = turned || change.filter !== undefined || change.range !== undefined || change.order !== undefined;
  return { ...place, ...(turned ? NOWHERE : {}), ...(other ? { cursor: null, first: 1 } : {}), ...change };
}
