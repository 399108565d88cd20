// The world: land as one path, and where a point lies on it. Natural Earth's projection, cut at the polar circles' ice.
import { geoNaturalEarth1, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import type { Topology } from 'topojson-specification';
import countries110 from 'world-atlas/countries-110m.json';
import type { Point, Severity, Tally } from './api';
import { LETTERS } from './numeric';

export const WIDTH = 760;
export const HEIGHT = 362;

const topology = countries110 as unknown as Topology;
const shape = topology.objects['land'];
const projection = geoNaturalEarth1().fitExtent([[4, 4], [WIDTH - 4, HEIGHT + 58]], { type: 'Sphere' });

const draw = geoPath(projection).digits(1);
export const LAND = shape === undefined ? '' : draw(feature(topology, shape)) ?? '';

// Each country as a path of its own, by its two letters; drawn once it is shaded.
const shapes = topology.objects['countries'];
const paths = new Map<string, string>();
export function outline(code: string): string {
  const known = paths.get(code);
  if (known !== undefined || shapes === undefined || shapes.type !== 'GeometryCollection') return known ?? '';
  const found = shapes.geometries.filter((one) => LETTERS.get(String((one as { id?: string | number }).id ?? '')) === code);
  const path = found.map((one) => draw(feature(topology, one)) ?? '').join('');
  paths.set(code, path);
  return path;
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
