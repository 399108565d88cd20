// The sources and what could not be read of them.
import { ask, type Quarantine, type Sources } from '../api';
import type { Storage } from '../answers';
import { fill, type Loader } from './slot';

export const loadSources: Loader = async ({ state, ranged }) => {
  const old = state.panels;
  const [sources, quarantine, storage] = await Promise.all([
    fill(old.sources, ask<Sources>('/sources', ranged)),
    fill(old.quarantine, ask<Quarantine>('/quarantine', { limit: state.keptLimit })),
    fill(old.storage, ask<Storage>('/storage')),
  ]);
  return { sources, quarantine, storage };
};
