// The page in every state, on the fake server: what it says, that it stands still, that it is readable by all.
import path from 'node:path';
import { HOSTILE } from './fake_answers.mjs';
import { HOSTILE_NAME, HOSTILE_RECORDS } from './fake_sources.mjs';
import { startFake } from './fake_server.mjs';
import { OUT, axe, check, clean, figure, openPage, same, test, text, until } from './harness.mjs';
import { learning } from './learning.mjs';
import { models } from './model.mjs';
import { reasons } from './reasons.mjs';
import { restlessFigures } from './restless.mjs';
import { LOST, on, ready, seen } from './state_page.mjs';

const SAYINGS = [
  ['empty', /^Waiting for the first event/, /honeyguide replay/],
  ['learning', /^Learning what is usual/, /6,2\d\d of 10,000 events/],
  ['calm', /^All is calm/, /No alert in this window/],
  ['live', /^Twelve high alerts are worth a look/, /from 12 countries/],
  ['stalled', /^Events can’t be stored/, /The disk is full/],
  ['nogeo', /^Twelve high alerts/, /The map has no locations/],
  ['silent', /^Calm, as far as was seen/, /cowrie\.json has been silent for 23 min \(usual: up to 2 min\)\./],
  ['failed', /^Twelve high alerts/, /cowrie\.json can’t be read: permission denied\./],
  ['clock', /^Calm, as far as was seen/, /cowrie\.json is 2 h ahead of the time of arrival: is its time zone right\?/],
  ['blind', /^Nothing was seen/, /Nothing was seen in all of these 6 hours\./],
];

async function sayings(browser) {
  for (const [state, verdict, elsewhere] of SAYINGS)
    await test(`${state}: the page says so, in both widths and themes, and axe finds nothing`, async () => {
      for (const [width, scheme] of [[1440, 'light'], [1440, 'dark'], [390, 'light'], [390, 'dark']])
        await on(browser, state, { width, scheme, place: '/?window=6h' }, async (page) => {
          check(verdict.test(await text(page, '#verdict .line')), `verdict: ${await text(page, '#verdict .line')}`);
          check(elsewhere.test(await text(page, '#app')), `${elsewhere} is not on the page`);
          const wide = await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));
          same(wide, 0, 'pixels scrolled sideways');
          await page.screenshot({ path: path.join(OUT, `${state}-${width}-${scheme}.png`), fullPage: true });
          same((await axe(page)).join('\n'), '', 'axe');
        });
    });
}

async function questions(browser) {
  await test('the four questions stand in order, the database is credited', () =>
    on(browser, 'live', {}, async (page) => {
      const asked = await page.locator('section > .q-head > h2').allInnerTexts();
      same(asked.join(' | '), 'Is everything okay, or does something require attention? | If something is unusual, where should I look first? | What is happening over time? | Who is attacking, and what are they targeting?', 'questions');
      same(await page.locator('.foot a[href="https://db-ip.com"]').count(), 1, 'link of the database');
      check(/^≈ 612/.test(await text(page, '#tile-attackers .fig')) && /± 5/.test(await text(page, '#tile-attackers .fig')), 'an estimate carries its error');
      check(/^\+12 % from/.test(await text(page, '#tile-events .delta')), await text(page, '#tile-events .delta'));
    }));
  await test('points beyond the map’s edge and countries without a shape are there', () =>
    on(browser, 'live', {}, async (page) => {
      same(await page.locator('.pt').count(), 12, 'points');
      check((await text(page, '#countries')).includes('Kosovo'), 'Kosovo is in the list');
      check((await text(page, '#unlocated')).startsWith('386 events without a location: 343 private, 43 not in the database'), await text(page, '#unlocated'));
    }));
}

