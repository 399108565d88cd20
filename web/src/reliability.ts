// What there is to say about the model: the budget asked, what came of it, and how the p-values spread. Pure functions of the API's answers.
import type { Alert, Budget, Event, Finding, Oddness, Reliability, Reliable, Severity, Summary, Week, WeekVerdict } from './api';
import { amount, count, counted, date, day, ms, odds, percent, quantity, spelled, visible } from './format';
import { countedWords, log } from './names';

const DAY_MS = 86_400_000;
const Z95 = 1.96;

export const VERDICT_WORDS: Record<WeekVerdict, string> = { more: 'More than asked', fewer: 'Fewer than asked', as_asked: 'As asked', too_few: 'Too few to tell' };
export const VERDICT_SIGNS: Record<WeekVerdict, Severity | 'ok'> = { more: 'medium', fewer: 'low', as_asked: 'ok', too_few: 'none' };

// The one that needs a look stands first.
const ORDER: readonly WeekVerdict[] = ['more', 'fewer', 'as_asked', 'too_few'];

export function budgetWords(budget: Budget): string {
  if (budget.mode === 'rate') return `a false alarm in ${quantity(1 / Math.max(1e-12, budget.false_alarm_rate ?? 0))} events`;
  const number = `${quantity(budget.alerts_per_day ?? 0)} ${budget.alerts_per_day === 1 ? 'alert' : 'alerts'} a day`;
  return budget.mode === 'total' ? `${number}, all sources together` : `${number} from each source`;
}

// The week that a source is judged by: the newest that has enough in it, else the newest.
export function judged(source: Reliable): Week | undefined {
  return source.weeks.find((week) => week.verdict !== 'too_few') ?? source.weeks[0];
}

function rank(source: Reliable): number {
  const week = judged(source);
  return week === undefined ? ORDER.length : ORDER.indexOf(week.verdict);
}

export function ordered(sources: readonly Reliable[]): Reliable[] {
  return [...sources].sort((a, b) => rank(a) - rank(b) || a.source.localeCompare(b.source));
}

// The file's own name where no other source has it.
export function label(source: Reliable, all: readonly Reliable[]): string {
  const last = (name: string) => name.slice(name.lastIndexOf('/') + 1);
  const own = last(source.source);
  return visible(own !== '' && all.filter((other) => last(other.source) === own).length === 1 ? own : source.source);
}

export function weekKey(week: Week): string {
  return week.from.slice(0, 10);
}

// 9 – 15 Mar 2026; 29 Dec 2025 – 4 Jan 2026
export function weekWords(week: Week): string {
  const from = new Date(ms(week.from));
  const to = new Date(ms(week.from) + 6 * DAY_MS);
  if (from.getUTCFullYear() !== to.getUTCFullYear()) return `${date(+from)} – ${date(+to)}`;
  return `${from.getUTCMonth() === to.getUTCMonth() ? from.getUTCDate() : day(+from)} – ${date(+to)}`;
}

export interface Answer {
  strong: string;
  rest: string;
}

// Which sources keep to the budget, the worst named.
export function sayBudget({ budget, sources }: Reliability): Answer {
  const asked = `Asked: ${budgetWords(budget)}.`;
  const all = ordered(sources);
  const of = (verdict: WeekVerdict) => all.filter((source) => judged(source)?.verdict === verdict);
  const [more, fewer, kept] = [of('more'), of('fewer'), of('as_asked')];
  const [worst] = more;
  if (all.length === 0) return { strong: '', rest: `${asked} No event has been scored yet.` };
  if (worst !== undefined) {
    const others = more.length - 1;
    return { strong: `${label(worst, all)} ${others === 0 ? 'raises' : `and ${spelled(others)} more raise`} more false alarms than asked.`, rest: ` ${asked}` };
  }
  if (fewer.length + kept.length === 0) return { strong: '', rest: `${asked} There are too few events to tell whether it holds.` };
  if (fewer.length > 0) return { strong: '', rest: `${asked} No source raises more false alarms than that, ${spelled(fewer.length)} ${fewer.length === 1 ? 'raises' : 'raise'} fewer.` };
  const one = all.length === 1;
  return { strong: '', rest: `${asked} ${one ? 'The one source keeps' : kept.length === all.length ? 'All sources keep' : `${count(kept.length)} of ${counted(all.length, 'source')} keep`} to it${kept.length === all.length ? '' : '; of the others too little was seen'}.` };
}

export interface Band {
  expected: number; // in each bar
  low: number;
  high: number;
}

// What chance allows a bar in 95 of 100 cases, were all p-values alike likely and the events independent.
export function band(week: Week): Band {
  const bars = Math.max(1, week.p_values.length);
  const events = week.p_values.reduce((sum, n) => sum + n, 0);
  const expected = events / bars;
  const room = Z95 * Math.sqrt(expected * (1 - 1 / bars));
  return { expected, low: Math.max(0, expected - room), high: expected + room };
}

