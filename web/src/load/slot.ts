// What the loaders of the views share: a panel's slot filled with an answer, or with why there is none.
import { Problem, type Summary } from '../api';
import type { Panels, Slot, State } from '../state';

export type Over = Record<string, string>; // range and filter, as the API takes them

export interface Asked {
  state: State;
  range: Summary['range'] | undefined; // of the summary, which all panels are read over
  sequence: number | undefined; // what was committed when the summary was made
  over: Over; // range and filter
  ranged: Over; // the range alone
}

export type Loader = (asked: Asked) => Promise<Partial<Panels>>;

export async function fill<T>(old: Slot<T>, answer: Promise<T>): Promise<Slot<T>> {
  try {
    return { data: await answer, problem: null };
  } catch (error) {
    return { data: old.data, problem: error instanceof Problem ? error : new Problem(0, String(error)) };
  }
}
