// One event, with what came before and after it.
import { ask } from '../api';
import type { OneEvent } from '../answers';
import { emptySlot } from '../state';
import { fill, type Loader } from './slot';

export const loadEvent: Loader = async ({ state }) => {
  const { place } = state;
  const old = state.panels.oneEvent.data?.event.event_id === place.event ? state.panels.oneEvent : emptySlot<OneEvent>();
  return { oneEvent: await fill(old, ask<OneEvent>(`/events/${place.event}`)) };
};
