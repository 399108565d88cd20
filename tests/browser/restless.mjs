// Figures that jump between extremes: whatever their lengths and signs, nothing beside them moves. The window is tall, so that the
// whole page is watched.
import { on } from './state_page.mjs';
import { figure, same, test, until } from './harness.mjs';

const TALL = { height: 3400 };
const COUNTS = [0, 9, 10, 105, 1_000, 99_999, 1_000_000, 12_345_678];
const SCORES = [null, 0, 0.5, 0.99, 0.9987, 0.9999999, 1];
// now over before: each sign and length that a change is written with, after one another where their lengths are the same
const CHANGES = [[1005, 1000], [2005, 1000], [1200, 100], [100, 100], [995, 1000], [0, 1000], [50, 0], [7, null], [1009, 1000], [3000, 1000]];
const RATES = [0, 0.4, 9.6, 120, 1_234, 12_345];
const RANGES = ['2025-01-08T21:50:00Z', '2025-11-28T21:10:00Z', '2025-12-01T00:10:00Z'];

const at = (list, step) => list[step % list.length];

function tally(step, add = 0) {
  const n = (k) => at(COUNTS, step + add + k);
  const [high, medium, low] = [n(1), n(2), n(3)];
  const [by_label, by_score, by_both] = [n(4), n(5), n(6)];
  return { events: n(0) + high + medium + low + by_label, anomalous: high + medium + low + n(7), high, medium, low, by_label, by_score, by_both, mean_score: at(SCORES, step + add), mean_score_all: at(SCORES, step + add + 2) };
}

// One answer after another, each as far as can be from the one before.
export function restless(step) {
  const [now, before] = at(CHANGES, step);
  const bends = {
    '/summary': (body) => ({
      ...body, rate: at(RATES, step), now: { ...tally(step), events: now, anomalous: now }, before: before === null ? null : { ...tally(step + 1), events: before, anomalous: before },
      attackers: { count: now, before, estimated: step % 3 === 0, error: at([0.0081, 0.02, 0.5], step) }, late: at(COUNTS, step),
      alerts: { total: now, high: at(COUNTS, step), medium: at(COUNTS, step + 1), low: at(COUNTS, step + 2), none: at(COUNTS, step + 3), before },
    }),
    '/alerts': (body) => ({ ...body, counts: { ...body.counts, total: 41 + at(COUNTS, step) }, alerts: body.alerts.map((alert, i) => ({ ...alert, count: at(COUNTS, step + i) + 1, p_value: at([0.4, 1e-3, 5e-5, 3e-7, null], step + i), score: at(SCORES, step + i), last_time: at(RANGES, step + i) })) }),
    '/timeseries': (body) => ({ ...body, buckets: body.buckets.map((bucket, i) => ({ ...bucket, ...tally(step, i), burst: (step + i) % 2 === 0, observed: true })), unobserved: [] }),
    '/geo': (body) => ({ ...body, points: body.points.map((point, i) => ({ ...point, anomalous: at(COUNTS, step + i) + 1 })), countries: body.countries.map((row, i) => ({ ...row, anomalous: at(COUNTS, step + i) + 1 })), unlocated: { private: at(COUNTS, step), no_entry: at(COUNTS, step + 1), no_database: at(COUNTS, step + 3), no_address: at(COUNTS, step + 2) } }),
    '/ports': (body) => keys(body, step),
    '/protocols': (body) => keys(body, step + 3),
    '/sources': (body) => ({
      ...body, sources: body.sources.map((source, i) => ({ ...source, events: at(COUNTS, step + i), rate: at(RATES, step + i), lag_seconds: at([0, 9, 75, 5400, 500_000], step + i), bytes_behind: at([0, 9, 1500, 81_000_000], step + i), formats: at([[], ['iscx'], ['cowrie', 'suricata']], step + i), counts: { ...source.counts, malformed: at(COUNTS, step + i), late: at(COUNTS, step + i + 1) } })),
    }),
  };
  return (route, body) => bends[route]?.(body) ?? body;
}

function keys(body, step) {
  return { ...body, distinct: at(COUNTS, step) + body.rows.length, sum: { ...body.sum, anomalous: 20_000_000 }, rows: body.rows.map((row, i) => ({ ...row, anomalous: at(COUNTS, step + i) + 1 })) };
}

const STEPS = 14;

async function jumps(page, fake, shown) {
  await page.waitForTimeout(800);
  await page.evaluate(() => (window.shifts.length = 0));
  for (let step = 0; step < STEPS; step++) {
    fake.bend = restless(step);
    fake.commit();
    await shown(step);
    await page.waitForTimeout(120);
  }
  same(JSON.stringify(await page.evaluate(() => window.shifts), null, 1), '[]', 'layout shifts');
}

export async function restlessFigures(browser) {
  for (const width of [1440, 390]) {
    await test(`figures may take any length and sign at ${width}: nothing beside them moves`, () =>
      on(browser, 'live', { ...TALL, width }, (page, fake) =>
        jumps(page, fake, (step) => until('the figure', async () => (await figure(page, 'tile-events')) === at(CHANGES, step)[0]))));
    await test(`so it is among the sources at ${width}`, () =>
      on(browser, 'mixed', { ...TALL, width, place: '/?view=sources' }, (page, fake) => jumps(page, fake, () => page.waitForTimeout(600))));
  }
}
