// The model: what was asked of it and came of that, and its life.
import { ask, type Canaries, type Drift, type ModelLife, type Reliability, type Sources } from '../api';
import { fill, type Loader } from './slot';

const WEEKS_SHOWN = 12;
const DRIFT_HOURS = 168;

export const loadModel: Loader = async ({ state, ranged }) => {
  const old = state.panels;
  const [sources, reliability, life, drift, canaries] = await Promise.all([
    fill(old.sources, ask<Sources>('/sources', ranged)),
    fill(old.reliability, ask<Reliability>('/reliability', { weeks: WEEKS_SHOWN })),
    fill(old.life, ask<ModelLife>('/model')),
    fill(old.drift, ask<Drift>('/drift', { hours: DRIFT_HOURS })),
    fill(old.canaries, ask<Canaries>('/canaries')),
  ]);
  return { sources, reliability, life, drift, canaries };
};
