// The page's sentences. Pure functions of the API's answers.
import type { Alert, Bucket, Geo, Keys, Range, RunState, Severity, Summary, TimeSeries } from './api';
import type { Probes } from './answers';
import { capital, clock, count, counted, date, day, lasting, minute, ms, percent, sameDay, spelled } from './format';
import { inSentence, manySources, manyTargets, service } from './names';
import { stretches, type Stretch } from './observed';
import { blindWholly, blindWords } from './sources';
import type { Window } from './url';
import { beforeWords, windowWords } from './window';

export interface Verdict {
  sign: Severity | 'ok' | 'quiet';
  line: string;
  more: string;
}

export const SEVERITY_WORDS: Record<Severity, string> = { high: 'High', medium: 'Medium', low: 'Low', none: 'Label' };

const NOTHING_SEEN = 'Nothing has been seen yet.';

function share(window: Window): string {
  return window === 'all' ? 'So far' : `In the ${windowWords(window)}`;
}

const TELLING = 3; // standard deviations of a difference of two counts by chance

// "41 % more probes than the hour before"; '' where that can't be said, or is little, or may be chance.
export function probesWords({ now, before }: Probes, window: Window): string {
  if (now === null || before === null || before === 0) return '';
  const by = Math.abs(now - before);
  if (by <= TELLING * Math.sqrt(now + before) || by < before / 10) return '';
  if (now >= 10 * before) return `${count(Math.round(now / before))} times the probes of ${beforeWords(window)}`;
  return `${percent(by / before)} ${now > before ? 'more' : 'fewer'} probes than ${beforeWords(window)}`;
}

// probes: '' or what probesWords() says.
export function verdict(summary: Summary, window: Window, probes = ''): Verdict {
  const said = judged(summary, window, probes);
  return probes !== '' && said.sign in SEVERITY_WORDS && summary.state === 'live' ? { ...said, line: said.line.replace(/\.$/, `, ${probes}.`) } : said;
}

function judged(summary: Summary, window: Window, probes: string): Verdict {
  const blind = blindWords(summary, window);
  const more = [proportion(summary, window), split(summary), blind].filter((part) => part).join(' ');
  const { high, medium, low, none } = summary.alerts;
  if (summary.state === 'stalled')
    return { sign: 'high', line: 'Events can’t be stored.', more: `${summary.trouble ?? 'The store can’t be written.'} Nothing further is taken in until it can; nothing is lost.` };
  if (summary.state === 'empty')
    return { sign: 'quiet', line: 'Waiting for the first event.', more: 'No log has sent anything yet.' };
  if (summary.state === 'learning')
    return { sign: 'quiet', line: 'Learning what is usual here.', more: `${capital(counted(summary.now.events, 'event'))} ${share(window).toLowerCase()}. Nothing is scored before the lesson is over; what arrives now is scored then.` };
  if (high > 0) return { sign: 'high', line: `${capital(spelled(high))} high ${high === 1 ? 'alert is' : 'alerts are'} worth a look.`, more };
  if (medium > 0) return { sign: 'medium', line: `Nothing urgent; ${spelled(medium)} medium ${medium === 1 ? 'alert' : 'alerts'} to look at.`, more };
  if (low > 0) return { sign: 'low', line: `Little stands out: ${spelled(low)} low ${low === 1 ? 'alert' : 'alerts'}.`, more };
  if (none > 0) return { sign: 'none', line: 'Attacks by their labels, none of them unusual.', more };
  return calm(summary, window, blind, probes);
}

// "All is calm" only where everything was looked at.
function calm(summary: Summary, window: Window, blind: string | null, probes: string): Verdict {
  if (blindWholly(summary)) return { sign: 'quiet', line: 'Nothing was seen.', more: `No source brought an event ${window === 'all' ? 'so far' : `in the ${windowWords(window)}`}: whether all was calm is not known.` };
  const { failed, silent } = summary.sources;
  const mute = [failed > 0 ? `${counted(failed, 'source')} can’t be read.` : '', silent > 0 ? `${counted(silent, 'source')} ${silent === 1 ? 'is' : 'are'} silent.` : ''];
  const unseen = [blind, ...mute].filter((part) => part).join(' ');
  const nothing = `Nothing unusual ${window === 'all' ? 'so far' : `in the ${windowWords(window)}`}, in ${counted(summary.now.events, 'event')}${probes === '' ? '' : `; ${probes}`}.`;
  if (unseen !== '') return { sign: 'quiet', line: 'Calm, as far as was seen.', more: `${nothing} ${unseen}` };
  return { sign: 'ok', line: 'All is calm.', more: nothing };
}

