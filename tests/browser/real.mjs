// The page on the real program: while a replay runs, and figure by figure when it has ended.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sameBars as samePlot, sameTable } from './model.mjs';
import { HERE, OUT, axe, check, clean, figure, openPage, same, test, text, until } from './harness.mjs';
import { MAX_BUFFER, databases, logs, serve } from './program.mjs';

const ROWS = process.env.HG_LONG === '1' ? '240000' : '40000';
const SEED = String(Number(process.env.HG_SEED ?? 7) % 100000);
const REPLAY_SPEED = process.env.HG_LONG === '1' ? '3600' : '14400';
const BUCKET = { '1h': 300, '6h': 300, '24h': 600 };
const HOSTILE = ['<img src=x onerror=alert(1)>', "=cmd|' /C calc'!A0", '\u001b]0;owned\u0007'];
// The budget as a rate: alerts a day would mean another rate to a server that sees how many events there are than to `score`.
const BUDGET = ['--false-alarm-rate', '0.003'];

// Guesses of a password that would run, wherever it is shown as more than text; a minute before the sample's end.
function writeHostile(file, last) {
  const lines = HOSTILE.map((password, n) => ({
    eventid: 'cowrie.login.failed', username: 'root', password, message: `login attempt [root/${password}] failed`, sensor: '5d0e1c2a9b47',
    timestamp: new Date(last - 60_000 + n * 1000).toISOString().replace('Z', '000Z'), src_ip: '203.0.113.77', session: 'c0ffee000001', protocol: 'ssh',
  }));
  const connect = { eventid: 'cowrie.session.connect', src_ip: '203.0.113.77', src_port: 40022, dst_ip: '192.0.2.10', dst_port: 2222, session: 'c0ffee000001', protocol: 'ssh', sensor: '5d0e1c2a9b47', message: 'New connection', timestamp: new Date(last - 61_000).toISOString().replace('Z', '000Z') };
  writeFileSync(file, [connect, ...lines].map((line) => JSON.stringify(line)).join('\n') + '\n');
}

