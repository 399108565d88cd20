// What the address bar says: the view, the window, the open alert, source or week. Everything else of the page follows from them.

export const WINDOWS = ['1h', '6h', '24h', 'all'] as const;
export type Window = (typeof WINDOWS)[number];

export const VIEWS = ['overview', 'sources', 'model'] as const;
export type View = (typeof VIEWS)[number];

export interface Place {
  view: View;
  window: Window;
  alert: string | null; // on the overview
  source: string | null; // its name, among the sources and beside the model
  week: string | null; // the Monday it begins with, beside the model
}

const NAME_MAX = 255;

export function parsePlace(search: string): Place {
  const query = new URLSearchParams(search);
  const window = WINDOWS.find((known) => known === query.get('window')) ?? '1h';
  const view = VIEWS.find((known) => known === query.get('view')) ?? 'overview';
  const alert = query.get('alert');
  const source = query.get('source');
  const week = query.get('week');
  return {
    view, window,
    alert: view === 'overview' && alert !== null && /^[0-9a-f]{32}$/.test(alert) ? alert : null,
    source: view !== 'overview' && source !== null && source.length <= NAME_MAX ? source : null,
    week: view === 'model' && week !== null && /^\d{4}-\d\d-\d\d$/.test(week) ? week : null,
  };
}

export function formatPlace(place: Place): string {
  const query = new URLSearchParams();
  if (place.view !== 'overview') query.set('view', place.view);
  if (place.window !== '1h') query.set('window', place.window);
  if (place.view === 'overview' && place.alert !== null) query.set('alert', place.alert);
  if (place.view !== 'overview' && place.source !== null) query.set('source', place.source);
  if (place.view === 'model' && place.week !== null) query.set('week', place.week);
  return query.size ? `/?${query}` : '/';
}
