// What there is to say about learning while running, drift and canaries. Pure functions of the API's answers.
import type { Apart, Canaries, Canary, Drift, DriftHour, LearnReason, LedgerLine, ModelLife } from './api';
import { capital, clock, count, counted, date, lasting, ms, odds, percent, spelled } from './format';
import { subModelName } from './reliability';

export const REASONS: Record<LearnReason, string> = {
  none: 'nobody knows why', first: 'there was none', given: 'given at the start', late: 'another kind of log had rows enough', due: 'the time between two had passed',
  growth: 'four times as many rows as before', drift: 'p-values drifted lastingly', rollback: 'an earlier one was put back by hand',
};

export function moment(at: string): string {
  return `${date(ms(at))}, ${clock(ms(at)).slice(0, 5)}`;
}

function plan(learning: ModelLife['learning']): string {
  if (learning === null) return '';
  if (learning.under_way !== null) return ` The next is being learnt: ${REASONS[learning.under_way.reason]}.`;
  if (learning.paused) return ' Learning is paused by hand.';
  return learning.refit_seconds === null ? ' It stays as it is: nothing further is learnt.' : ` A new one is learnt every ${lasting(learning.refit_seconds)} of event time, sooner when p-values drift.`;
}

export function sayLedger({ learning, ledger }: ModelLife): string {
  const [now] = ledger;
  if (now === undefined) return `No model has been in force yet.${plan(learning)}`;
  const since = now.from === null ? 'from the first event on' : `since ${moment(now.from)}`;
  return `${capital(spelled(ledger.length))} ${ledger.length === 1 ? 'model' : 'models'} so far; this one ${since}.${plan(learning)}`;
}

export function stateWords(line: LedgerLine, at: number): string {
  return [at === 0 ? 'in force' : line.kept ? 'kept' : 'not kept', line.reference ? 'frozen as the first' : ''].filter((word) => word !== '').join(', ');
}

// How far the model in force and the frozen first one judge alike.
export function apartWords(divergence: Apart | null): string {
  if (divergence === null) return 'The model in force is the frozen first one.';
  const { events, apart, now_alarm, now_ordinary } = divergence;
  if (events === 0) return 'The frozen first model scores beside the one in force; no event has come since.';
  const each = now_alarm + now_ordinary === 0 ? '' : ` ${capital(counted(now_alarm, 'event'))} would have been ordinary to it, ${count(now_ordinary)} an alarm.`;
  return `Beside the frozen first model, ${apart === 0 ? 'none' : `${count(apart)} (${percent(apart / events, 1)})`} of ${counted(events, 'event')} since ${apart === 1 ? 'is' : 'are'} judged quite otherwise.${each}`;
}

// The strongest test of those that are significant; else of all.
export function strongest(hours: readonly DriftHour[]): DriftHour | null {
  const marked = hours.filter((hour) => hour.marks > 0);
  const of = marked.length > 0 ? marked : hours.filter((hour) => hour.checks > 0);
  return of.reduce<DriftHour | null>((best, hour) => (best === null || hour.distance > best.distance ? hour : best), null);
}

const sum = (hours: readonly DriftHour[], of: 'events' | 'checks' | 'marks') => hours.reduce((all, hour) => all + hour[of], 0);

export function driftWords(hours: readonly DriftHour[]): string {
  const checks = sum(hours, 'checks');
  const marks = sum(hours, 'marks');
  const most = strongest(hours);
  if (most === null) return `${counted(sum(hours, 'events'), 'event')}, too few for a test.`;
  const tests = `${counted(checks, 'test')}, ${marks === 0 ? 'none' : count(marks)} significant`;
  return `${tests}; the ${marks > 0 ? 'strongest' : 'greatest distance'} ${most.distance.toFixed(2)}, ${moment(most.hour)}${marks > 0 && most.significance < 0.1 ? `, by chance ${odds(most.significance)}` : ''}.`;
}

export function sayDrift({ kinds }: Drift): string {
  const drifted = kinds.filter(({ hours }) => sum(hours, 'marks') > 0);
  if (kinds.length === 0) return 'Not known: no event has been scored in this week.';
  if (kinds.every(({ hours }) => sum(hours, 'checks') === 0)) return 'Not known yet: too few events for a test.';
  if (drifted.length === 0) return 'No: p-values spread as they did when the model was calibrated.';
  return `Yes, ${drifted.map(({ kind }) => subModelName(kind)).join(', ')}: ${drifted.length === 1 ? 'its' : 'their'} p-values no longer spread as when the model was calibrated.`;
}

export function sayCanaries({ enabled, every_hours: hours, needs_flows, kinds }: Canaries): string {
  if (!enabled) return 'Not known: no made-up attacks are sent through it.';
  const often = hours === null ? '' : ` One of each kind every ${lasting(hours * 3600)} of event time.`;
  if (needs_flows) return `Not known yet: they are made from flows, and none has come.${often}`;
  const [injected, found] = kinds.reduce(([all, seen], kind) => [all + kind.injected, seen + kind.found], [0, 0]);
  if (injected === 0) return `Not known yet: none has run its course.${often}`;
  return `${found === injected ? `All ${count(found)}` : `${found === 0 ? 'None' : count(found)} of ${count(injected)}`} were found.${often}`;
}

export function lastWords({ last }: Canary): string {
  if (last === null) return 'none so far';
  return `${moment(last.time)}: ${last.found ? 'found' : 'missed'}`;
}
