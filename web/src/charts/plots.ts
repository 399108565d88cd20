// Three plots on one time axis with one crosshair: anomalous events, scores, all events.
import uPlot from 'uplot';
import type { TimeSeries } from '../api';
import { count, day, minute, wall } from '../format';
import type { Stretch } from '../observed';
import { holes, runs, type Run } from '../words';
import { columns } from './columns';
import { colours, drawBursts, drawHoles, type Colours } from './marks';
import { DECADES_MAX, createScale, decades, decadeWords } from './scale';

const AXIS_WIDTH = 48;
const HEIGHTS = { anomalous: 196, score: 88, events: 92 };
const SYNC = 'time';

interface Marks {
  holes: Stretch[];
  bursts: Run[];
  from: number;
  to: number;
}

export interface Picked {
  pointed(index: number | null): void;
  zoom(fromMs: number, toMs: number): void; // dragged over
  open(index: number): void; // clicked
}

export interface Plots {
  show(series: TimeSeries): void;
  select(from: number | null, to: number): void; // indices; null: nothing
  resize(width: number): void;
  point(index: number | null): void;
  destroy(): void;
}

function brief(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  if (value >= 10_000) return `${value / 1000}k`;
  return Number.isInteger(value) ? count(value) : String(value);
}

function times(u: uPlot, splits: number[]): string[] {
  if ((u.data[0]?.length ?? 0) === 0) return [];
  const end = u.scales['x']?.max ?? Infinity;
  return splits.map((at, i) => {
    if (at >= end) return ''; // it would be cut at the edge
    const ms = at * 1000;
    const midnight = wall(ms).getTime() % 86_400_000 === 0;
    const wide = splits.length > 1 && (splits[1] as number) - (splits[0] as number) >= 86_400;
    return midnight || wide || (i > 0 && day(ms) !== day((splits[i - 1] as number) * 1000)) ? day(ms) : minute(ms);
  });
}

function base(c: Colours, marks: Marks, height: number, axis: boolean, maximum: () => number, splits: number): uPlot.Options {
  const font = `11px ${c.font}`;
  return {
    width: 300,
    height,
    padding: [6, 8, axis ? 0 : 6, 0],
    tzDate: (at) => uPlot.tzDate(wall(at * 1000), 'Etc/UTC'),
    legend: { show: false },
    cursor: { sync: { key: SYNC }, drag: { x: true, y: false, setScale: false, dist: 6 }, y: false, points: { show: false } },
    scales: { x: { time: true, range: () => [marks.from, marks.to] }, y: { range: () => [0, maximum()] } },
    axes: [
      { show: axis, stroke: c.ink3, font, size: 24, gap: 4, grid: { show: false }, ticks: { show: true, stroke: c.edge, width: 1, size: 4 }, border: { show: false }, space: 64, values: times },
      { stroke: c.ink3, font, size: AXIS_WIDTH, gap: 6, grid: { stroke: c.line, width: 1 }, ticks: { show: false }, space: height / splits, values: (_, values) => values.map(brief), splits: () => [...Array(splits + 1).keys()].map((i) => (maximum() / splits) * i).filter((v) => splits <= 2 || Number.isInteger(v)) },
    ],
    series: [],
  };
}

function bars(label: string, fill: string, stroke: string): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: [0.76, 16, 2], align: 0 });
  return { label, fill, stroke, width: 1, points: { show: false }, ...(paths === undefined ? {} : { paths }) };
}

function line(label: string, stroke: string, extra: Partial<uPlot.Series> = {}): uPlot.Series {
  return { label, stroke, width: 1.5, spanGaps: false, points: { show: true, size: 4, fill: stroke, width: 0, filter: alone }, ...extra };
}

// Only a value without neighbours needs a dot: a line can't show it.
function alone(u: uPlot, index: number): number[] {
  const data = u.data[index] as (number | null)[];
  return data.flatMap((value, i) => (value !== null && (data[i - 1] ?? null) === null && (data[i + 1] ?? null) === null ? [i] : []));
}

