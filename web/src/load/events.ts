// A page of events.
import { ask } from '../api';
import type { EventsPage } from '../answers';
import type { Place } from '../url';
import { fill, type Loader } from './slot';

export const ROWS = 100;

export const loadEvents: Loader = async ({ state, over }) => {
  const { order, cursor } = state.place;
  const page = { ...over, limit: ROWS, ...(order === 'newest' ? {} : { order }), ...(cursor === null ? {} : { cursor }) };
  return { events: await fill(state.panels.events, ask<EventsPage>('/events', page)) };
};

// Where the page before begins: behind the row that lies one page nearer to the head of the list. Read from here the other way round, so that a
// shared link can go back too. null: that page is the first.
export async function cursorBefore({ order, filter }: Place, range: { from: string; to: string }, row: number): Promise<string | null> {
  const asked = { ...range, ...(filter === '' ? {} : { filter }), order: order === 'newest' ? 'oldest' : 'newest' };
  let cursor: string | null = String(row);
  for (let left = ROWS + 1; cursor !== null;) {
    const page: EventsPage = await ask<EventsPage>('/events', { ...asked, cursor, limit: left });
    left -= page.events.length;
    if (left === 0) return String(page.events.at(-1)?.sequence);
    cursor = page.next_cursor; // it took too long: on from there
  }
  return null;
}