async function moving(browser) {
  await test('commits change figures in place, at most twice a second, without a layout shift', () =>
    on(browser, 'live', { place: '/?window=6h' }, async (page, fake) => {
      await page.waitForTimeout(800);
      const before = await figure(page, 'tile-events');
      const tile = await page.locator('#tile-events').elementHandle();
      fake.asked.length = 0;
      const began = Date.now();
      for (let i = 0; i < 20; i++) {
        fake.commit();
        await page.waitForTimeout(150);
      }
      await until('the last commit shown', async () => (await figure(page, 'tile-events')) === before + fake.tick);
      const loads = fake.asked.filter((asked) => asked.route === '/summary').length;
      check(loads <= Math.ceil((Date.now() - began) / 500) + 1, `${loads} loads in ${Date.now() - began} ms`);
      check(await tile.evaluate((node) => node.isConnected), 'the tile was replaced');
      same(JSON.stringify(await page.evaluate(() => window.shifts)), '[]', 'layout shifts');
      check((await page.locator('#tile-events .changed').count()) === 1, 'a changed value shows that it changed');
    }));
  await test('a phone’s page stands still as well', () =>
    on(browser, 'live', { width: 390 }, async (page, fake) => {
      for (let i = 0; i < 6; i++) {
        fake.commit();
        await page.waitForTimeout(300);
      }
      same(JSON.stringify(await page.evaluate(() => window.shifts)), '[]', 'layout shifts');
    }));
  await test('rows wait while the pointer is among them', () =>
    on(browser, 'calm', {}, async (page, fake) => {
      await page.locator('#alerts .more-row').scrollIntoViewIfNeeded(); // scrolling later would take the rows from under the pointer
      await page.hover('.alerts-box');
      fake.state = 'live';
      fake.commit();
      await until('the offer', async () => /10 new, show/.test(await text(page, '.more-row')));
      same(await page.locator('.alerts tbody tr').count(), 0, 'rows meanwhile');
      await page.click('text=10 new, show');
      await until('rows afterwards', async () => (await page.locator('.alerts tbody tr').count()) === 10);
    }));
}

async function losing(browser) {
  await test('a lost server is said, figures look old, and the page comes back by itself', () =>
    on(browser, 'live', { expected: LOST }, async (page, fake) => {
      same(await text(page, '#live b'), 'Live', 'state');
      await page.waitForTimeout(700);
      await fake.vanish();
      await until('the banner', async () => (await page.locator('#banner').count()) === 1);
      check(/^Not live since \d\d:\d\d:\d\d UTC\. (Trying again in \d+ seconds?|Trying now)\./.test(await text(page, '#banner')), await text(page, '#banner'));
      same(await text(page, '#live b'), 'Not live', 'state');
      check(/^as of \d\d:\d\d:\d\d$/.test(await text(page, '#tile-events .delta')), 'figures say of when they are');
      same(await page.locator('main.stale').count(), 1, 'stale');
      same((await axe(page)).join('\n'), '', 'axe');
      await page.screenshot({ path: path.join(OUT, 'lost-1440-light.png'), fullPage: true });
      await fake.comeBack();
      await until('live again', async () => (await text(page, '#live b')) === 'Live', 20_000);
      same(await page.locator('#banner').count(), 0, 'banners');
    }));
  await test('a panel that fails says so in the server’s words, the others go on', () =>
    on(browser, 'live', { expected: LOST }, async (page, fake) => {
      fake.failing = '/timeseries';
      fake.commit();
      await until('the words', async () => /The series could not be read\. The store answered after more than 10 seconds/.test(await text(page, '#time')));
      const before = await figure(page, 'tile-events');
      fake.commit();
      await until('the other panels', async () => (await figure(page, 'tile-events')) > before);
      fake.failing = null;
      await page.click('#time >> text=Try again');
      await until('the series', async () => !/could not be read/.test(await text(page, '#time')));
    }));
}

async function asking(browser) {
  await test('a server with a token asks for it once, by keyboard too, and then shows the page', async () => {
    const fake = await startFake('live');
    fake.token = 'sixteen-letters-or-more';
    const opened = await openPage(browser, { expected: /401|Failed to load resource/ });
    try {
      const { page } = opened;
      await page.goto(`${fake.url}/`);
      await page.waitForSelector('#token');
      same((await axe(page)).join('\n'), '', 'axe');
      await page.fill('#token', 'not-the-one-that-is-right');
      await page.press('#token', 'Enter');
      await until('the refusal', async () => /not right/.test(await text(page, '#main')));
      await page.fill('#token', fake.token);
      await page.press('#token', 'Enter');
      await ready(page);
      clean(opened.faults);
    } finally {
      await opened.close();
      await fake.vanish().catch(() => undefined);
    }
  });
}

