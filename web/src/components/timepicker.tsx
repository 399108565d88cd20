// One time for the whole page: presets, the last N, from and to; arrows shift it by its own length.
import { useState } from 'preact/hooks';
import type { Summary } from '../api';
import { useDesk } from '../desk';
import { day, minute, ms, sameDay, shape, span, wall, zoneName } from '../format';
import { rangeOf } from '../observed';
import { isLive, PRESETS, windowOf, windowSeconds, type Place, type TimeRange } from '../url';
import { windowName, windowWords } from '../window';
import { Popup } from './popup';
import { Icon } from './signs';

type Ends = { from: number; to: number };

// Of the place itself; where it ends with the newest event, of the summary, unless that is still of another place.
export function ends(range: TimeRange, read: Summary['range'] | undefined): Ends | null {
  if (!isLive(range) && range.from !== null && range.to !== null) return { from: ms(range.from), to: ms(range.to) };
  if (!read?.from || !read.to) return null;
  if (isLive(range) && range.window !== 'all' && read.window_seconds !== windowSeconds(range.window)) return null;
  return { from: ms(read.from), to: ms(read.to) };
}

// By its own length; what would reach beyond the newest event ends with it.
export function shifted(at: Ends, by: 1 | -1, clock: number | null): TimeRange {
  const length = at.to - at.from;
  const to = at.to + by * length;
  if (by > 0 && clock !== null && to >= clock) return { window: windowOf(length / 1000) };
  return rangeOf({ from: to - length, to });
}

// As a field of date and time has it, and back.
function written(at: number): string {
  return wall(at).toISOString().slice(0, 19);
}

function read(text: string, zone: Place['zone']): number {
  return Date.parse(zone === 'utc' ? `${text}Z` : text);
}

const UNITS = [['m', 'minutes'], ['h', 'hours'], ['d', 'days']] as const;

function LastN({ choose }: { choose(range: TimeRange): void }) {
  const [n, setN] = useState('90');
  const [unit, setUnit] = useState('m');
  const window = `${Number(n)}${unit}`;
  const possible = /^\d+$/.test(n) && windowSeconds(window) !== null;
  return (
    <form class="pick-row" onSubmit={(event) => { event.preventDefault(); if (possible) choose({ window }); }}>
      <label for="last-n">Last</label>
      <input class="field" id="last-n" inputMode="numeric" value={n} aria-invalid={!possible} aria-describedby="last-why" onInput={(event) => setN(event.currentTarget.value.trim())} />
      <select class="field" aria-label="Unit" value={unit} onChange={(event) => setUnit(event.currentTarget.value)}>{UNITS.map(([key, name]) => <option key={key} value={key}>{name}</option>)}</select>
      <button type="submit" class="btn" disabled={!possible}>Show</button>
      <small id="last-why" class="why-not">{possible ? '' : '5 minutes to 30 days'}</small>
    </form>
  );
}

function FromTo({ at, zone, choose }: { at: Ends | null; zone: Place['zone']; choose(range: TimeRange): void }) {
  const [typed, setTyped] = useState<{ from: string; to: string } | null>(null); // until then what is shown now
  const { from, to } = typed ?? (at === null ? { from: '', to: '' } : { from: written(at.from), to: written(at.to) });
  const [a, b] = [read(from, zone), read(to, zone)];
  const possible = Number.isFinite(a) && Number.isFinite(b) && a < b;
  return (
    <form class="pick-row two-rows" onSubmit={(event) => { event.preventDefault(); if (possible) choose(rangeOf({ from: a, to: b })); }}>
      <label for="pick-from">From</label><input class="field" id="pick-from" type="datetime-local" step={1} value={from} onInput={(event) => setTyped({ from: event.currentTarget.value, to })} />
      <label for="pick-to">To</label><input class="field" id="pick-to" type="datetime-local" step={1} value={to} aria-invalid={!possible} aria-describedby="to-why" onInput={(event) => setTyped({ from, to: event.currentTarget.value })} />
      <button type="submit" class="btn" disabled={!possible}>Show</button>
      <small id="to-why" class="why-not">{possible || from === '' || to === '' ? '' : 'It ends before it begins'}</small>
    </form>
  );
}