export function createPlots(boxes: { anomalous: HTMLElement; score: HTMLElement; events: HTMLElement }, picked: Picked): Plots {
  let at: number | null = null; // what the crosshair points at
  const pointed = (index: number | null) => {
    if (index === at) return;
    at = index;
    picked.pointed(index);
  };
  const c = colours();
  const marks: Marks = { holes: [], bursts: [], from: 0, to: 1 };
  const scales = { anomalous: createScale(), events: createScale() };
  const top = { anomalous: 1, events: 1 };
  const first = base(c, marks, HEIGHTS.anomalous, false, () => top.anomalous, 4);
  const anomalous = new uPlot(
    {
      ...first,
      padding: [26, 8, 6, 0],
      series: [{}, bars('by label only', c.bar, c.bar), bars('low', c.lowFill, c.low), bars('medium', c.medium, c.medium), bars('high', c.high, c.high)],
      hooks: { drawAxes: [(u) => drawHoles(u, marks.holes, c, true)], draw: [(u) => drawBursts(u, marks.bursts, c)], setCursor: [(u) => pointed(u.cursor.idx ?? null)] },
    },
    [[], [], [], [], []],
    boxes.anomalous,
  );
  const scored = base(c, marks, HEIGHTS.score, false, () => DECADES_MAX, DECADES_MAX);
  const [time = {}, side = {}] = scored.axes ?? [];
  const score = new uPlot(
    {
      ...scored,
      axes: [time, { ...side, splits: () => [...Array(DECADES_MAX + 1).keys()], values: (_, splits) => splits.map(decadeWords) }],
      series: [{}, line('mean of all', c.rest, { dash: [4, 3] }), line('mean of anomalous', c.score)],
      hooks: { drawAxes: [(u) => drawHoles(u, marks.holes, c, false)] },
    },
    [[], [], []],
    boxes.score,
  );
  const events = new uPlot(
    {
      ...base(c, marks, HEIGHTS.events, true, () => top.events, 1),
      series: [{}, line('events', c.ink2, { fill: c.fill2 })],
      hooks: { drawAxes: [(u) => drawHoles(u, marks.holes, c, false)] },
    },
    [[], []],
    boxes.events,
  );
  const all = [anomalous, score, events];
  const clear = (u: uPlot) => u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  let held: uPlot | null = null; // what is dragged on one of them is selected on all: it counts once
  for (const u of all) {
    u.over.addEventListener('mousedown', () => { held = u; });
    const dragged = () => {
      const { left, width } = u.select;
      if (width < 2) return;
      if (held === u) picked.zoom(u.posToVal(left, 'x') * 1000, u.posToVal(left + width, 'x') * 1000);
      clear(u);
    };
    (u.hooks.setSelect ??= []).push(dragged);
    u.over.addEventListener('click', () => u.select.width < 2 && u.cursor.idx != null && picked.open(u.cursor.idx));
  }
  return {
    show(series) {
      const k = columns(series);
      const now = performance.now();
      marks.holes = holes(series);
      marks.bursts = runs(series, (bucket) => bucket.burst);
      marks.from = k.from;
      marks.to = k.to;
      top.anomalous = scales.anomalous(Math.max(0, ...series.buckets.map((b) => b.anomalous)), now);
      top.events = scales.events(Math.max(0, ...series.buckets.map((b) => b.events)), now);
      anomalous.setData([k.x, k.label, k.low, k.medium, k.high]);
      score.setData([k.x, k.meanAll.map(decades), k.meanAnomalous.map(decades)]);
      events.setData([k.x, k.events]);
    },
    resize(width) {
      anomalous.setSize({ width, height: HEIGHTS.anomalous });
      score.setSize({ width, height: HEIGHTS.score });
      events.setSize({ width, height: HEIGHTS.events });
    },
    point(index) {
      if (index === at) return;
      at = index;
      const time = index === null ? undefined : anomalous.data[0]?.[index];
      const left = time === undefined ? -10 : anomalous.valToPos(time, 'x');
      for (const plot of all) plot.setCursor({ left, top: left < 0 ? -10 : 1 });
    },
    select(from, to) {
      const x = anomalous.data[0] ?? [];
      const [a, b] = from === null ? [undefined, undefined] : [x[Math.min(from, to)], x[Math.max(from, to)]];
      for (const u of all) {
        if (a === undefined || b === undefined) clear(u);
        else u.setSelect({ left: u.valToPos(a, 'x'), width: Math.max(2, u.valToPos(b, 'x') - u.valToPos(a, 'x')), top: 0, height: u.over.clientHeight }, false);
      }
    },
    destroy() {
      for (const plot of all) plot.destroy();
    },
  };
}
