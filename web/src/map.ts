// The world: land as one path, and where a point lies on it.
import { geoNaturalEarth1 } from 'd3-geo';
import { COUNTRIES, HEIGHT, LAND, SCALE, TRANSLATE, WIDTH } from 'world';
import type { Point, Severity, Tally } from './api';

export { HEIGHT, LAND, WIDTH };

const projection = geoNaturalEarth1().scale(SCALE).translate(TRANSLATE);

// Each country as a path of its own, by its two letters.
export function outline(code: string): string {
  return COUNTRIES[code] ?? '';
}

// What of the map is seen: the whole at 1, its middle part at more.
export interface Lens {
  k: number;
  x: number; // of the seen part's middle
  y: number;
}
export const WHOLE: Lens = { k: 1, x: WIDTH / 2, y: HEIGHT / 2 };
export const NEAREST = 8;

export function looked(lens: Lens): Lens {
  const k = Math.min(NEAREST, Math.max(1, lens.k));
  const within = (at: number, size: number) => Math.min(size - size / k / 2, Math.max(size / k / 2, at));
  return { k, x: within(lens.x, WIDTH), y: within(lens.y, HEIGHT) };
}

export function seenBox({ k, x, y }: Lens): { left: number; top: number; width: number; height: number } {
  return { left: x - WIDTH / k / 2, top: y - HEIGHT / k / 2, width: WIDTH / k, height: HEIGHT / k };
}

// Zoomed so that what lay at one spot of what is seen lies at another then; spots are shares of its width and height, from its middle.
export interface Spot {
  x: number;
  y: number;
}

export function zoomed(from: Lens, k: number, at: Spot, to: Spot = at): Lens {
  const next = looked({ ...from, k });
  const [was, is] = [seenBox(from), seenBox(next)];
  return looked({ k: next.k, x: from.x + at.x * was.width - to.x * is.width, y: from.y + at.y * was.height - to.y * is.height });
}

export function worst(tally: Tally): Severity {
  return tally.high > 0 ? 'high' : tally.medium > 0 ? 'medium' : tally.low > 0 ? 'low' : 'none';
}

export interface Marker {
  key: string;
  country: string | null;
  x: number; // in units of WIDTH
  y: number;
  size: number; // pixels
  severity: Severity;
  label: { code: string; count: number; left: boolean } | null;
}

const SMALLEST = 7;
export const LARGEST = 24;
const LABELS = 6;

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
}

// Room of the label beside a marker, on the right or on the left.
function labelBox(marker: Marker, text: string, left: boolean): Box {
  const width = 14 + text.length * 7;
  const from = left ? marker.x - marker.size / 2 - width : marker.x + marker.size / 2;
  return { left: from, right: from + width, top: marker.y - 9, bottom: marker.y + 9 };
}

// The largest point of each of the largest countries gets a label with the country's count, where there is room.
function labelled(markers: Marker[], points: readonly Point[], countries: readonly (Tally & { country: string | null })[]): void {
  const taken: Box[] = [];
  for (const row of countries.slice(0, LABELS)) {
    const index = points.findIndex((point) => point.country === row.country);
    const marker = markers[index];
    if (row.country === null || marker === undefined) continue;
    const text = `${row.country} ${row.anomalous}`;
    const side = [false, true].find((left) => {
      const box = labelBox(marker, text, left);
      return box.left > 0 && box.right < WIDTH && !taken.some((other) => overlaps(box, other));
    });
    if (side === undefined) continue;
    taken.push(labelBox(marker, text, side));
    marker.label = { code: row.country, count: row.anomalous, left: side };
  }
}

// Largest first, so that small ones are drawn over large ones. Points beyond the map's edge stand at it.
export function markers(points: readonly Point[], countries: readonly (Tally & { country: string | null })[]): Marker[] {
  const sorted = [...points].sort((a, b) => b.anomalous - a.anomalous);
  const most = sorted[0]?.anomalous ?? 1;
  const made = sorted.map((point): Marker => {
    const [x, y] = projection([point.longitude, point.latitude]) ?? [0, 0];
    return {
      key: `${point.latitude},${point.longitude},${point.country ?? ''}`,
      country: point.country,
      x: Math.min(WIDTH, Math.max(0, x)),
      y: Math.min(HEIGHT, Math.max(0, y)),
      size: Math.max(SMALLEST, Math.sqrt(point.anomalous / most) * LARGEST),
      severity: worst(point),
      label: null,
    };
  });
  labelled(made, sorted, countries);
  return made;
}