function prepare(binary, work) {
  const run = (...parameters) => execFileSync(binary, parameters, { maxBuffer: MAX_BUFFER, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  run('generate', '--out', path.join(work, 'train'), '--rows', ROWS, '--seed', SEED);
  run('generate', '--out', path.join(work, 'show'), '--rows', ROWS, '--seed', String(Number(SEED) + 1));
  run('train', '--model', path.join(work, 'model'), '--seed', '1', ...logs(path.join(work, 'train')));
  const show = path.join(work, 'show');
  const scored = run('score', ...BUDGET, '--model', path.join(work, 'model'), ...logs(show)).trimEnd().split('\n');
  const last = Math.max(...scored.slice(-2000).map((line) => Date.parse(JSON.parse(line).event_time)));
  writeHostile(path.join(show, 'guesses.json'), last);
  const file = path.join(work, 'scored.jsonl');
  writeFileSync(file, run('score', ...BUDGET, '--model', path.join(work, 'model'), ...logs(show)));
  return { files: logs(show), model: path.join(work, 'model'), scored: file };
}

function recount(scored, window, bucket) {
  return JSON.parse(execFileSync('python3', [path.join(HERE, 'recount.py'), '--window', window, '--bucket', String(bucket)], { stdio: [openSync(scored, 'r'), 'pipe', 'inherit'], maxBuffer: MAX_BUFFER, encoding: 'utf8' }));
}

const number = (words) => (words === '–' ? null : Number(words.replace(/[^0-9.]/g, '')));

// "+12 % from 1,032" must be what the two counts give.
function sameDelta(words, now, before, what) {
  if (before === null || (before === 0 && now !== 0)) return check(/^(–|none before)$/.test(words), `${what}: ${words}`);
  const by = Math.abs(now - before) / Math.max(1, before) * 100;
  const sign = now === before ? '±' : now > before ? '+' : '−';
  const size = now === before ? '0 %' : by >= 1000 ? null : by < 1 ? `${Math.max(0.1, by).toFixed(1)} %` : `${by.toFixed(0)} %`;
  if (size !== null) same(words, `${sign}${size} from ${before.toLocaleString('en-US')}`, what);
}

async function sameTiles(page, wanted) {
  same(await figure(page, 'tile-events'), wanted.now.events, 'events');
  same(await figure(page, 'tile-anomalous'), wanted.now.anomalous, 'anomalous events');
  same(await figure(page, 'tile-attackers'), wanted.attackers, 'attacking addresses');
  const split = (await text(page, '#tile-anomalous .note-line')).match(/[\d,]+/g).map(number);
  same(JSON.stringify(split), JSON.stringify([wanted.now.by_score, wanted.now.by_label, wanted.now.by_both]), 'score, label, both');
  sameDelta(await text(page, '#tile-events .delta'), wanted.now.events, wanted.before?.events ?? null, 'change of events');
  sameDelta(await text(page, '#tile-anomalous .delta'), wanted.now.anomalous, wanted.before?.anomalous ?? null, 'change of anomalous events');
  sameDelta(await text(page, '#tile-attackers .delta'), wanted.attackers, wanted.before === null ? null : wanted.attackers_before, 'change of addresses');
}

async function sameBars(page, id, rows, total) {
  const shown = await page.locator(`#${id} li`).evaluateAll((items) => items.map((item) => ({ key: item.dataset.key, value: item.querySelector('.num')?.textContent, width: item.querySelector('i')?.getBoundingClientRect().width, track: item.querySelector('.track')?.getBoundingClientRect().width })));
  const bars = shown.filter((bar) => bar.key !== undefined);
  const most = Math.max(...bars.map((bar) => number(bar.value)));
  let sum = 0;
  for (const bar of bars) {
    const value = number(bar.value);
    sum += value;
    check(Math.abs(bar.width - Math.max(1, (value / most) * bar.track)) < 1.5, `${id} ${bar.key}: bar of ${bar.width} px`);
    if (bar.key === 'rest') continue;
    same(value, rows.find((row) => (row.key ?? 'none') === bar.key)?.anomalous, `${id} ${bar.key}`);
  }
  const named = bars.filter((bar) => bar.key !== 'rest');
  same(JSON.stringify(named.map((bar) => number(bar.value))), JSON.stringify(rows.slice(0, named.length).map((row) => row.anomalous)), `order of ${id}`);
  same(sum, total, `sum of ${id}`);
  same(number(await text(page, `#${id} .h3row .dim`)), rows.length, `how many ${id}`);
}

function near(found, wanted, what) {
  if (wanted === null) return same(found, null, what);
  check(found !== null && Math.abs(found - wanted) <= 0.00501, `${what}: ${found}, expected ${wanted}`);
}

// How much of each bucket was not observed: 'all', 'part' or '', by the answer's own stretches.
function blindness(buckets, width, { unobserved, range }) {
  const holes = unobserved.map(({ from, to }) => [Date.parse(from) / 1000, Date.parse(to) / 1000]);
  return buckets.map((bucket) => {
    const from = Math.max(bucket.time, Date.parse(range.from) / 1000);
    const to = Math.min(bucket.time + width, Date.parse(range.to) / 1000);
    const blind = holes.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(to, end) - Math.max(from, start)), 0);
    check(!(bucket.observed && blind >= to - from), `${bucket.time}: has events and is called unobserved`);
    return blind === 0 ? '' : blind >= to - from ? 'all' : 'part';
  });
}

// The table and the readout under the crosshair say what the plots draw.
async function sameSeries(page, buckets, blind) {
  await page.click('text=Show as a table');
  const rows = await page.locator('#series-table tbody tr').evaluateAll((items) => items.map((item) => ({ time: Date.parse(item.dataset.time) / 1000, cells: [...item.cells].map((cell) => cell.textContent) })));
  await page.click('text=Hide the table');
  same(rows.length, buckets.length, 'buckets');
  buckets.forEach((bucket, i) => {
    const { time, cells } = rows[i];
    const at = new Date(bucket.time * 1000).toISOString();
    same(time, bucket.time, 'time of a bucket');
    const word = { all: /^not observed$/, part: bucket.burst ? /^burst, .+ of .+ not observed$/ : /^[^,]+ of .+ not observed$/, '': bucket.burst ? /^burst$/ : /^$/ }[blind[i]];
    check(word.test(cells[9]), `${at}: ${cells[9]}`);
    if (blind[i] === 'all') return;
    const label = bucket.anomalous - bucket.high - bucket.medium - bucket.low;
    same(JSON.stringify([1, 2, 3, 4, 5, 8].map((n) => number(cells[n]))), JSON.stringify([bucket.anomalous, bucket.high, bucket.medium, bucket.low, label, bucket.events]), `${at}: counts`);
    near(number(cells[6]), bucket.mean_score, `${at}: mean score`);
    near(number(cells[7]), bucket.mean_score_all, `${at}: mean of all`);
  });
}

