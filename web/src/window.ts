// A stretch of time in words.
import type { Window } from './url';

const UNIT_WORDS: Record<string, string> = { m: 'minute', h: 'hour', d: 'day' };

// "hour", "6 hours", "15 minutes"
function length(window: Window): string {
  const value = parseInt(window, 10);
  const unit = UNIT_WORDS[window.slice(-1)] ?? '';
  return value === 1 ? unit : `${value} ${unit}s`;
}

// As it stands after "in the": last hour, last 6 hours; '' is a frozen time.
export function windowWords(window: Window): string {
  return window === 'all' ? 'time seen so far' : window === '' ? 'chosen time' : `last ${length(window)}`;
}

// As it stands after "than": the hour before, the 6 hours before.
export function beforeWords(window: Window): string {
  return `the ${window === '' ? 'same time' : length(window)} before`;
}

// On a button: 1 h, 7 d, All.
export function windowName(window: Window): string {
  return window === 'all' ? 'All' : `${parseInt(window, 10)} ${window.slice(-1) === 'm' ? 'min' : window.slice(-1)}`;
}

// "this hour", "these 6 hours"
export function ofWindow(window: Window): string {
  if (window === 'all') return 'the time since the first event';
  return window === '' ? 'the chosen time' : `${parseInt(window, 10) === 1 ? 'this' : 'these'} ${length(window)}`;
}
