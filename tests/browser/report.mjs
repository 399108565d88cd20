// `honeyguide report` in a browser: at 1440 and 390, in both themes and printed: nothing is asked for, nothing runs, nothing sticks out, axe finds nothing.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { OUT, axe, check, same, test, until } from './harness.mjs';

const HOSTILE = ['<img src=x onerror=alert(1)>', '</code><script>alert(1)</script>', '\u001b]0;owned\u0007'];

async function makeReport(binary, work) {
  const run = (...parameters) => execFileSync(binary, parameters, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  const logs = path.join(work, 'logs');
  run('generate', '--out', logs, '--rows', '6000', '--seed', '5');
  const guesses = path.join(logs, 'guesses.json');
  writeFileSync(guesses, HOSTILE.map((password, n) => JSON.stringify({ eventid: 'cowrie.login.failed', username: 'root', password, src_ip: '203.0.113.77',
    session: 'c0ffee01', timestamp: `2025-03-08T12:00:0${n}.000000Z` }) + '\n').join('').repeat(300));
  const files = readdirSync(logs).filter((name) => name !== 'truth.csv').map((name) => path.join(logs, name));
  run('train', '--model', path.join(work, 'model'), ...files);
  const state = path.join(work, 'state');
  const child = spawn(binary, ['serve', '--state', state, '--listen', '127.0.0.1:0', '--model', path.join(work, 'model'), ...files], { stdio: 'ignore' });
  try {
    const count = () => { try { return Number(run('query', '--state', state, '--count')); } catch { return 0; } };
    const wanted = readFileSync(path.join(logs, 'truth.csv'), 'utf8').trimEnd().split('\n').length - 1 + 300 * HOSTILE.length;
    await until('the logs to be read', () => count() >= wanted, 60_000);
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await ended;
  }
  const file = path.join(work, 'report.html');
  run('report', '--state', state, '--output', file);
  return file;
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

export async function report(browser, binary) {
  const work = mkdtempSync(path.join(tmpdir(), 'hg-report-'));
  try {
    const file = await makeReport(binary, work);
    for (const [name, options] of Object.entries({
      'light, 1440': { width: 1440, scheme: 'light' }, 'dark, 1440': { width: 1440, scheme: 'dark' }, 'light, 390': { width: 390, scheme: 'light' },
      'printed': { width: 1040, scheme: 'dark', media: 'print' },
    })) {
      await test(`report, ${name}: asks for nothing, runs nothing, sticks out nowhere, axe finds nothing`, async () => {
        const { page, faults, close } = await open(browser, file, options);
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
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
