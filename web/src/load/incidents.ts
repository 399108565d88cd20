// Incidents, and the alerts of the one that is open.
import { ask } from '../api';
import type { Incidents, OneIncident } from '../answers';
import { emptySlot } from '../state';
import { fill, type Loader } from './slot';

export const loadIncidents: Loader = async ({ state, over }) => {
  const { panels: old, place } = state;
  const known = old.incident.data?.incident.incident_id === place.incident ? old.incident : emptySlot<OneIncident>();
  const [incidents, incident] = await Promise.all([
    fill(old.incidents, ask<Incidents>('/incidents', { ...over, limit: state.incidentLimit })),
    place.incident === null ? emptySlot<OneIncident>() : fill(known, ask<OneIncident>(`/incidents/${place.incident}`)),
  ]);
  return { incidents, incident };
};
