// The keys of the whole page. What has the focus comes first: a field takes its letters itself.
import type { Desk } from './desk';
import type { Popup } from './state';
import type { Place } from './url';

const SEQUENCE_MS = 1500;

const PLACES: Record<string, Partial<Place>> = { o: { view: 'overview' }, i: { view: 'incidents' }, a: { view: 'overview' }, e: { view: 'events' }, s: { view: 'sources' }, m: { view: 'model' } };

export interface Actions {
  desk: Desk;
  toggle(popup: Popup): void;
  close(): boolean; // what floats, the topmost; false: nothing does
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('main [data-row]')].filter((row) => row.offsetParent !== null);
}

// The row that has the focus, or something in it.
function current(all: readonly HTMLElement[]): number {
  const at = document.activeElement;
  if (!(at instanceof HTMLElement)) return -1;
  return all.findIndex((row) => row === at || row.closest('tr, li')?.contains(at));
}

function move(by: 1 | -1): void {
  const all = rows();
  const at = current(all);
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  next?.focus({ preventScroll: true });
  next?.closest('tr, li')?.scrollIntoView({ block: 'nearest' });
}

export function listen({ desk, toggle, close }: Actions): void {
  let went = -Infinity; // when g was pressed

  const narrow = (how: 'only' | 'without') => {
    const all = rows();
    const { field, value } = all[current(all)]?.dataset ?? {};
    if (field !== undefined && value !== undefined) desk[how](field, value);
  };
  const acts: Record<string, () => void> = {
    '/': () => { const box = document.getElementById('filter') as HTMLInputElement | null; box?.focus(); box?.select(); },
    t: () => toggle('time'), v: () => toggle('views'), '?': () => toggle('help'),
    j: () => move(1), k: () => move(-1),
    o: () => { const all = rows(); all[current(all)]?.click(); },
    '+': () => narrow('only'), '-': () => narrow('without'), '−': () => narrow('without'),
    '[': () => document.querySelector<HTMLElement>('.range > .btn:first-child')?.click(),
    ']': () => document.querySelector<HTMLElement>('.range > .btn:last-child')?.click(),
    n: () => document.getElementById('next-page')?.click(), p: () => document.getElementById('previous-page')?.click(),
    x: () => document.getElementById('export')?.focus(),
    Backspace: () => { if (history.state?.desk) history.back(); }, // never out of the page
  };

  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Escape') {
      if (close()) event.preventDefault();
      return;
    }
    if (typing(event.target)) return;
    const to = performance.now() - went < SEQUENCE_MS ? PLACES[event.key] : undefined;
    went = event.key === 'g' ? performance.now() : -Infinity;
    if (to !== undefined) {
      event.preventDefault();
      desk.go(to);
      if (event.key === 'a') requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById('alerts')?.scrollIntoView({ block: 'start' })));
      return;
    }
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}
