// What a screen reader hears: what a choice led to, at once, and of the page by itself the verdict and whether it is live, at most once in ten seconds.

import { isLive, type Place, type View } from './url';
import { windowWords } from './window';

const PAUSE_MS = 10_000;

const NAMES: Record<View, string> = { overview: 'Overview', incidents: 'Incidents', events: 'Events', address: 'Address', event: 'Event', sources: 'Sources', model: 'Model' };

// What a choice led to.
export function sayOf(place: Place, change: Partial<Place>): string {
  const parts = [
    change.view === undefined ? '' : `${NAMES[place.view]}${place.view === 'address' ? ` ${place.ip}` : ''}.`,
    change.filter === undefined ? '' : place.filter === '' ? 'No filter.' : `Filter: ${place.filter}`,
    change.range === undefined ? '' : isLive(place.range) ? `Time: ${windowWords(place.range.window)}.` : `Time: ${place.range.from ?? 'the beginning'} to ${place.range.to ?? 'now'}.`,
    change.zone === undefined ? '' : place.zone === 'utc' ? 'Times in UTC.' : 'Times as this machine has them.',
    change.order === undefined ? '' : `${place.order === 'newest' ? 'Newest' : 'Oldest'} first.`,
    change.first === undefined ? '' : `From row ${place.first} on.`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

export function createAnnouncer(region: HTMLElement): (text: string) => void {
  let wanted = '';
  let said = '';
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | null = null;

  function say(): void {
    timer = null;
    if (wanted === said) return;
    said = wanted;
    last = performance.now();
    region.textContent = said;
  }

  return (text) => {
    wanted = text;
    if (wanted !== said) timer ??= setTimeout(say, Math.max(0, last + PAUSE_MS - performance.now()));
  };
}
