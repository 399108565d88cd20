// Small tools of the browser tests: tests by name, a browser that may only talk to 127.0.0.1, and a count at the end.
import { createRequire } from 'node:module';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

export const HERE = path.dirname(fileURLToPath(import.meta.url));
export const ROOT = path.resolve(HERE, '../..');
export const OUT = path.join(HERE, 'out');
const need = createRequire(path.join(ROOT, 'web/package.json'));
const CHROMIUM = process.env.HG_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const counts = { passed: 0, failed: 0, skipped: 0 };

// HG_TEST=words runs only the tests whose names hold them.
export async function test(name, body) {
  if (!name.includes(process.env.HG_TEST ?? '')) return;
  const number = counts.passed + counts.failed + counts.skipped + 1;
  try {
    await body();
    counts.passed++;
    console.log(`ok ${number} - ${name}`);
  } catch (error) {
    counts.failed++;
    console.log(`not ok ${number} - ${name}`);
    console.log(String(error?.stack ?? error).replace(/^/gm, '# '));
  }
}

export function skip(name, why) {
  counts.skipped++;
  console.log(`ok ${counts.passed + counts.failed + counts.skipped} - ${name} # SKIP ${why}`);
}

export function finish() {
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
}

export function whyNot() {
  if (!existsSync(CHROMIUM)) return `there is no ${CHROMIUM}`;
  if (!existsSync(path.join(ROOT, 'web/dist/index.html'))) return 'the page is not built: script/setup';
  try {
    need.resolve('playwright-core');
  } catch {
    return 'playwright-core is not installed: script/setup';
  }
  return null;
}

export function same(found, wanted, what) {
  if (found !== wanted) throw new Error(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
}

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

export async function launch() {
  mkdirSync(OUT, { recursive: true });
  return need('playwright-core').chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

// Runs in the page: window.shifts tells of each layout shift which nodes went from where to where. A text node has no name: its
// parent's stands for it.
function recordShifts() {
  const corner = ({ x, y, width, height }) => [x, y, width, height].map((n) => Math.round(n * 10) / 10).join(' ');
  const nameOf = (node) => `${node.nodeName.toLowerCase()}${node.id ? `#${node.id}` : ''}${node.getAttribute('class') ? `.${node.getAttribute('class').trim().replace(/\s+/g, '.')}` : ''}`;
  const moved = ({ node, previousRect, currentRect }) => {
    const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const path = [];
    for (let at = element; at?.nodeType === Node.ELEMENT_NODE && path.length < 4; at = at.parentElement) path.unshift(nameOf(at));
    return { in: path.join(' > ') || 'what is gone by now', text: (node?.textContent ?? '').slice(0, 80), from: corner(previousRect), to: corner(currentRect) };
  };
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push({ at: entry.startTime, value: entry.value, moved: (entry.sources ?? []).map(moved) });
  }).observe({ type: 'layout-shift', buffered: true });
}

// HG_DIST=FOLDER: the page built there in place of the one that the server brings.
// A page that records what it must not do. `expected` are console errors that a state brings about (a lost connection).
export async function openPage(browser, { width = 1440, height = 900, scheme = 'light', scale = 1, touch = false, expected = /$^/ } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, deviceScaleFactor: scale, hasTouch: touch });
  if (process.env.HG_DIST) await context.route(/^[^?]*:\d+\/(app\.(js|css)|\?.*)?$|^[^?]*:\d+\/\?/, (route) => route.fulfill({ path: path.join(process.env.HG_DIST, path.basename(new URL(route.request().url()).pathname) || 'index.html') }));
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !expected.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (new URL(request.url()).hostname !== '127.0.0.1') faults.push(`foreign request: ${request.url()}`);
  });
  await page.addInitScript(recordShifts);
  return { page, faults, close: () => context.close() };
}

export function clean(faults) {
  check(faults.length === 0, faults.join('\n'));
}

export async function text(page, selector) {
  return (await page.locator(selector).first().innerText()).replace(/\u202f/g, ' ').trim();
}

// The figure of a tile as a number.
export async function figure(page, id) {
  return Number((await text(page, `#${id} .fig > span`)).replace(/[≈, ]/g, ''));
}

export async function until(what, holds, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    if (await holds()) return;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// What axe finds, of whatever impact. It runs in the page's own world, as a file of it, not as an inline script.
export async function axe(page) {
  const source = need.resolve('axe-core/axe.min.js');
  await page.evaluate((await import('node:fs')).readFileSync(source, 'utf8'));
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations);
  return found.map((violation) => `${violation.id}: ${violation.nodes.slice(0, 4).map((node) => `${node.target} (${node.any[0]?.message ?? ''})`).join('; ')}`);
}