export function TimePicker({ place, summary, close }: { place: Place; summary: Summary | null; close(): void }) {
  const desk = useDesk();
  const at = ends(place.range, summary?.range);
  const choose = (range: TimeRange) => {
    close();
    desk.go({ range });
  };
  return (
    <Popup id="time-popup" label="Time" close={close}>
      <h2>Time</h2>
      <div class="presets" role="group" aria-label="Ends with the newest event">
        {PRESETS.map((window, i) => (
          <button key={window} type="button" class="btn" data-first={isLive(place.range) ? place.range.window === window || undefined : i === 0 || undefined} aria-pressed={isLive(place.range) && place.range.window === window}
            aria-label={`${windowName(window)}: ${window === 'all' ? 'all the time seen' : `the ${windowWords(window)}`}`} onClick={() => choose({ window })}>{windowName(window)}</button>
        ))}
      </div>
      <LastN choose={choose} />
      <FromTo at={at} zone={place.zone} choose={choose} key={place.zone} />
      <div class="pick-row ends">
        <span class="group" role="group" aria-label="Time zone">
          <button type="button" class="btn" aria-pressed={place.zone === 'utc'} onClick={() => desk.go({ zone: 'utc' })}>UTC</button>
          <button type="button" class="btn" aria-pressed={place.zone === 'local'} onClick={() => desk.go({ zone: 'local' })}>Local time</button>
        </span>
        {isLive(place.range) && at !== null && <button type="button" class="btn" onClick={() => choose(rangeOf(at))}>Freeze this time</button>}
      </div>
    </Popup>
  );
}

// Short: the whole of it is the button's title.
function rangeWords(range: TimeRange, at: Ends | null): [string, string] {
  if (at === null) return [isLive(range) ? capitalised(windowWords(range.window)) : 'Chosen time', ''];
  const oneDay = sameDay(at.from, at.to - 1);
  if (!isLive(range)) return ['', oneDay ? span(at.from, at.to) : `${day(at.from)} ${minute(at.from)} – ${day(at.to)} ${minute(at.to)}`];
  return [range.window === 'all' ? 'All' : capitalised(windowWords(range.window)), oneDay ? `${minute(at.from)} – ${minute(at.to)}` : `to ${day(at.to)} ${minute(at.to)}`];
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

interface TimeBarProps {
  place: Place;
  summary: Summary | null;
  open: boolean;
  toggle(): void;
}

export function TimeBar({ place, summary, open, toggle }: TimeBarProps) {
  const desk = useDesk();
  const at = ends(place.range, summary?.range);
  const clock = summary?.clock ? ms(summary.clock) : null;
  const movable = at !== null && !(isLive(place.range) && place.range.window === 'all');
  const [name, when] = rangeWords(place.range, at);
  const zone = zoneName(at?.to ?? 0);
  return (
    <div class="range group" role="group" aria-label="Time range">
      <button type="button" class="btn icon-only" aria-label="Earlier, by its own length" disabled={!movable} onClick={() => at && desk.go({ range: shifted(at, -1, clock) })}><Icon of="left" /></button>
      <button type="button" class="btn now" id="range" aria-haspopup="dialog" aria-expanded={open} aria-controls="time-popup" aria-keyshortcuts="t" title={at === null ? undefined : `${span(at.from, at.to)} ${zone}`} onClick={toggle}>
        <span class="label" key={shape(name + when)}>{name !== '' && <b>{name} </b>}<span class="when-words">{when}</span></span> <span class="zone">{zone}</span><Icon of="down" />
      </button>
      <button type="button" class="btn icon-only" aria-label="Later, by its own length" disabled={!movable || isLive(place.range)} onClick={() => at && desk.go({ range: shifted(at, 1, clock) })}><Icon of="right" /></button>
    </div>
  );
}
