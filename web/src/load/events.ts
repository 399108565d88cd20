// A page of events.
import { ask } from '../api';
import type { EventsPage } from '../answers';
import { fill, type Loader } from './slot';

export const ROWS = 100;

export const loadEvents: Loader = async ({ state, over }) => {
  const { order, cursor } = state.place;
  const page = { ...over, limit: ROWS, ...(order === 'newest' ? {} : { order }), ...(cursor === null ? {} : { cursor }) };
  return { events: await fill(state.panels.events, ask<EventsPage>('/events', page)) };
};