async function choosing(browser) {
  await test('the drawer opens by mouse and keyboard, holds what attackers wrote as text, and gives the focus back', () =>
    on(browser, 'live', {}, async (page) => {
      await page.focus('.alerts tbody tr:first-child .why a');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#drawer .log li');
      for (const summary of await page.locator('#drawer .log li:not(:first-child) summary').all()) await summary.click();
      const said = await page.locator('#drawer').innerText();
      check(said.includes(HOSTILE[0]), 'the tag as text');
      check(said.includes(HOSTILE[1]), 'the formula as text');
      check(said.includes('\\x1b]0;owned\\x07\\u202egnp.exe'), 'controls are visible');
      same(await page.locator('#drawer img').count(), 0, 'images');
      same((await axe(page)).join('\n'), '', 'axe');
      check(page.url().includes('alert='), 'the alert is in the URL');
      await page.screenshot({ path: path.join(OUT, 'drawer-1440-light.png') });
      await page.keyboard.press('Escape');
      await until('closed', async () => (await page.locator('#drawer').count()) === 0); // with the next frame
      await until('the focus on the row', () => page.evaluate(() => document.activeElement?.id.startsWith('alert-')));
      await page.click('.alerts tbody tr:nth-child(2) .t');
      await page.waitForSelector('#drawer');
      await page.reload();
      await page.waitForSelector('#drawer .log li');
      await page.goBack();
      await until('closed', async () => (await page.locator('#drawer').count()) === 0);
    }));
  await test('the drawer fills a phone', () =>
    on(browser, 'live', { width: 390, scheme: 'dark' }, async (page) => {
      await page.click('.alerts tbody tr:first-child');
      await page.waitForSelector('#drawer .log li');
      same((await page.locator('#drawer').boundingBox()).x, 0, 'left edge');
      await page.screenshot({ path: path.join(OUT, 'drawer-390-dark.png') });
      same((await axe(page)).join('\n'), '', 'axe');
    }));
  await test('an alert that is gone is said', () =>
    on(browser, 'live', { place: `/?alert=${'f'.repeat(32)}`, expected: /404/ }, async (page) => {
      await until('the words', async () => /The alert could not be read\. There is no such alert\./.test(await text(page, '#drawer')));
    }));
  await test('window and theme are kept', () =>
    on(browser, 'live', {}, async (page) => {
      await page.click('#range');
      await page.click('#time-popup >> text="24 h"');
      check(page.url().endsWith('?window=24h'), page.url());
      await page.click('#theme');
      await page.click('#theme');
      same(await page.evaluate(() => document.documentElement.dataset.theme), 'dark', 'theme');
      await page.reload();
      await ready(page);
      same(await page.evaluate(() => document.documentElement.dataset.theme), 'dark', 'theme after a reload');
      check((await text(page, '#range')).startsWith('Last 24 hours'), 'window after a reload');
    }));
  await test('arrow keys move the crosshair, the readout follows, the table says the same', () =>
    on(browser, 'live', { place: '/?window=6h' }, async (page) => {
      await page.click('text=Show as a table');
      await page.waitForSelector('#series-table tbody tr');
      const [time] = await page.locator('#series-table tbody tr').nth(70).locator('td').allInnerTexts();
      await page.focus('.time');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      await until(`the readout of ${time}`, async () => (await text(page, '.readout')).startsWith(time));
    }));
}