function proportion(summary: Summary, window: Window): string {
  const { events, anomalous } = summary.now;
  if (events === 0) return `${share(window)} nothing was observed.`;
  return `${share(window)} ${count(anomalous)} of ${counted(events, 'event')} ${anomalous === 1 ? 'is' : 'are'} anomalous.`;
}

function split(summary: Summary): string {
  const { anomalous, by_label, by_score, by_both } = summary.now;
  if (anomalous === 0) return '';
  if (summary.ignore_labels) return 'The logs’ own labels are left out.';
  const scored = by_score + by_both;
  if (scored === 0) return 'The logs themselves call them attacks; none scores high.';
  if (by_label + by_both === 0) return 'All of them stand out by their score; no log calls them attacks.';
  return `${count(scored)} ${scored === 1 ? 'stands' : 'stand'} out by score, ${count(by_score)} of them without a label.`;
}

// "score 12, label 340, both 9"
export function splitWords(by: { by_label: number; by_score: number; by_both: number }): string {
  return `score\u00a0${count(by.by_score)}, label\u00a0${count(by.by_label)}, both\u00a0${count(by.by_both)}`;
}

export function whereFirst(alerts: readonly Alert[], window: Window, state: RunState, blind = false): string {
  if (state === 'empty') return NOTHING_SEEN;
  if (alerts.length === 0 && state === 'learning') return 'Not known yet: nothing is scored before the lesson is over.';
  const [first, second] = alerts;
  if (first === undefined && blind) return 'Not known: nothing was seen.';
  if (first === undefined) return window === 'all' ? 'Nowhere just now: there is no alert.' : `Nowhere just now: no alert in the ${windowWords(window)}.`;
  const then = alerts.find((alert) => whose(alert) !== whose(first)) ?? second;
  const next = then === undefined || whose(then) === whose(first) ? '' : ` Then at ${whose(then)}.`;
  const what = lower(first.reason.trim().replace(/\.$/, ''));
  return `At ${whose(first)}: ${what}.${next}`;
}

// The address that an alert is of: its source, or where many turned to one target, that.
function whose(alert: Alert): string {
  if (manySources(alert) !== null && alert.destination_ip !== null) return alert.destination_ip + (alert.destination_port === null ? '' : `, port ${alert.destination_port}`);
  return alert.source_ip ?? 'an unknown address';
}

// "198.51.100.7 to 192.0.2.10, port 22", "Many addresses to 192.0.2.10, port 80", "198.51.100.7 to 192.0.2.10, many ports"
export function fromTo(alert: Alert): string {
  const more = manyTargets(alert);
  const port = alert.destination_port !== null ? `, port ${alert.destination_port}` : more === null ? '' : more.startsWith('and') ? ` ${more}` : `, ${more}`;
  return `${capital(alert.source_ip ?? manySources(alert) ?? 'an unknown address')} to ${alert.destination_ip ?? 'an unknown one'}${port}`;
}