export function isOut(value: number, { low, high }: Band): boolean {
  return value < low || value > high;
}

const TIES_SHARE = 0.2; // so many empty bars aren't chance

export function sayBars(week: Week): string {
  const of = week.p_values.length;
  const allowed = band(week);
  const inside = week.p_values.filter((value) => !isOut(value, allowed)).length;
  const empty = week.p_values.filter((value) => value === 0).length;
  if (empty === of) return 'No event has been scored in it.';
  if (empty >= of * TIES_SHARE && allowed.low > 0) return `${count(empty)} of ${count(of)} bars are empty: these events have few distinct scores, so their p-values come in steps.`;
  return `${inside === of ? `All ${count(of)}` : inside === 0 ? `None of ${count(of)}` : `${count(inside)} of ${count(of)}`} bars ${inside === 1 ? 'lies' : 'lie'} within what chance allows.`;
}

// The range of p-values that a bar holds: 0.05 – 0.1.
export function barWords(i: number, of: number): string {
  const edge = (n: number) => String(Number((n / of).toFixed(3)));
  return `${edge(i)} – ${edge(i + 1)}`;
}

export function intervalWords(week: Week): string {
  return `${amount(week.interval[0])} – ${amount(week.interval[1])}`;
}

const SUB_MODELS = new Map([['suricata_flow', 'Suricata flows'], ['suricata_other', 'Suricata, all but flows'], ['table', 'Table']]);

const DETECTORS = new Map([['iforest', 'Isolation Forest'], ['neighbour', 'Nearest neighbour'], ['ocsvm', 'One-Class SVM'], ['ecod', 'ECOD'], ['ensemble', 'Ensemble']]);

export function detectorName(name: string): string {
  return DETECTORS.get(name) ?? visible(name);
}

export function subModelName(name: string): string {
  return SUB_MODELS.get(name) ?? log(name);
}

// How odd, and whether that is nominal: of what was counted rather than of the model.
export function oddness({ p_value: p, score, finding }: Pick<Alert, 'p_value' | 'score' | 'finding'>): { p: number | null; nominal: Finding | null } {
  const found = finding !== null && score !== null && (p === null || 1 - score < p * (1 - 1e-9));
  return found ? { p: finding.p, nominal: finding } : { p, nominal: null };
}

export function nominalWords(finding: Finding): string {
  return `${countedWords(finding, finding.counted)}; an alert from ${countedWords(finding, finding.limit)} on. How odd that is, is nominal`;
}

export const NOT_KEPT = 'It was scored before p-values were kept.';

type Scored = { p_value: number | null; finding: Finding | null } & ({ score: number | null } | { anomaly_score: Event['anomaly_score'] });

// Why there is no p-value.
function unscored(one: Scored): string {
  const score = 'score' in one ? one.score : one.anomaly_score;
  if (one.finding !== null) return 'The model has no score for it; what was counted made it an alert.';
  return score === null ? 'It has no score.' : NOT_KEPT;
}

// How odd by the model: what ordinary events are like beside it.
export function oddWords(one: Scored): string {
  const { p_value: p } = one;
  if (p === null) return unscored(one);
  if (p >= 0.995) return 'Nearly every ordinary event is as odd.';
  if (p >= 0.1) return `${percent(p)} of ordinary events are as odd.`;
  return `${odds(p).replace('< 1', 'Fewer than 1')} ordinary events is as odd.`;
}

export function coverageWords({ p_value: p, features_used: used, features_total: total, partial }: Oddness): string {
  if (p === null) return '';
  return `Scored on ${count(used)} of ${counted(total, 'feature')}${partial ? ': the nearest set of columns that it shares with what was learnt' : ''}.`;
}

// Without leading features: was it scored at all?
export function unexplained(alert: Alert): string {
  if (alert.finding !== null) return 'What was counted is the reason; no feature stands out beside it.';
  if (alert.p_value === null && alert.score !== null) return 'It was scored before reasons were kept.';
  return alert.p_value === null ? 'It has no score: the log itself calls it an attack.' : 'By its score alone it would be no alert: the log itself calls it an attack.';
}

export const SEVERITY_MEANING: Record<Severity, string> = {
  high: 'At most 1 in 10,000 ordinary events is as odd', medium: 'At most 1 in 1,000 ordinary events is as odd',
  low: 'Odder than the budget of alerts lets through', none: 'The log itself calls it an attack; its score is ordinary',
};

// Why there is nothing to show yet; null where there is a model.
export function sayWaiting(summary: Summary): string | null {
  if (summary.model !== null) return null;
  if (summary.state === 'learning' && summary.learning !== null) return `Not learnt yet: ${count(summary.learning.events)} of ${counted(summary.learning.needed, 'event')}.`;
  return 'There is no model yet.';
}