// A crosshair on one chart is one on all of them, and each says what it has there.
async function pointing(browser) {
  await test('one crosshair for all charts: sparklines and time charts point at the same moment', () =>
    on(browser, 'live', { place: '/?window=6h' }, async (page) => {
      await page.click('text=Show as a table');
      await page.waitForSelector('#series-table tbody tr');
      const cells = (i) => page.locator('#series-table tbody tr').nth(i).locator('td').allInnerTexts();
      await page.locator('#tile-events .spark').scrollIntoViewIfNeeded();
      const box = await page.locator('#tile-events .spark').boundingBox();
      const rows = await page.locator('#series-table tbody tr').count();
      const at = 12;
      await page.mouse.move(box.x + (box.width * at) / (rows - 1), box.y + box.height / 2);
      const [time, anomalous, , , , , , , events] = await cells(at);
      await until('the readout', async () => (await text(page, '.readout')).startsWith(time));
      const said = async (id) => (await text(page, `${id} .delta`)).replace(/\s+/g, ' ');
      same(await said('#tile-events'), `${events} at ${time}`, 'events');
      same(await said('#tile-anomalous'), `${anomalous} at ${time}`, 'anomalous');
      same(await page.locator('.l-cross').count(), 2, 'lines in sparklines');
      const crosses = await page.locator('.u-cursor-x').evaluateAll((all) => all.map((one) => Math.round(new DOMMatrix(getComputedStyle(one).transform).m41)));
      check(crosses.length === 3 && crosses[0] > 0 && new Set(crosses).size === 1, `lines in the charts: ${crosses}`);
      await page.mouse.move(0, 0);
      await until('it is gone', async () => (await page.locator('.l-cross').count()) === 0);
      await page.focus('.time');
      await page.keyboard.press('ArrowLeft');
      const [last] = await cells(rows - 1);
      await until('by keys', async () => (await said('#tile-events')).endsWith(` at ${last}`));
      await page.locator('#tile-anomalous .spark').click({ position: { x: 90, y: 10 } });
      await until('its rows', async () => /view=events/.test(page.url()) && /filter=by/.test(page.url()) && /from=/.test(page.url()));
      await page.waitForSelector('.rows, .none-found');
    }));
  await test('the time charts are labelled anew with another zone', async () => {
    const fake = await startFake('live');
    const context = await browser.newContext({ timezoneId: 'Asia/Kolkata', viewport: { width: 1440, height: 900 } });
    await context.addInitScript(() => {
      window.drawn = [];
      const write = CanvasRenderingContext2D.prototype.fillText;
      CanvasRenderingContext2D.prototype.fillText = function (words, ...rest) {
        window.drawn.push(words);
        return write.call(this, words, ...rest);
      };
    });
    try {
      const page = await context.newPage();
      await page.goto(`${fake.url}/?window=6h`);
      await ready(page);
      const last = () => page.evaluate(() => window.drawn.filter((words) => /^\d\d:\d\d$/.test(words)).at(-1));
      await until('labels', async () => (await last()) !== undefined);
      const utc = await last();
      await page.keyboard.press('t');
      await page.click('text=Local time');
      await until('other labels', async () => (await last()) !== utc);
    } finally {
      await context.close();
      await fake.vanish().catch(() => undefined);
    }
  });
}

async function listening(browser) {
  for (const state of ['empty', 'calm', 'silent', 'failed', 'clock', 'mixed'])
    await test(`sources, ${state}: readable in both widths and themes, and it stands still`, async () => {
      for (const [width, scheme] of [[1440, 'light'], [1440, 'dark'], [1024, 'light'], [390, 'light'], [390, 'dark']])
        await on(browser, state, { width, scheme, place: '/?view=sources' }, async (page, fake) => {
          for (let i = 0; i < 3; i++) {
            fake.commit();
            await page.waitForTimeout(250);
          }
          same(JSON.stringify(await page.evaluate(() => window.shifts)), '[]', 'layout shifts');
          await seen(page, `sources-${state}-${width}-${scheme}`);
        });
    });
  await test('the most troubled source stands first, and the sum adds up column by column', () =>
    on(browser, 'mixed', { place: '/?view=sources' }, async (page) => {
      const states = await page.locator('#source-table tbody .st').allInnerTexts();
      same(states.map((word) => word.trim()).join(' '), 'Failed Silent Behind Waiting Live Live Idle Ended', 'order');
      const rows = await page.locator('#source-table tbody tr, #source-table tfoot tr').evaluateAll((all) =>
        all.map((row) => ['read', 'accepted', 'duplicate', 'skipped', 'malformed', 'late'].map((name) => Number(row.querySelector(`td[data-label="${name}"]`).textContent.replaceAll(',', '')))));
      for (const [read, accepted, duplicate, skipped, malformed] of rows) same(read, accepted + duplicate + skipped + malformed, 'a row');
      const total = rows.pop();
      total.forEach((value, i) => same(value, rows.reduce((sum, row) => sum + row[i], 0), `column ${i}`));
      check(/^1,836,05\d records read = 1,815,73\d decoded \+ 20,311 skipped \+ 12 malformed\./.test(await text(page, '#sum')), await text(page, '#sum'));
      same((await page.locator('.nav [aria-current]').textContent()), 'Sources4 with trouble', 'the page in the bar');
    }));
  await test('a source opens by keyboard and mouse, stays in the URL, and says why records were not read', () =>
    on(browser, 'mixed', { place: '/?view=sources' }, async (page) => {
      await page.focus('#source-table tbody tr:first-child button');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.details');
      const said = await page.locator('.details').innerText();
      for (const words of ['It can’t be read: permission denied\\x1b[2J.', 'not valid JSON, or cut', '<img src=x onerror=alert(1)>\\u202e\\x1b]0;owned\\x07']) check(said.includes(words), `${words} is not in ${said}`);
      same(await page.locator('main img').count(), 0, 'images');
      same(new URL(page.url()).searchParams.get('source'), HOSTILE_NAME, 'the source in the URL');
      await page.reload();
      await page.waitForSelector('.details');
      await seen(page, 'source-open-1440-light');
      await page.keyboard.press('Escape');
      await page.goBack();
      await until('closed', async () => (await page.locator('.details').count()) === 0);
      await page.click('#source-table >> text=sensor-2');
      await until('gaps', async () => /12 gaps in this window/.test(await text(page, '.details')));
      check(/and 4 shorter ones/.test(await text(page, '.details')), 'the gaps that are not listed are counted');
    }));
  await test('a source opens on a phone', () =>
    on(browser, 'mixed', { width: 390, scheme: 'dark', place: `/?view=sources&source=${encodeURIComponent('/data/flows/TestbedMonJun14Flows.csv')}` }, async (page) => {
      await page.waitForSelector('.details');
      check(/moved by --align\s+−26 h/.test(await text(page, '.details')), await text(page, '.details'));
      await seen(page, 'source-open-390-dark');
    }));
}

