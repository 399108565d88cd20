// What there is to say about sources: their order, their sum, their troubles in words. Pure functions of the API's answers.
import type { Counts, Severity, Source, SourceState, Summary } from './api';
import { bytes, capital, count, counted, lasting, ms, spelled, visible } from './format';
import type { Window } from './url';
import { ofWindow } from './window';

// The most troubled first.
const ORDER: readonly SourceState[] = ['failed', 'silent', 'behind', 'waiting', 'live', 'idle', 'ended'];

export const STATE_WORDS: Record<SourceState, string> = {
  failed: 'Failed', silent: 'Silent', behind: 'Behind', waiting: 'Waiting', live: 'Live', idle: 'Idle', ended: 'Ended',
};

const KINDS = new Map([
  ['file', 'file'], ['stdin', 'standard input'], ['unix', 'Unix socket'], ['syslog+udp', 'syslog over UDP'], ['syslog+tcp', 'syslog over TCP'], ['push', 'pushed'],
]);

export function kind(name: string): string {
  return KINDS.get(name) ?? visible(name);
}

function rank(state: SourceState): number {
  const at = ORDER.indexOf(state);
  return at < 0 ? ORDER.length : at;
}

export function sorted(sources: readonly Source[]): Source[] {
  return [...sources].sort((a, b) => rank(a.state) - rank(b.state) || a.name.localeCompare(b.name));
}

const NAME_SHOWN = 40;

// The file's own name where no other source has it; the end of a long one says more than its beginning.
export function shortName(source: Source, all: readonly Source[]): string {
  const last = (name: string) => name.slice(name.lastIndexOf('/') + 1);
  const own = last(source.name);
  const alone = own !== '' && source.kind === 'file' && all.filter((other) => last(other.name) === own).length <= 1;
  const letters = [...visible(alone ? own : source.name)];
  return letters.length > NAME_SHOWN ? `…${letters.slice(1 - NAME_SHOWN).join('')}` : letters.join('');
}

// Of a source known by its name alone.
export function shortPath(name: string): string {
  const own = name.slice(name.lastIndexOf('/') + 1);
  return visible(own === '' ? name : own);
}

export interface Trouble {
  sign: Severity;
  says: string; // goes on after the source's name
}

function silence(source: Source): string {
  const usual = source.usual_gap_seconds === null ? '' : ` (usual: up to ${lasting(source.usual_gap_seconds)})`;
  return `${source.lag_seconds === null ? 'is silent' : `has been silent for ${lasting(source.lag_seconds)}`}${usual}`;
}

function backlog(source: Source): string {
  const unread = source.bytes_behind === null || source.bytes_behind === 0 ? '' : `: ${bytes(source.bytes_behind)} still to read`;
  return `is catching up${unread}`;
}

// What is wrong with a source, the worst first; none of it for one that does what it should.
export function troubles(source: Source): Trouble[] {
  const { skew, state } = source;
  const found: Trouble[] = [];
  const why = source.trouble === null ? '' : visible(source.trouble).trim().replace(/\.$/, '');
  if (state === 'failed') found.push({ sign: 'high', says: `can’t be read${why === '' ? '' : `: ${why}`}` });
  if (state === 'silent') found.push({ sign: 'medium', says: silence(source) });
  if (skew.state === 'steady') found.push({ sign: 'low', says: `is ${visible(skew.text ?? `${lasting(Math.abs(skew.seconds))} ${skew.seconds < 0 ? 'behind' : 'ahead of'} the time of arrival`)}` });
  else if (source.future_events > 0)
    found.push({ sign: 'low', says: `wrote ${counted(source.future_events, 'event')} from the future, up to ${lasting(source.future_seconds)} ahead: is its clock right?` });
  if (state === 'behind') found.push({ sign: 'low', says: backlog(source) });
  if (state !== 'failed' && why !== '') found.push({ sign: 'none', says: why });
  return found;
}

function needsLook(source: Source): boolean {
  return troubles(source).some((trouble) => trouble.sign !== 'none');
}

const SIGNS: readonly Severity[] = ['high', 'medium', 'low', 'none'];

export interface Saying {
  sign: Severity | 'ok' | 'quiet';
  strong: string;
  rest: string;
}

