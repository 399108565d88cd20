// What stands behind and above the bars: hatching where nothing was observed, brackets with words over bursts.
import type uPlot from 'uplot';
import type { Stretch } from '../observed';
import { interval, type Run } from '../words';

export interface Colours {
  ink: string;
  ink2: string;
  ink3: string;
  line: string;
  edge: string;
  bg: string;
  fill2: string;
  hatch: string;
  bar: string;
  rest: string;
  score: string;
  high: string;
  medium: string;
  low: string;
  lowFill: string;
  font: string;
}

export function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: token('ink'), ink2: token('ink-2'), ink3: token('ink-3'), line: token('line'), edge: token('edge'), bg: token('bg'),
    fill2: token('fill-2'), hatch: token('hatch'), bar: token('chart-bar'), rest: token('chart-rest'), score: token('chart-1'),
    high: token('high'), medium: token('medium'), low: token('low'), lowFill: token('low-fill'), font: token('font-sans'),
  };
}

function ratio(): number {
  return devicePixelRatio || 1;
}

export function drawHoles(u: uPlot, holes: readonly Stretch[], c: Colours, words: boolean): void {
  const { ctx, bbox } = u;
  const px = ratio();
  for (const hole of holes) {
    const left = Math.max(bbox.left, u.valToPos(hole.from / 1000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(hole.to / 1000, 'x', true));
    if (right <= left) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.strokeStyle = c.hatch;
    ctx.lineWidth = px * 0.75;
    ctx.beginPath();
    for (let x = Math.floor(left / (8 * px)) * 8 * px - bbox.height; x < right; x += 8 * px) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    if (words) label(ctx, 'not observed', (left + right) / 2, bbox.top + 12 * px, right - left, c);
    ctx.restore();
  }
}

function label(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, room: number, c: Colours): void {
  const px = ratio();
  ctx.font = `${11 * px}px ${c.font}`;
  const width = ctx.measureText(text).width + 10 * px;
  if (width > room) return;
  ctx.fillStyle = c.bg;
  ctx.fillRect(x - width / 2, y - 8 * px, width, 16 * px);
  ctx.fillStyle = c.ink2;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillText(text, x, y);
}

const NAMED = 3;

// Every burst gets a bracket, the strongest their words too, where they don't overlap.
export function drawBursts(u: uPlot, bursts: readonly Run[], c: Colours): void {
  const { ctx, bbox } = u;
  const px = ratio();
  const taken: [number, number][] = [];
  const y = bbox.top - 6 * px;
  ctx.save();
  ctx.strokeStyle = c.ink;
  ctx.fillStyle = c.ink;
  ctx.lineWidth = px;
  ctx.font = `600 ${11 * px}px ${c.font}`;
  ctx.textBaseline = 'alphabetic';
  for (const burst of [...bursts].sort((a, b) => b.peak - a.peak)) {
    const left = Math.max(bbox.left, u.valToPos(burst.from / 1000, 'x', true)) + px;
    const right = Math.min(bbox.left + bbox.width, u.valToPos(burst.to / 1000, 'x', true)) - px;
    ctx.beginPath();
    ctx.moveTo(left, y + 5 * px);
    ctx.lineTo(left, y);
    ctx.lineTo(right, y);
    ctx.lineTo(right, y + 5 * px);
    ctx.stroke();
    if (taken.length === NAMED) continue;
    const words = `Burst ${interval(burst.from, burst.to)}`;
    const width = ctx.measureText(words).width;
    const from = Math.min(Math.max(bbox.left, (left + right - width) / 2), bbox.left + bbox.width - width);
    if (taken.some(([a, b]) => from < b + 12 * px && from + width > a - 12 * px)) continue;
    taken.push([from, from + width]);
    ctx.textAlign = 'left';
    ctx.fillText(words, from, y - 4 * px);
  }
  ctx.restore();
}