async function keeping(browser) {
  await test('records in quarantine show as text, strange bytes as what they are', () =>
    on(browser, 'mixed', { place: '/?view=sources' }, async (page) => {
      check(/^240 records of 10,000 possible are kept, 283 KB of 67\.1 MB\. 1,911 older ones had to go\.$/.test(await text(page, '#quarantine .answer')), await text(page, '#quarantine .answer'));
      for (const summary of (await page.locator('.kept-list summary').all()).slice(0, 6)) await summary.click();
      const said = await page.locator('.kept-list').innerText();
      for (const words of [HOSTILE_RECORDS[0].split('"')[3], '\\x1b]0;owned\\x07', HOSTILE_RECORDS[1], 'invoice\\u202egnp.exe', '\\x80\\xff\\xfe', 'bytes that are no UTF-8', 'another record begins inside it']) check(said.includes(words), `${words} is not shown`);
      same(await page.locator('main img').count(), 0, 'images');
      await seen(page, 'quarantine-1440-light');
      await page.click('text=Show the next 80');
      await until('100 records', async () => (await page.locator('.kept-list li').count()) === 100);
    }));
  await test('trying again says what came of it, for all and for one, and when it fails', () =>
    on(browser, 'mixed', { place: '/?view=sources', expected: LOST }, async (page, fake) => {
      await page.focus('#retry-all');
      await page.keyboard.press('Enter');
      await until('what came of it', async () => (await text(page, '#retried')) === 'Tried 240 records: 60 could be read and were taken in, 180 still can’t be read.');
      await page.click('.kept-list summary');
      await page.click('.kept-list button');
      await until('what came of one', async () => (await text(page, '#retried')) === 'Tried 1 record: none can be read yet.');
      same(JSON.stringify(fake.told.map(({ body }) => body)), JSON.stringify(['{}', '{"number":240}']), 'asked');
      fake.failing = '/quarantine/retry';
      await page.click('#retry-all');
      await until('the refusal', async () => (await text(page, '#retried')) === 'It could not be tried: The store can’t be written.');
      fake.failing = null;
    }));
  await test('with nothing in quarantine there is nothing to try', () =>
    on(browser, 'calm', { place: '/?view=sources' }, async (page) => {
      same(await text(page, '#quarantine .answer'), 'Every record could be read.', 'answer');
      same(await page.locator('#retry-all').count(), 0, 'buttons');
      same(await text(page, '#reporting .answer'), 'All four sources report.', 'sources');
    }));
}

