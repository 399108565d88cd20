// `honeyguide report` in a browser: at 1440 and 390, in both themes and printed: nothing is asked for, nothing runs, nothing sticks out, axe finds nothing.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { OUT, axe, check, same, skip, test, until } from './harness.mjs';
import { databases, logs, serve } from './program.mjs';

const HOSTILE = ['<img src=x onerror=alert(1)>', '</code><script>alert(1)</script>', '\u001b]0;owned\u0007'];

// The report's file, the same by a server without location databases, and what the API says of places.
async function makeReports(binary, work) {
  const run = (...parameters) => execFileSync(binary, parameters, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  const [folder, model] = [path.join(work, 'logs'), path.join(work, 'model')];
  run('generate', '--out', folder, '--rows', '6000', '--seed', '5');
  writeFileSync(path.join(folder, 'guesses.json'), HOSTILE.map((password, n) => JSON.stringify({ eventid: 'cowrie.login.failed', username: 'root', password, src_ip: '203.0.113.77',
    session: 'c0ffee01', timestamp: `2025-03-08T12:00:0${n}.000000Z` }) + '\n').join('').repeat(300));
  run('train', '--model', model, ...logs(folder));
  const wanted = readFileSync(path.join(folder, 'truth.csv'), 'utf8').trimEnd().split('\n').length - 1 + 300 * HOSTILE.length;
  const made = async (name, options) => {
    const room = path.join(work, name);
    const state = path.join(room, 'state');
    mkdirSync(room);
    const count = () => { try { return Number(run('query', '--state', state, '--count')); } catch { return 0; } };
    const { child, url } = await serve(binary, room, model, [...options, ...logs(folder)]);
    try {
      await until('the logs to be read', () => count() >= wanted, 60_000);
      const geo = await (await fetch(`${url}/api/v1/geo?window=all&limit=1000`)).json();
      const file = path.join(room, 'report.html');
      run('report', '--state', state, '--output', file);
      return { file, geo };
    } finally {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    }
  };
  return { placed: await made('placed', databases()), placeless: await made('placeless', []) };
}

// A page that tells what it did besides being there.
async function open(browser, file, { width, scheme, media = 'screen' }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, bypassCSP: false });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on('request', (request) => { if (request.url() !== pathToFileURL(file).href) faults.push(`request: ${request.url()}`); });
  await page.emulateMedia({ media, colorScheme: scheme });
  await page.goto(pathToFileURL(file).href);
  return { page, faults, close: () => context.close() };
}

const anomalous = (row) => row.by_label + row.by_score + row.by_both;

async function sameMap(page, geo) {
  const drawn = await page.evaluate(() => [...document.querySelectorAll('.world circle')].map((circle) => `${circle.getAttribute('class')} ${circle.textContent}`));
  const worst = (row) => (row.high > 0 ? 'high' : row.medium > 0 ? 'medium' : row.low > 0 ? 'low' : 'label');
  const wanted = geo.points.map((row) => `${worst(row)} ${row.country ?? 'no country'}: ${anomalous(row).toLocaleString('en-US')} anomalous event${anomalous(row) === 1 ? '' : 's'}`);
  check(wanted.length > 10, `${wanted.length} places`);
  same(drawn.sort().join('\n'), wanted.sort().join('\n'), 'places');
  const without = Object.values(geo.unlocated).reduce((sum, n) => sum + n, 0);
  check(without > 0, 'some events have no place');
  same((await page.locator('#unlocated').innerText()).split(' without')[0], `${without.toLocaleString('en-US')} anomalous events`, 'without a location');
  const shaded = await page.evaluate(() => [...document.querySelectorAll('.world path[data-country]')].map((path) => path.getAttribute('data-country')));
  const countries = new Set(geo.countries.map((row) => row.country));
  check(shaded.length > 3 && shaded.every((code) => countries.has(code)), `shaded: ${shaded.join(' ')}`);
  const inside = await page.evaluate(() => {
    const map = document.querySelector('.world').getBoundingClientRect();
    return [...document.querySelectorAll('.world circle')].every((circle) => { const at = circle.getBoundingClientRect(); return at.x >= map.x - 12 && at.right <= map.right + 12; });
  });
  check(inside, 'points are on the map');
}

export async function report(browser, binary) {
  const work = mkdtempSync(path.join(tmpdir(), 'hg-report-'));
  try {
    const { placed, placeless } = await makeReports(binary, work);
    for (const [name, options] of Object.entries({
      'light, 1440': { width: 1440, scheme: 'light' }, 'dark, 1440': { width: 1440, scheme: 'dark' }, 'light, 390': { width: 390, scheme: 'light' },
      'printed': { width: 1040, scheme: 'dark', media: 'print' },
    })) {
      await test(`report, ${name}: asks for nothing, runs nothing, sticks out nowhere, axe finds nothing`, async () => {
        const { page, faults, close } = await open(browser, placed.file, options);
        same(faults.join('\n'), '', 'what it did');
        const [wide, inner, background] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth,
          getComputedStyle(document.body).backgroundColor]);
        check(wide <= inner, `${wide} px wide`);
        same(background, { 'dark, 1440': 'rgb(17, 20, 22)', printed: 'rgb(255, 255, 255)' }[name] ?? 'rgb(252, 252, 251)', 'ground');
        check((await page.locator('#top-password').innerText()).includes(HOSTILE[0]), 'what was tried is shown as text');
        check(await page.locator('.chart .high').count() > 0, 'the chart has bars');
        await page.screenshot({ path: path.join(OUT, `report-${name.replace(', ', '-')}.png`), fullPage: true });
        same((await axe(page)).join('\n'), '', 'axe');
        await close();
      });
    }
    if (databases().length === 0) skip('report: its map has the places that the API tells', 'npm brought no location database');
    else await test('report: its map has the places that the API tells, and says how many events have none', async () => {
      const { page, close } = await open(browser, placed.file, { width: 1440, scheme: 'light' });
      await sameMap(page, placed.geo);
      await close();
    });
    await test('report: without a location database it says so, and draws no map', async () => {
      const { page, close } = await open(browser, placeless.file, { width: 1440, scheme: 'light' });
      same(await page.locator('.world').count(), 0, 'maps');
      check(/^No map: none of the anomalous events has a location/.test(await page.locator('#unlocated').innerText()), 'what it says');
      await close();
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