// Goes on after a colon; abbreviations stay as they are.
function lower(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

export interface Run extends Stretch {
  peak: number;
}

// Neighbouring buckets for which `holds`, joined.
export function runs(series: TimeSeries, holds: (bucket: Bucket) => boolean): Run[] {
  const width = series.bucket_seconds * 1000;
  const found: Run[] = [];
  for (const bucket of series.buckets) {
    if (!holds(bucket)) continue;
    const from = ms(bucket.time);
    const last = found.at(-1);
    if (last !== undefined && last.to === from) {
      last.to = from + width;
      last.peak = Math.max(last.peak, bucket.anomalous);
    } else found.push({ from, to: from + width, peak: bucket.anomalous });
  }
  return found;
}

export function interval(from: number, to: number): string {
  return sameDay(from, to - 1) ? `${minute(from)} – ${minute(to)}` : `${day(from)} ${minute(from)} – ${day(to)} ${minute(to)}`;
}

// A bucket's time; its day where the range has more than one.
export function bucketTime(bucket: Bucket, { bucket_seconds, range }: TimeSeries): string {
  const from = ms(bucket.time);
  return dated({ from, to: from + bucket_seconds * 1000 }, range);
}

function dated(run: Stretch, range: Range): string {
  const within = range.from !== null && range.to !== null && sameDay(ms(range.from), ms(range.to) - 1);
  return within || !sameDay(run.from, run.to - 1) ? interval(run.from, run.to) : `${day(run.from)} ${interval(run.from, run.to)}`;
}

export function overTime(series: TimeSeries): string {
  if (series.buckets.length === 0) return NOTHING_SEEN;
  const gaps = holes(series);
  if (series.buckets.every((bucket) => bucket.events === 0)) return gaps.length > 0 ? 'Nothing was observed.' : 'No event at all.';
  const bursts = runs(series, (bucket) => bucket.burst);
  const strongest = bursts.reduce<Run | null>((best, run) => (best === null || run.peak > best.peak ? run : best), null);
  const parts: string[] = [];
  if (strongest === null) parts.push('No burst of anomalous events.');
  else if (bursts.length === 1) parts.push(`One burst, ${dated(strongest, series.range)}: ${counted(strongest.peak, 'anomalous event')} in ${wide(series)}.`);
  else
    parts.push(
      `${capital(spelled(bursts.length))} bursts; the strongest ${dated(strongest, series.range)}: ${counted(strongest.peak, 'anomalous event')} in ${wide(series)}.`,
    );
  if (gaps.length === 1) parts.push(`Nothing was observed ${dated(gaps[0] as Stretch, series.range)}.`);
  else if (gaps.length > 1) parts.push(`Nothing was observed in ${spelled(gaps.length)} stretches, ${lasting(gaps.reduce((all, gap) => all + gap.to - gap.from, 0) / 1000)} together; they are hatched below.`);
  return parts.join(' ');
}

export function holes(series: TimeSeries): Stretch[] {
  return stretches(series.unobserved);
}

export function wide(series: TimeSeries): string {
  return duration(series.bucket_seconds);
}

export function duration(seconds: number): string {
  if (seconds % 86400 === 0) return counted(seconds / 86400, 'day');
  if (seconds % 3600 === 0) return counted(seconds / 3600, 'hour');
  if (seconds % 60 === 0) return counted(seconds / 60, 'minute');
  return counted(seconds, 'second');
}

export function whoAndWhat(summary: Summary, geo: Geo, ports: Keys): string {
  if (summary.state === 'empty') return NOTHING_SEEN;
  if (blindWholly(summary)) return 'Not known: nothing was seen.';
  if (summary.now.anomalous === 0) return summary.state === 'learning' ? 'Not known yet.' : 'Nobody: no anomalous event.';
  const parts: string[] = [];
  const addresses = `${summary.attackers.estimated ? '≈ ' : ''}${counted(summary.attackers.count, 'address', 'addresses')}`;
  const top = geo.countries[0];
  if (top === undefined) parts.push(`${addresses}, none of which has a place on the map.`);
  else
    parts.push(
      `${addresses} from ${counted(geo.countries.length, 'country', 'countries')}, ${percent(top.anomalous / summary.now.anomalous)} of the events from ${inSentence(top.country)}.`,
    );
  const [first, second] = ports.rows;
  if (first !== undefined) {
    const name = port(first.key);
    parts.push(`They want ${name} first${second === undefined ? '' : `, then ${port(second.key)}`}.`);
  }
  return parts.join(' ');
}

function port(key: string | null): string {
  if (key === null) return 'what has no port';
  const name = service(key);
  return name === '' ? `port ${key}` : `${name} (${key})`;
}

export function unlocated(geo: Geo): string {
  const { private: inside, no_entry, no_database, no_address } = geo.unlocated;
  const total = inside + no_entry + no_database + no_address;
  if (total === 0) return geo.points.length > 0 ? 'Every anomalous event has its place.' : '';
  const causes = [
    inside > 0 ? `${count(inside)} private` : '',
    no_entry > 0 ? `${count(no_entry)} not in the database` : '',
    no_database > 0 ? `${count(no_database)} without a database` : '',
    no_address > 0 ? `${count(no_address)} without an address` : '',
  ].filter((cause) => cause !== '');
  return `${counted(total, 'event')} without a location: ${causes.join(', ')}`;
}

export function lastEvent(at: string | null): string {
  return at === null ? 'no event yet' : `last event ${date(ms(at))}, ${clock(ms(at))}`;
}
