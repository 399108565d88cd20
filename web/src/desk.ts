// What every part of the page can do with it: go somewhere, narrow the filter, take a stretch of time.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { withOnly, withTerm, withWithout } from './filtertext';
import { rangeOf } from './observed';
import type { AskedValue } from './state';
import { formatPlace, moved, type Place } from './url';

export interface Desk {
  go(change: Partial<Place>): void; // back undoes it
  href(change: Partial<Place>): string;
  only(field: string, value: string | null): void; // null: events that have no such value
  without(field: string, value: string | null): void;
  zoom(fromMs: number, toMs: number): void; // freezes that stretch
  rows(field: string, value: string | null): Partial<Place>; // the change that leads to the events behind a value
  touched(value: AskedValue): void; // what can be done with it is asked: a finger points at nothing before it touches
  filter(): string; // as it is now
}

const SHORTEST_MS = 1000;

export function createDesk(place: () => Place, go: (change: Partial<Place>) => void, touched: (value: AskedValue) => void): Desk {
  const href = (change: Partial<Place>) => formatPlace(moved(place(), change));
  return {
    go, href, touched,
    only: (field, value) => go({ filter: withOnly(place().filter, field, value) }),
    without: (field, value) => go({ filter: withWithout(place().filter, field, value) }),
    zoom(fromMs, toMs) {
      const from = Math.min(fromMs, toMs);
      go({ range: rangeOf({ from, to: Math.max(from + SHORTEST_MS, fromMs, toMs) }) });
    },
    rows: (field, value) => ({ view: 'events', filter: value === null ? withTerm(place().filter, `-${field}:*`) : withOnly(place().filter, field, value) }),
    filter: () => place().filter,
  };
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error('there is no desk');
  return desk;
}