async function sameReadout(page, buckets, blind) {
  const plot = await page.locator('.h-l .u-over').boundingBox();
  for (const part of [0.1, 0.5, 0.9]) {
    const index = Math.floor(part * buckets.length);
    const bucket = buckets[index];
    await page.mouse.move(plot.x + ((index + 0.5) / buckets.length) * plot.width, plot.y + plot.height / 2);
    await page.waitForTimeout(150);
    const said = await text(page, '.readout');
    if (blind[index] !== 'all') check(said.includes(`${bucket.anomalous.toLocaleString('en-US')} anomalous: ${bucket.high} high, ${bucket.medium} medium, ${bucket.low} low`), `readout at ${index}: ${said}`);
    else check(said.includes('nothing was observed'), `readout at ${index}: ${said}`);
  }
  await page.mouse.move(5, 5);
}

// The height of the stack in the canvas, by colour: what is drawn is what is counted.
async function sameDrawing(page, buckets) {
  const drawn = await page.evaluate(() => {
    const canvas = document.querySelector('.h-l canvas');
    const over = document.querySelector('.h-l .u-over').getBoundingClientRect();
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const top = Math.round((over.top - box.top) * scale);
    const bottom = Math.round((over.bottom - box.top) * scale);
    const ink = (x, y) => data[(y * width + Math.round(x)) * 4 + 3] > 200;
    return { top, bottom, left: (over.left - box.left) * scale, width: over.width * scale, columns: [...Array(Math.round(over.width * scale)).keys()].map((x) => {
      let high = bottom;
      for (let y = bottom - 2; y > top + 1; y--) if (ink((over.left - box.left) * scale + x, y) && ink((over.left - box.left) * scale + x, y - 1)) high = y - 1; else break;
      return bottom - high;
    }) };
  });
  const most = Math.max(...buckets.map((bucket) => bucket.anomalous));
  const at = (index) => drawn.columns[Math.round(((index + 0.5) / buckets.length) * drawn.width)] ?? 0;
  const tallest = buckets.findIndex((bucket) => bucket.anomalous === most);
  const unit = at(tallest) / most;
  check(unit > 0, 'the tallest bar is drawn');
  buckets.forEach((bucket, i) => check(Math.abs(at(i) - bucket.anomalous * unit) <= 3, `bar ${i}: ${at(i)} px for ${bucket.anomalous}, ${unit.toFixed(2)} px each`));
}

async function settled(page) {
  await page.waitForSelector('#tile-events');
  await until('figures', async () => (await text(page, '#tile-events .fig')) !== '–');
  await page.waitForTimeout(1500);
}