function ended(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

// The state of all sources in a sentence: the worst trouble, the others counted.
export function saySources(sources: readonly Source[]): Saying {
  const troubled = sorted(sources).flatMap((source) => {
    const worst = troubles(source).find((trouble) => trouble.sign !== 'none');
    return worst === undefined ? [] : [{ source, worst }];
  });
  troubled.sort((a, b) => SIGNS.indexOf(a.worst.sign) - SIGNS.indexOf(b.worst.sign));
  const [first] = troubled;
  if (first !== undefined) {
    const more = troubled.length - 1;
    const rest = more === 0 ? '' : ` ${capital(spelled(more))} more ${more === 1 ? 'needs' : 'need'} a look.`;
    return { sign: first.worst.sign, strong: ended(`${shortName(first.source, sources)} ${first.worst.says}`), rest };
  }
  if (sources.length === 0) return { sign: 'quiet', strong: '', rest: 'There is no source yet.' };
  return { sign: 'ok', strong: '', rest: well(sources) };
}

function well(sources: readonly Source[]): string {
  const parts = (['live', 'waiting', 'idle', 'ended'] as const).map((state) => ({ state, n: sources.filter((source) => source.state === state).length })).filter(({ n }) => n > 0);
  const one = parts.length === 1 ? parts[0] : undefined;
  const many = sources.length > 1;
  if (one?.state === 'live') return !many ? 'The one source reports.' : sources.length === 2 ? 'Both sources report.' : `All ${spelled(sources.length)} sources report.`;
  return `${capital(counted(sources.length, 'source'))}: ${parts.map(({ state, n }) => `${count(n)} ${state}`).join(', ')}.`;
}

export function troubledCount(sources: readonly Source[]): number {
  return sources.filter(needsLook).length;
}

export interface Account {
  read: number;
  accepted: number;
  duplicates: number;
  skipped: number;
  malformed: number;
  late: number;
}

export function account(counts: Counts): Account {
  const { read, decoded, duplicates, skipped, malformed, late } = counts;
  return { read, accepted: decoded - duplicates, duplicates, skipped, malformed, late };
}

export function sum(sources: readonly Source[]): Account {
  const total: Account = { read: 0, accepted: 0, duplicates: 0, skipped: 0, malformed: 0, late: 0 };
  for (const source of sources) {
    const one = account(source.counts);
    for (const name of Object.keys(total) as (keyof Account)[]) total[name] += one[name];
  }
  return total;
}

// The sum as it must come out; where it doesn't, that is said.
export function sumWords(total: Account): string {
  const decoded = total.accepted + total.duplicates;
  const right = total.read === decoded + total.skipped + total.malformed;
  const parts = `${counted(total.read, 'record')} read ${right ? '=' : '≠'} ${count(decoded)} decoded + ${count(total.skipped)} skipped + ${count(total.malformed)} malformed`;
  const late = total.late === 0 ? 'none came late' : `${count(total.late)} of the accepted came late`;
  return `${parts}${right ? '' : ' (the two sides should be equal)'}. ${count(decoded)} decoded = ${count(total.accepted)} accepted + ${count(total.duplicates)} duplicate; ${late}.`;
}

const REASONS = new Map([
  ['unknown_format', 'of no known format'], ['invalid_json', 'not valid JSON, or cut'], ['invalid_utf8', 'not valid UTF-8'], ['not_an_object', 'no JSON object'],
  ['too_long', 'too long'], ['missing_timestamp', 'without a time'], ['bad_timestamp', 'with an unreadable time'], ['missing_field', 'without a needed field'],
  ['bad_number', 'with an unreadable number'], ['bad_label', 'with an unknown label'], ['column_count', 'with a wrong number of cells'],
  ['bad_quoting', 'with broken quotes'], ['invalid_xml', 'not valid XML, or cut'], ['foreign_export', 'from a foreign export'], ['no_memory', 'too large for memory'],
  ['no_event', 'well formed, but no event'],
]);

export function reasonWords(reason: string, text?: string): string {
  return REASONS.get(reason) ?? visible(text ?? reason.replaceAll('_', ' '));
}

// The reasons, the most frequent first; those of skipped records too.
export function reasons(counts: Counts): [string, number][] {
  return Object.entries(counts.reasons).filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a).map(([reason, n]) => [reasonWords(reason), n]);
}

function rangeSeconds(summary: Summary): number {
  const { from, to } = summary.range;
  return from === null || to === null ? 0 : (ms(to) - ms(from)) / 1000;
}

// Was nothing seen at all in the window?
export function blindWholly(summary: Summary): boolean {
  const seconds = rangeSeconds(summary);
  return summary.now.events === 0 && seconds > 0 && summary.unobserved_seconds >= seconds - 60;
}

// How much of the window nobody watched, as a sentence; null where all of it was.
export function blindWords(summary: Summary, window: Window): string | null {
  if (summary.unobserved_seconds < 60) return null;
  if (blindWholly(summary)) return `Nothing was seen in all of ${ofWindow(window)}.`;
  return `Nothing was seen for ${lasting(summary.unobserved_seconds)} of ${ofWindow(window)}.`;
}

// What is lost has another unit for each kind.
export function lostWords(source: Source): string {
  if (source.lost === 0) return 'nothing';
  return source.kind === 'syslog+udp' ? `${counted(source.lost, 'datagram')} dropped` : source.kind === 'file' ? `${bytes(source.lost)} cut away before they were read` : count(source.lost);
}

export function retryWords(counts: Counts): string {
  const { read, decoded, malformed } = counts;
  if (read === 0) return 'There was nothing to try.';
  if (decoded === 0) return `Tried ${counted(read, 'record')}: none can be read yet.`;
  const left = malformed === 0 ? 'none is left' : `${count(malformed)} still can’t be read`;
  return `Tried ${counted(read, 'record')}: ${count(decoded)} could be read and ${decoded === 1 ? 'was' : 'were'} taken in, ${left}.`;
}
