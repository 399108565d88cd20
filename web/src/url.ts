// What the address bar says: the window and the open alert. Everything else of the page follows from them.

export const WINDOWS = ['1h', '6h', '24h', 'all'] as const;
export type Window = (typeof WINDOWS)[number];

export interface Place {
  window: Window;
  alert: string | null;
}

export function parsePlace(search: string): Place {
  const query = new URLSearchParams(search);
  const window = WINDOWS.find((known) => known === query.get('window')) ?? '1h';
  const alert = query.get('alert');
  return { window, alert: alert !== null && /^[0-9a-f]{32}$/.test(alert) ? alert : null };
}

export function formatPlace(place: Place): string {
  const query = new URLSearchParams();
  if (place.window !== '1h') query.set('window', place.window);
  if (place.alert !== null) query.set('alert', place.alert);
  return query.size ? `/?${query}` : '/';
}
