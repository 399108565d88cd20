// Numbers, times and strange bytes as text. Times are UTC, or this machine's where that was chosen for the whole page.

const THIN = '\u202f'; // narrow no-break space, before units
const MINUS = '\u2212';
const integers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export const NOTHING = '–';

export function count(value: number): string {
  return integers.format(value);
}

// What need not be a whole number.
export function amount(value: number): string {
  return value < 10 ? value.toFixed(1) : count(value);
}

// "1 alert", "2 alerts"
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function percent(share: number, digits = 0): string {
  const value = share * 100;
  const floor = 10 ** -digits;
  if (value > 0 && value < floor / 2) return `<${THIN}${floor.toFixed(digits)}${THIN}%`;
  return `${value.toFixed(digits)}${THIN}%`;
}

const SCORE_DIGITS = 7;

// Two digits, and near 1 as many as it takes to tell it from 1.
export function score(value: number | null): string {
  if (value === null) return NOTHING;
  const rest = 1 - value;
  if (rest >= 0.01 || rest <= 0) return value.toFixed(2);
  const digits = Math.ceil(-Math.log10(rest) - 1e-9);
  return digits > SCORE_DIGITS ? `> ${(1 - 10 ** -SCORE_DIGITS).toFixed(SCORE_DIGITS)}` : value.toFixed(digits);
}

const ODDS_SHARE = 0.1; // from here on a share is easier to read
const ODDS_LEAST = 1e-6; // no more is claimed: a model has seen some ten thousand rows

// A share as people say it: 40 %, 1 in 20,000, 1 in 3.2 million.
export function odds(p: number): string {
  if (p >= ODDS_SHARE) return percent(p);
  if (p < ODDS_LEAST) return '< 1 in 1 million';
  return `1 in ${quantity(Number((1 / p).toPrecision(2)))}`;
}

// A change against before, in percent with its sign; null where there is nothing to compare with.
export function change(now: number, before: number | null): string | null {
  if (before === null) return null;
  if (before === now) return `±0${THIN}%`;
  if (before === 0) return null;
  const value = ((now - before) / before) * 100;
  const sign = value < 0 ? MINUS : '+';
  const size = Math.abs(value);
  if (size >= 1000) return `×${THIN}${count(now / before)}`;
  return `${sign}${size < 1 ? Math.max(0.1, size).toFixed(1) : size.toFixed(0)}${THIN}%`;
}

// Four significant digits at most, as a person writes them: 0.056, 12.3, 1,240, 3.8 million.
export function quantity(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? MINUS : '';
  if (size >= 1e9) return `${sign}${trim(size / 1e9)} billion`;
  if (size >= 1e6) return `${sign}${trim(size / 1e6)} million`;
  if (size >= 100 || Number.isInteger(size)) return sign + count(size);
  if (size === 0) return '0';
  if (size < 0.001) return `${sign}< 0.001`;
  return sign + String(Number(size.toPrecision(size < 1 ? 2 : 3)));
}

function trim(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${quantity(Number(size.toPrecision(3)))} ${units[unit]}`;
}

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0 events/s';
  return `${perSecond < 10 ? perSecond.toFixed(1) : count(perSecond)} events/s`;
}

// "45 s", "23 min", "2 h 10 min", "3 d 4 h": two units at most.
export function lasting(seconds: number): string {
  const join = (large: number, one: string, small: number, other: string) => (small === 0 ? `${large} ${one}` : `${large} ${one} ${small} ${other}`);
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return join(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(seconds / 3600);
  return join(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

export function ms(time: string): number {
  return Date.parse(time);
}

let local = false; // the one choice of the page, set before it is painted

export function setZone(zone: 'local' | 'utc'): void {
  local = zone === 'local';
}

// A date whose UTC fields are what the wall's clock shows in the chosen zone.
export function wall(at: number): Date {
  return new Date(local ? at - new Date(at).getTimezoneOffset() * 60_000 : at);
}

// UTC, UTC+2, UTC+5:30
export function zoneName(at: number): string {
  const minutes = local ? -new Date(at).getTimezoneOffset() : 0;
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? MINUS : '+'}${Math.floor(size / 60)}${size % 60 === 0 ? '' : `:${two(size % 60)}`}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

// 21:31:08
export function clock(at: number): string {
  const t = wall(at);
  return `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
}

// 21:31
export function minute(at: number): string {
  return clock(at).slice(0, 5);
}

// 8 Jan 2025
export function date(at: number): string {
  const t = wall(at);
  return `${t.getUTCDate()} ${MONTHS[t.getUTCMonth()]} ${t.getUTCFullYear()}`;
}

// 8 Jan
export function day(at: number): string {
  const t = wall(at);
  return `${t.getUTCDate()} ${MONTHS[t.getUTCMonth()]}`;
}

export function sameDay(a: number, b: number): boolean {
  return date(a) === date(b);
}

// A stamp beside a range: the day is left out where the range lies within one.
export function stamp(at: number, from: number, to: number): string {
  return sameDay(from, to - 1) ? clock(at) : `${day(at)} ${clock(at)}`;
}

// 8 Jan 2025, 20:50 – 21:50; two days: 7 Jan 21:50 – 8 Jan 2025 21:50; two years: both are named
export function span(from: number, to: number): string {
  if (sameDay(from, to - 1)) return `${date(from)}, ${minute(from)} – ${minute(to)}`;
  const sameYear = wall(from).getUTCFullYear() === wall(to).getUTCFullYear();
  return `${sameYear ? day(from) : date(from)} ${minute(from)} – ${date(to)} ${minute(to)}`;
}

// C0 and C1 controls, bidi controls and other invisible characters as \x1b or \u202e: what was written stays readable and does
// nothing. Line breaks stay where `lines`.
export function visible(text: string, lines = false): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g, (char) => {
    if (lines && char === '\n') return char;
    const code = char.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];

export function spelled(value: number): string {
  return NUMBERS[value] ?? count(value);
}

// Digits are all of one width: texts of one shape are equally wide. One that changes its shape where something stands behind it, or
// on a right edge, becomes another node (its key): it is replaced, and nothing is pushed aside.
export function shape(text: string): string {
  return text.replace(/\d/g, '0');
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