// Every alert of the window, page by page, straight from the API: what the page's counts must add up to.
async function allAlerts(url, window) {
  const all = [];
  for (let cursor = null; ; ) {
    const answer = await (await fetch(`${url}/api/v1/alerts?window=${window}&limit=500${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)).json();
    all.push(...answer.alerts);
    cursor = answer.next_cursor;
    if (cursor === null) return all;
  }
}

async function during(browser, binary, sample, url) {
  await test('during a replay the tiles change, nothing shifts, no error, no request to another host', async () => {
    const opened = await openPage(browser);
    const phone = await openPage(browser, { width: 390, scheme: 'dark' });
    const { page, faults } = opened;
    await page.goto(url);
    await phone.page.goto(url);
    check(/^Waiting for the first event/.test((await text(page, '#verdict .line')).replace('Reading …', 'Waiting for the first event')), 'an empty server says so');
    const replay = spawn(binary, ['replay', '--to', url, '--speed', REPLAY_SPEED, ...sample.files], { stdio: 'ignore' });
    const ended = new Promise((resolve) => replay.on('exit', resolve));
    await settled(page);
    await page.waitForTimeout(1500);
    await settled(phone.page);
    for (const one of [page, phone.page]) await one.evaluate(() => (window.shifts.length = 0));
    const seen = { 'tile-events': new Set(), 'tile-anomalous': new Set(), 'tile-attackers': new Set(), 'tile-alerts': new Set() };
    let series = new Set();
    for (let i = 0; i < 40 && replay.exitCode === null; i++) {
      for (const [id, values] of Object.entries(seen)) values.add(await figure(page, id));
      series.add(await text(page, '.readout'));
      await page.waitForTimeout(300);
    }
    for (const [id, values] of Object.entries(seen)) check(values.size >= 3, `${id} took ${values.size} values`);
    check(series.size >= 3, 'the chart moved');
    same(await text(page, '#live b'), 'Live', 'live state');
    same(await ended, 0, 'status of replay');
    same(JSON.stringify(await page.evaluate(() => window.shifts)), '[]', 'layout shifts');
    same(JSON.stringify(await phone.page.evaluate(() => window.shifts)), '[]', 'layout shifts on a phone');
    await opened.close();
    await phone.close();
    clean([...faults, ...phone.faults]);
  });
}

async function afterwards(browser, sample, url) {
  for (const window of ['1h', '6h', '24h'])
    await test(`after the replay, window ${window}: every tile, bar and series equals the recount`, async () => {
      const wanted = recount(sample.scored, window, BUCKET[window]);
      const opened = await openPage(browser);
      const { page, faults } = opened;
      await page.goto(`${url}/?window=${window}`);
      await settled(page);
      await sameTiles(page, wanted);
      await sameBars(page, 'ports', wanted.ports, wanted.now.anomalous);
      await sameBars(page, 'protocols', wanted.protocols, wanted.now.anomalous);
      const answer = await (await fetch(`${url}/api/v1/timeseries?window=${window}&bucket=${BUCKET[window] / 60}m`)).json();
      const blind = blindness(wanted.buckets, BUCKET[window], answer);
      await sameSeries(page, wanted.buckets, blind);
      await sameReadout(page, wanted.buckets, blind);
      await sameDrawing(page, wanted.buckets);
      await opened.close();
      clean(faults);
    });
  await test('window all: tiles, bars and places equal the recount, alerts add up to the anomalous events', async () => {
    const wanted = recount(sample.scored, 'all', 1800);
    const opened = await openPage(browser);
    const { page, faults } = opened;
    await page.goto(`${url}/?window=all`);
    await settled(page);
    await sameTiles(page, wanted);
    await sameBars(page, 'ports', wanted.ports, wanted.now.anomalous);
    await sameBars(page, 'protocols', wanted.protocols, wanted.now.anomalous);
    const alerts = await allAlerts(url, 'all');
    same(await figure(page, 'tile-alerts'), alerts.length, 'alerts');
    same(alerts.reduce((sum, alert) => sum + alert.count, 0), wanted.now.anomalous, 'events of all alerts');
    const bySeverity = (await text(page, '#tile-alerts .note-line')).match(/[\d,]+/g).map(number);
    same(JSON.stringify(bySeverity), JSON.stringify(['high', 'medium', 'low', 'none'].map((severity) => alerts.filter((alert) => alert.severity === severity).length)), 'alerts by severity');
    const rows = await page.locator('.alerts tbody tr a[data-row]').evaluateAll((links) => links.map((link) => link.id.slice('alert-'.length)));
    same(JSON.stringify(rows), JSON.stringify(alerts.slice(0, 10).map((alert) => alert.alert_id)), 'rows of the table');
    const logsShown = (await page.locator('.sources .num').allInnerTexts()).map(number);
    same(logsShown.reduce((sum, n) => sum + n, 0), wanted.sources, 'events of all logs');
    if (databases().length > 0) {
      const located = (await page.locator('#countries .num').allInnerTexts()).reduce((sum, n) => sum + number(n), 0);
      const unlocated = number(/^([\d,]+) event/.exec(await text(page, '#unlocated'))?.[1] ?? '0');
      check(located + unlocated >= wanted.now.anomalous && unlocated >= 0, `${located} located, ${unlocated} not, of ${wanted.now.anomalous}`);
      same(number(/([\d,]+) private/.exec(await text(page, '#unlocated'))?.[1] ?? '0') >= wanted.unlocatable * 0.9, true, 'private ones are said');
    }
    await opened.close();
    clean(faults);
  });
}

async function hostile(browser, url) {
  await test('what an attacker typed shows as text, here and nowhere as more', async () => {
    const alert = (await allAlerts(url, 'all')).find((one) => one.source_ip === '203.0.113.77');
    check(alert !== undefined, 'the guesses are an alert');
    const opened = await openPage(browser);
    const { page, faults } = opened;
    await page.goto(`${url}/?window=all&alert=${alert.alert_id}`);
    await page.waitForSelector('#drawer .log li');
    for (const summary of await page.locator('#drawer .log li:not(:first-child) summary').all()) await summary.click();
    const said = await page.locator('#drawer').innerText();
    check(said.includes(HOSTILE[0]) && said.includes(HOSTILE[1]) && said.includes('\\x1b]0;owned\\x07'), said);
    await page.getByRole('button', { name: 'Everything of this session' }).first().click();
    const linked = page.locator('#drawer ul.log').first();
    await linked.locator('li').first().waitFor();
    check((await linked.locator('li').count()) > 1, 'a session is more than one record');
    same(await linked.getByText('this one').count(), 1, 'the record itself is among them');
    same(await page.locator('#drawer img').count(), 0, 'images');
    same((await axe(page)).join('\n'), '', 'axe');
    await page.screenshot({ path: path.join(OUT, 'real-drawer-1440-light.png') });
    await opened.close();
    clean(faults);
  });
}

// Each row and the sum add up, and the sum is what was scored.
async function accounts(browser, sample, url) {
  await test('the sources’ records add up, row by row, to what was scored', async () => {
    const wanted = recount(sample.scored, 'all', 1800);
    const opened = await openPage(browser);
    const { page, faults } = opened;
    await page.goto(`${url}/?view=sources&window=all`);
    await page.waitForSelector('#source-table');
    const rows = await page.locator('#source-table tbody tr, #source-table tfoot tr').evaluateAll((all) =>
      all.map((row) => ['read', 'accepted', 'duplicate', 'skipped', 'malformed'].map((name) => Number(row.querySelector(`td[data-label="${name}"]`).textContent.replaceAll(',', '')))));
    for (const [read, ...parts] of rows) same(read, parts.reduce((sum, n) => sum + n, 0), 'a row');
    const total = rows.pop();
    total.forEach((value, i) => same(value, rows.reduce((sum, row) => sum + row[i], 0), `column ${i}`));
    same(total[1], wanted.sources, 'accepted events');
    same(rows.length, sample.files.length, 'sources');
    check((await text(page, '#sum')).includes(' = '), await text(page, '#sum'));
    await page.screenshot({ path: path.join(OUT, 'real-sources-1440-light.png'), fullPage: true });
    await opened.close();
    clean(faults);
  });
  await test('a record that can’t be read shows in quarantine as it was, and stays there when tried again', async () => {
    const bad = `{"eventid":"cowrie.login.failed","password":"${HOSTILE[0]}", cut`;
    const good = { eventid: 'cowrie.session.connect', src_ip: '203.0.113.78', session: 'c0ffee000002', sensor: '5d0e1c2a9b47', protocol: 'ssh', timestamp: '2010-06-15T12:00:00.000000Z' };
    const answer = await fetch(`${url}/api/v1/events?format=cowrie&source=${encodeURIComponent(HOSTILE[0])}`, { method: 'POST', headers: { 'Content-Type': 'application/x-ndjson' }, body: `${JSON.stringify(good)}\n${bad}\n` });
    same(answer.status, 200, 'status of the push');
    const opened = await openPage(browser);
    const { page, faults } = opened;
    await page.goto(`${url}/?view=sources&window=all`);
    await page.waitForSelector('.kept-list summary');
    await page.click('.kept-list summary');
    const said = await page.locator('.kept-list').innerText();
    check(said.includes(bad) && said.includes('not valid JSON, or cut'), said);
    check((await page.locator('#source-table').innerText()).includes(HOSTILE[0]), 'the name of the source');
    same(await page.locator('main img').count(), 0, 'images');
    await page.click('.kept-list button');
    await until('what came of it', async () => (await text(page, '#retried')) === 'Tried 1 record: none can be read yet.');
    same((await axe(page)).join('\n'), '', 'axe');
    await page.screenshot({ path: path.join(OUT, 'real-quarantine-1440-light.png'), fullPage: true });
    await opened.close();
    clean(faults);
  });
}

const BINS = 20;
const HONEYPOTS = ['cowrie', 'dionaea'];

// How the p-values of what counts spread, by the program's own scores of the same logs, whatever source and week.
function spreadOf(scored) {
  const bins = Array(BINS).fill(0);
  for (const line of readFileSync(scored, 'utf8').trimEnd().split('\n')) {
    const { p_value: p, label, dataset } = JSON.parse(line);
    if (p !== null && (label !== 'Attack' || HONEYPOTS.includes(dataset))) bins[Math.min(BINS - 1, Math.floor(p * BINS))]++;
  }
  return bins;
}

async function modelled(browser, sample, url) {
  await test('the model’s view: p-values as scored, plotted as the API has them, and what was learnt', async () => {
    const answer = await (await fetch(`${url}/api/v1/reliability?weeks=52`)).json();
    const weeks = answer.sources.flatMap((source) => source.weeks);
    const sums = Array.from({ length: BINS }, (_, i) => weeks.reduce((sum, week) => sum + week.p_values[i], 0));
    same(JSON.stringify(sums), JSON.stringify(spreadOf(sample.scored)), 'p-values of all sources and weeks');
    const opened = await openPage(browser);
    const { page, faults } = opened;
    await page.goto(`${url}/?view=model`);
    await page.waitForSelector('#budget-table');
    same(await page.locator('#budget-table tbody tr').count(), answer.sources.length, 'sources');
    for (const { source, weeks: all } of answer.sources) {
      await page.click(`#budget-table tr[data-source="${source}"] button`);
      await until(source, async () => (await page.locator('#budget-table [aria-pressed="true"]').innerText()) === source);
      const shown = all.slice(0, 12);
      same(await page.locator('#weeks li').count(), shown.length, `weeks of ${source}`);
      for (const [i, week] of shown.entries()) await samePlot(page, `#weeks li:nth-child(${i + 1})`, week.p_values, `${source} ${week.from}`);
      const judged = all.find(({ verdict }) => verdict !== 'too_few') ?? all[0]; // as in the table above
      await samePlot(page, '#pv', judged.p_values, source);
      await sameTable(page, judged.p_values);
      same(await text(page, '#week-facts .told'), judged.words, `words of ${source}`);
    }
    const { model } = await (await fetch(`${url}/api/v1/summary`)).json();
    check((await text(page, '.digest')).includes(model.digest), 'the digest');
    const learnt = model.sub_models.filter(({ rows }) => rows > 0);
    const rows = (await page.locator('#learnt-table tr:not(.second) td[data-label="rows"]').allInnerTexts()).map(number);
    same(JSON.stringify(rows), JSON.stringify(learnt.map((sub) => sub.rows)), 'rows learnt from');
    same((await axe(page)).join('\n'), '', 'axe');
    await page.screenshot({ path: path.join(OUT, 'real-model-1440-light.png'), fullPage: true });
    await opened.close();
    clean(faults);
  });
}

// Findings, explanations and the life of the model: what the page shows is what the API says.
async function reasoned(browser, url) {
  const ask = async (route) => (await fetch(`${url}/api/v1${route}`)).json();
  await test('a finding’s evidence and what would be ordinary stand on the page as the API tells them', async () => {
    const alerts = await allAlerts(url, 'all');
    const found = alerts.find(({ finding }) => finding !== null);
    check(found !== undefined, 'no named detector found anything in the sample');
    const odd = alerts.find(({ finding, features }) => finding === null && features.length > 0);
    for (const alert of [found, odd]) {
      const opened = await openPage(browser);
      const { page, faults } = opened;
      await page.goto(`${url}/?window=all&alert=${alert.alert_id}`);
      await page.waitForSelector('#drawer .log li');
      check((await text(page, '#drawer .reason')).endsWith(alert.reason), `${await text(page, '#drawer .reason')}, expected ${alert.reason}`);
      if (alert.finding !== null) check((await text(page, '#evidence')).includes(alert.finding.counted >= 1e6 ? '' : Math.round(alert.finding.counted).toLocaleString('en-US')), await text(page, '#evidence'));
      const told = await ask(`/explain/${alert.alert_id}`);
      await page.click('#drawer .ask button');
      await page.waitForSelector('.ordinary');
      const ways = (await page.locator('.ways li').allInnerTexts()).map((words) => words.trim());
      same(JSON.stringify(ways), JSON.stringify((told.explanation?.counterfactuals ?? []).map(({ words }) => words)), 'counterfactuals');
      same(await page.locator('.beside tbody tr').count(), Math.min(6, told.explanation?.features.length ?? 0), 'features');
      same((await axe(page)).join('\n'), '', 'axe');
      await page.screenshot({ path: path.join(OUT, `real-reason-${alert.finding?.name ?? 'score'}-1440-light.png`) });
      await opened.close();
      clean(faults);
    }
  });
  await test('the ledger, drift and canaries stand on the page as the API tells them', async () => {
    const [life, drift, canaries] = [await ask('/model'), await ask('/drift?hours=168'), await ask('/canaries')];
    const opened = await openPage(browser);
    const { page, faults } = opened;
    await page.goto(`${url}/?view=model`);
    await page.waitForSelector('#canaries .nowhere, #canary-table');
    same(await page.locator('#ledger-table tbody tr').count(), Math.min(8, life.ledger.length), 'models');
    same(await page.locator('#drifts li').count(), drift.kinds.length, 'kinds');
    same(await page.locator('#drifts rect').count(), drift.kinds.reduce((sum, { hours }) => sum + hours.length, 0), 'hours');
    same(await page.locator('#canary-table').count(), canaries.enabled ? 1 : 0, 'canaries');
    await opened.close();
    clean(faults);
  });
}

async function looks(browser, url, picture) {
  await test('screenshots in both themes and widths; axe finds nothing', async () => {
    for (const [width, scheme] of [[1440, 'light'], [1440, 'dark'], [390, 'light'], [390, 'dark']]) {
      const opened = await openPage(browser, { width, scheme });
      await opened.page.goto(`${url}/?window=24h`);
      await settled(opened.page);
      await opened.page.screenshot({ path: path.join(OUT, `real-${width}-${scheme}.png`), fullPage: true });
      same((await axe(opened.page)).join('\n'), '', `axe at ${width}, ${scheme}`);
      await opened.close();
      clean(opened.faults);
    }
  });
  if (picture === null) return;
  await test(`the picture for the README: ${picture}`, async () => {
    const opened = await openPage(browser, { scale: 0.66 });
    await opened.page.goto(`${url}/?window=24h`);
    await settled(opened.page);
    await opened.page.screenshot({ path: picture, fullPage: true });
    await opened.close();
  });
}

export async function real(browser, binary, picture) {
  console.log(`# seed ${SEED}`);
  const work = mkdtempSync(path.join(tmpdir(), 'hg-browser-'));
  let server = null;
  try {
    const sample = prepare(path.resolve(binary), work);
    server = await serve(path.resolve(binary), work, sample.model, [...BUDGET, ...databases()]);
    await during(browser, path.resolve(binary), sample, server.url);
    await afterwards(browser, sample, server.url);
    await hostile(browser, server.url);
    await modelled(browser, sample, server.url);
    await reasoned(browser, server.url);
    await looks(browser, server.url, picture);
    await accounts(browser, sample, server.url);
  } catch (error) {
    await test('the real program', () => Promise.reject(error));
  } finally {
    if (server !== null) {
      const ended = new Promise((resolve) => server.child.on('exit', resolve));
      server.child.kill('SIGTERM');
      await ended;
    }
    rmSync(work, { recursive: true, force: true });
  }
}