async function honest(browser) {
  await test('the overview leads to the sources and back; the view is in the URL', () =>
    on(browser, 'silent', { place: '/?window=6h' }, async (page) => {
      await page.click('#say >> text=All sources');
      await page.waitForSelector('#source-table');
      check(page.url().endsWith('/?view=sources&window=6h'), page.url());
      same(await page.title(), 'Sources · honeyguide', 'title');
      await page.focus('.nav a');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#verdict');
      check(page.url().endsWith('/?window=6h'), page.url());
    }));
  await test('a source that falls silent while one looks pushes nothing aside', () =>
    on(browser, 'calm', { place: '/?window=6h' }, async (page, fake) => {
      check(/^All four sources report\. ?All sources$/.test((await text(page, '#say')).replaceAll('\n', ' ')), await text(page, '#say'));
      fake.state = 'silent';
      fake.commit();
      await until('the words', async () => /has been silent/.test(await text(page, '#say')));
      await page.waitForTimeout(500);
      same(JSON.stringify(await page.evaluate(() => window.shifts)), '[]', 'layout shifts');
    }));
  await test('“0 alerts” never stands for “nothing was seen”', async () => {
    await on(browser, 'blind', {}, async (page) => {
      same(await text(page, '#tile-alerts .fig'), '–', 'alerts');
      same(await text(page, '#tile-alerts .note-line'), 'Nothing was seen in all of this hour.', 'note');
      check(!/no alert in the last hour|Nobody/.test(await text(page, '#app')), 'nothing claims that there was none');
    });
    await on(browser, 'silent', { place: '/?window=6h' }, async (page) => {
      same(await text(page, '#tile-alerts .fig'), '0', 'alerts');
      same(await text(page, '#tile-alerts .note-line'), 'Nothing was seen for 18 min of these 6 hours.', 'note');
    });
  });
  await test('unobserved time is hatched where it was, named in the key, the readout, the table and to a reader', () =>
    on(browser, 'live', { place: '/?window=6h' }, async (page) => {
      check(/not observed/.test(await text(page, '.p-name')), 'the key');
      check(/Nothing was observed 18:23 – 18:41\./.test(await page.locator('.time').getAttribute('aria-label')), 'what a reader hears');
      await page.click('text=Show as a table');
      const words = (await page.locator('#series-table tr td:last-child').allInnerTexts()).filter((word) => /observed/.test(word));
      same(words.join(' | '), '2 min of 5 min not observed | not observed | not observed | not observed | 1 min of 5 min not observed', 'the table');
      await page.click('text=Hide the table');
      const plot = await page.locator('.h-l .u-over').boundingBox();
      const at = async (share) => {
        await page.mouse.move(plot.x + share * plot.width, plot.y + 40);
        await page.waitForTimeout(150);
        return text(page, '.readout');
      };
      check(/nothing was observed/.test(await at(32.5 / 72)), 'the readout inside');
      check(/2 min of 5 min not observed/.test(await at(30.5 / 72)), 'the readout at the edge');
      check(!/not observed/.test(await at(20.5 / 72)), 'the readout elsewhere');
      // Hatching is ink: the share of drawn points above the bars, inside the stretch and beside it.
      const ink = await page.evaluate(() => {
        const canvas = document.querySelector('.h-l canvas');
        const box = document.querySelector('.h-l .u-over').getBoundingClientRect();
        const of = canvas.getBoundingClientRect();
        const scale = canvas.width / of.width;
        const { data, width } = canvas.getContext('2d').getImageData((box.left - of.left) * scale, (box.top - of.top + box.height * 0.3) * scale, box.width * scale, box.height * 0.15 * scale);
        const share = (from, to) => {
          const drawn = data.filter((value, i) => i % 4 === 3 && ((i >> 2) % width) / width >= from && ((i >> 2) % width) / width < to).map((value) => (value > 20 ? 1 : 0));
          return drawn.reduce((sum, ink) => sum + ink, 0) / drawn.length;
        };
        return { inside: share(30.7 / 72, 34.1 / 72), before: share(26 / 72, 30.5 / 72), after: share(34.3 / 72, 38 / 72) };
      });
      check(ink.inside > 0.1 && ink.before < 0.05 && ink.after < 0.05, JSON.stringify(ink));
    }));
  await test('an event that came late is marked', () =>
    on(browser, 'live', {}, async (page) => {
      await page.click('.alerts tbody tr:first-child');
      await page.waitForSelector('#drawer .log li');
      same(await page.locator('#drawer .tag').count(), 1, 'marks');
      same(await text(page, '#drawer .tag'), 'late', 'mark');
    }));
}

export async function states(browser) {
  await sayings(browser);
  await questions(browser);
  await moving(browser);
  await restlessFigures(browser);
  await losing(browser);
  await asking(browser);
  await choosing(browser);
  await pointing(browser);
  await listening(browser);
  await keeping(browser);
  await honest(browser);
  await models(browser);
  await reasons(browser);
  await learning(browser);
}
