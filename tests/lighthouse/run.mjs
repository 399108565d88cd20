// Lighthouse's marks for the page of the real program, with events in it: run.mjs BINARY
// Each view is loaded for a desk and for a phone, as Lighthouse's own defaults throttle them; what one run doesn't reach, one of three has to: other work on the
// machine only takes marks away. A view should reach WANTED, where CI is set FLOOR. A phone is simulated by slowing the machine down four times, so that a
// busy one would be judged and not the page: there CI prints the marks for performance and judges accessibility alone, of the first view. Nothing leaves the machine: the browser knows of no host but 127.0.0.1.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { check, finish, skip, test, until, whyNot } from '../browser/harness.mjs';
import { serveSample } from '../browser/program.mjs';

const BINARY = process.argv[2];
const WANTED = 95;
const FLOOR = 90;
const LEAST = process.env.CI ? FLOOR : WANTED;
const RUNS = 3;
const LOADED_MS = 6000; // the stream of events never ends: Lighthouse would wait for that
const VIEWS = { overview: '/?window=all', incidents: '/?view=incidents&window=all', events: '/?view=events&window=all' };
const CATEGORIES = ['performance', 'accessibility'];
const CHROMIUM = process.env.HG_CHROMIUM ?? '/usr/bin/chromium';

function reasonToSkip() {
  if (BINARY === undefined) return 'usage: run.mjs BINARY';
  if (!existsSync(new URL('node_modules/lighthouse', import.meta.url))) return 'lighthouse is not installed: npm ci in tests/lighthouse';
  return whyNot();
}

async function startBrowser(work) {
  const child = spawn(CHROMIUM, ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1', '--remote-debugging-port=0', `--user-data-dir=${path.join(work, 'profile')}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes) => (said += bytes));
  const port = () => /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
  await until('the browser', () => port() !== undefined || child.exitCode !== null, 20_000);
  if (port() === undefined) throw new Error(`chromium: ${said}`);
  return { child, port: Number(port()) };
}

// What cost marks, in Lighthouse's words.
function faults(lhr) {
  return CATEGORIES.flatMap((category) => lhr.categories[category].auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => lhr.audits[id]))
    .filter((audit) => audit.score !== null && audit.score < 0.9).map((audit) => `${audit.id} ${audit.displayValue ?? audit.score}`);
}

async function marks(lighthouse, settings, url, port, judged) {
  const runs = [];
  const of = (category) => Math.round(100 * Math.max(...runs.map((lhr) => lhr.categories[category].score)));
  do {
    const { lhr } = await lighthouse(url, { port, output: 'json', logLevel: 'error', onlyCategories: CATEGORIES, maxWaitForLoad: LOADED_MS }, settings);
    if (lhr.runtimeError) throw new Error(`${lhr.runtimeError.code}: ${lhr.runtimeError.message}`);
    runs.push(lhr);
  } while (runs.length < RUNS && judged.some((category) => of(category) < LEAST));
  return { ...Object.fromEntries(CATEGORIES.map((category) => [category, of(category)])), faults: faults(runs.at(-1)) };
}

async function measure(work) {
  const { default: lighthouse, desktopConfig } = await import('lighthouse');
  const server = await serveSample(BINARY, work);
  const browser = await startBrowser(work);
  try {
    for (const [name, settings, judged] of [['a desk', desktopConfig, CATEGORIES], ['a phone', undefined, process.env.CI ? ['accessibility'] : CATEGORIES]])
      for (const [view, place] of Object.entries(VIEWS).slice(0, judged.length === CATEGORIES.length ? undefined : 1))
        await test(`Lighthouse on ${name}, ${view}: ${judged.join(' and ')} at least ${LEAST}`, async () => {
          const found = await marks(lighthouse, settings, server.url + place, browser.port, judged);
          console.log(`# ${CATEGORIES.map((category) => `${category} ${found[category]}`).join(', ')}${found.faults.length === 0 ? '' : `; ${found.faults.join('; ')}`}`);
          for (const category of judged) check(found[category] >= LEAST, `${category} ${found[category]}: ${found.faults.join('; ')}`);
        });
  } finally {
    browser.child.kill();
    server.child.kill();
    await until('the browser’s end', () => browser.child.exitCode !== null || browser.child.signalCode !== null);
  }
}

const why = reasonToSkip();
if (why !== null) {
  skip('Lighthouse', why);
  process.exit(finish());
}
const work = mkdtempSync(path.join(tmpdir(), 'hg-lighthouse-'));
try {
  await measure(work);
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(finish());
