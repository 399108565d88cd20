// The model's view on the fake server: budget, p-values and what was learnt, in every state.
import path from 'node:path';
import { HOSTILE_NAME } from './fake_sources.mjs';
import { OUT, check, same, test, text, until } from './harness.mjs';
import { LOST, on, seen } from './state_page.mjs';

const PLACE = '/?view=model';

const SAYINGS = [
  ['empty', /^There is no model yet\. Asked: 20 alerts a day, all sources together\.$/, /A model is learnt from the first events that come/],
  ['learning', /^Not learnt yet: 6,2\d\d of 10,000 events\./, /Nothing is scored before the lesson is over, after 10,000 events\./],
  ['young', /No event has been scored yet\.$/, /Each source gets its line with the first that is\./],
  ['few', /There are too few events to tell whether it holds\.$/, /Too few to say: \d+ events/],
  ['steady', /^Asked: 20 alerts a day from each source\. All sources keep to it\.$/, /As asked: \d+ false alarms/],
  ['live', /^cowrie\.json raises more false alarms than asked\. Asked: 20 alerts a day/, /its p-values are far from uniform\./],
  ['mixed', /raises more false alarms than asked\. Asked: a false alarm in 1,000 events\.$/, /Too few to tell/],
];

async function saying(browser) {
  for (const [state, answer, elsewhere] of SAYINGS)
    await test(`model, ${state}: says what is so, readable in all widths and both themes, and it stands still`, async () => {
      for (const [width, scheme] of [[1440, 'light'], [1440, 'dark'], [1024, 'light'], [390, 'light'], [390, 'dark']])
        await on(browser, state, { width, scheme, place: PLACE }, async (page, fake) => {
          check(answer.test(await text(page, '#budget .answer')), `answer: ${await text(page, '#budget .answer')}`);
          check(elsewhere.test(await text(page, '#main')), `${elsewhere} is not on the page`);
          await page.waitForTimeout(600);
          await page.evaluate(() => (window.shifts.length = 0)); // the banner of the learning comes with the first answer
          for (let i = 0; i < 3; i++) {
            fake.commit();
            await page.waitForTimeout(250);
          }
          same(JSON.stringify(await page.evaluate(() => window.shifts)), '[]', 'layout shifts');
          same(await page.locator('main img').count(), 0, 'images');
          await seen(page, `model-${state}-${width}-${scheme}`);
        });
    });
}

const ask = async (fake) => (await fetch(`${fake.url}/api/v1/reliability?weeks=12`)).json();

// What each bar of a drawing holds by its height, in shares of the tallest.
export async function heights(page, drawing) {
  return page.locator(`${drawing} rect:not(.pv-band)`).evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().height));
}

// The drawn bars, the table and the API say the same.
export async function sameBars(page, drawing, wanted, what) {
  const drawn = await heights(page, drawing);
  same(drawn.length, wanted.length, `${what}: bars`);
  const most = wanted.indexOf(Math.max(...wanted));
  check(drawn[most] > 2, `${what}: the tallest bar is drawn`);
  wanted.forEach((value, i) => check(Math.abs(drawn[i] - (value / wanted[most]) * drawn[most]) <= 1, `${what}: bar ${i} is ${drawn[i]} px high for ${value}, the tallest ${drawn[most]} for ${wanted[most]}`));
}

export async function sameTable(page, wanted) {
  await page.click('#spread >> text=Show as a table');
  const rows = await page.locator('#pv-table tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => Number(cell.textContent.replaceAll(',', '')))));
  await page.click('#spread >> text=Hide the table');
  same(JSON.stringify(rows.map(([, events]) => events)), JSON.stringify(wanted), 'the table');
}

const number = (words) => Number(words.replace(/[^0-9.]/g, ''));

async function counting(browser) {
  await test('the plotted counts are the API’s, of every source and week; expected level and band are what chance makes them', () =>
    on(browser, 'live', { place: PLACE }, async (page, fake) => {
      const { sources } = await ask(fake);
      for (const source of sources) {
        await page.click(`#budget-table tr[data-source="${source.source}"]`);
        await until(source.source, async () => (await text(page, '#spread .answer')).startsWith(source.source.split('/').pop()));
        same(await page.locator('#weeks li').count(), source.weeks.length, 'weeks');
        for (const [i, week] of source.weeks.entries()) {
          await sameBars(page, `#weeks li:nth-child(${i + 1})`, week.p_values, `${source.source} ${week.from}`);
          same(number(await text(page, `#weeks li:nth-child(${i + 1}) .when`).then((words) => words.replace(/^\d+ \w+/, ''))), week.events, 'events of a week');
        }
      }
      const { weeks } = sources.find((source) => source.source === '/data/eve.json');
      await page.click('#budget-table tr[data-source="/data/eve.json"]');
      await page.click('#weeks li:nth-child(4) button');
      await until('the week', async () => page.url().includes(`week=${weeks[3].from.slice(0, 10)}`));
      await until('its words', async () => (await text(page, '#week-facts')).startsWith(weeks[3].words));
      await sameBars(page, '#pv', weeks[3].p_values, 'the large plot');
      await sameTable(page, weeks[3].p_values);
      const n = weeks[3].p_values.reduce((sum, value) => sum + value, 0);
      const room = 1.96 * Math.sqrt(n * 0.05 * 0.95);
      const said = (await text(page, '#pv .p-name')).match(/([\d,]+) to expect[^]*band, ([\d,]+) – ([\d,]+)/).slice(1).map(number);
      same(JSON.stringify(said), JSON.stringify([n / 20, n / 20 - room, n / 20 + room].map(Math.round)), 'level and band');
      const y = await page.evaluate(() => {
        const at = (selector) => document.querySelector(`#pv ${selector}`).getBoundingClientRect();
        const area = at('.pv-bars');
        return { level: (area.bottom - (at('.pv-level').top + at('.pv-level').bottom) / 2) / area.height, top: Number(document.querySelector('.pv-y span').textContent.replaceAll(',', '')) };
      });
      check(Math.abs(y.level - n / 20 / y.top) < 0.01, `the level stands at ${y.level} of ${y.top}`);
    }));
  await test('the table of the budget says the API’s figures of the newest week that has enough', () =>
    on(browser, 'live', { place: PLACE }, async (page, fake) => {
      const { sources } = await ask(fake);
      same((await page.locator('#budget-table .st').allInnerTexts()).map((word) => word.trim()).join(' | '), 'More than asked | Fewer than asked | As asked | Too few to tell', 'order');
      for (const { source, weeks, events_a_day } of sources) {
        const week = weeks.find(({ verdict }) => verdict !== 'too_few') ?? weeks[0];
        const cell = (name) => text(page, `#budget-table tr[data-source="${source}"] td[data-label="${name}"]`);
        for (const [name, value] of [['events', week.events], ['counted', week.alarms], ['alerts', week.alerts], ['events a day', Math.round(events_a_day)]]) same(number(await cell(name)), value, `${source}: ${name}`);
        check(Math.abs(number(await cell('expected')) - week.expected) <= 0.5, `${source}: ${await cell('expected')} expected`);
        const [low, high] = (await cell('95 % interval')).split(' – ').map(number);
        check(Math.abs(low - week.interval[0]) <= 0.5 && Math.abs(high - week.interval[1]) <= 0.5, `${source}: ${low} – ${high}`);
        same((await text(page, `#budget-table tr[data-source="${source}"] .told`)), week.words, 'words');
      }
    }));
}

async function reaching(browser) {
  await test('everything of the model is reached by keyboard: source, bars, table, weeks, columns', () =>
    on(browser, 'live', { place: PLACE }, async (page, fake) => {
      const { sources } = await ask(fake);
      await page.focus('#budget-table tbody tr:nth-child(3) button');
      await page.keyboard.press('Enter');
      await until('the source', async () => (await text(page, '#spread .answer')).startsWith('eve.json'));
      same(new URL(page.url()).searchParams.get('source'), '/data/eve.json', 'the source in the URL');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      same(await page.evaluate(() => document.activeElement.id), 'pv', 'the focus');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      const { p_values } = sources[0].weeks[0];
      await until('the readout', async () => (await text(page, '.pv-readout')).replace(/\s+/g, ' ').startsWith(`p 0.05 – 0.1 ${p_values[1].toLocaleString('en-US')} events, `));
      check(/^Events by p-value, eve\.json, 6 – 12 Jan 2025; arrow keys move through the bars\. (All 20|\d+ of 20) bars/.test(await page.locator('#pv').getAttribute('aria-label')), await page.locator('#pv').getAttribute('aria-label'));
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#pv-table');
      await seen(page, 'model-table-1440-light');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await until('the week', async () => (await page.locator('#weeks li:nth-child(2) button').getAttribute('aria-pressed')) === 'true');
      await page.reload();
      await page.waitForSelector('#weeks');
      same(await page.locator('#weeks li:nth-child(2) button').getAttribute('aria-pressed'), 'true', 'the week after a reload');
      await page.focus('#learnt-table tr:nth-child(2) button');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#learnt-table .details');
      check(/less than 14 days of training/.test(await text(page, '#learnt-table .details')), 'why columns were dropped');
      await seen(page, 'model-open-1440-light');
    }));
  await test('the mouse over a bar reads it out', () =>
    on(browser, 'live', { place: PLACE }, async (page, fake) => {
      const [, cowrie] = (await ask(fake)).sources;
      const box = await page.locator('.pv-area').boundingBox();
      for (const i of [0, 9, 19]) {
        await page.mouse.move(box.x + ((i + 0.5) / 20) * box.width, box.y + 50);
        await until(`bar ${i}`, async () => (await text(page, '.pv-readout')).includes(`${cowrie.weeks[0].p_values[i].toLocaleString('en-US')} events, `));
      }
    }));
  await test('what was learnt opens on a phone, with the columns that were dropped and why', () =>
    on(browser, 'live', { width: 390, scheme: 'dark', place: PLACE }, async (page) => {
      await page.click('#learnt-table >> text=Cowrie');
      await page.waitForSelector('#learnt-table .details');
      check(/total_bytes\s+over 50 % missing \(100 %\)/.test(await text(page, '#learnt-table .details')), await text(page, '#learnt-table .details'));
      await page.click('#weeks li:nth-child(2) button');
      await seen(page, 'model-open-390-dark');
    }));
}

async function leading(browser) {
  await test('the foot of the page and its bar lead to the model, and back', () =>
    on(browser, 'live', {}, async (page) => {
      await page.click('.foot >> text=Model 4f1c90a9');
      await page.waitForSelector('#budget-table');
      same(await page.title(), 'Model · honeyguide', 'title');
      same(await page.locator('.nav [aria-current]').textContent(), 'Model', 'the page in the bar');
      await page.click('.nav >> text=Overview');
      await page.waitForSelector('#verdict');
      check(page.url().endsWith('/'), page.url());
    }));
  await test('where the figures can’t be read that is said, and what was learnt still shows', () =>
    on(browser, 'live', { place: '/', expected: LOST }, async (page, fake) => {
      fake.failing = '/reliability';
      await page.click('.nav >> text=Model');
      await until('the words', async () => /What was asked and came of it could not be read\. The store answered after more than 10 seconds/.test(await text(page, '#budget')));
      await page.waitForSelector('#learnt-table');
      await page.screenshot({ path: path.join(OUT, 'model-failed-1440-light.png'), fullPage: true });
      fake.failing = null;
      await page.click('#budget >> text=Try again');
      await page.waitForSelector('#budget-table');
    }));
  await test('a hostile name of a source is text, and its week opens from the URL', () =>
    on(browser, 'mixed', { place: `${PLACE}&source=${encodeURIComponent(HOSTILE_NAME)}&week=2024-12-30` }, async (page) => {
      check((await text(page, '#spread .answer')).startsWith('<img src=x onerror=alert(1)>\\u202e\\x1b]0;owned\\x07.json, 30 Dec 2024 – 5 Jan 2025'), await text(page, '#spread .answer'));
      same(await page.locator('main img').count(), 0, 'images');
    }));
  await test('an alert says how odd it is and on how many features it was scored', () =>
    on(browser, 'live', {}, async (page) => {
      same(await text(page, '.alerts tbody tr:first-child .score'), '1 in 20,000', 'in the list');
      await page.click('.alerts tbody tr:nth-child(3)');
      await page.waitForSelector('#drawer .log li');
      check(/score 0\.99992/.test(await text(page, '#drawer .split-h')), await text(page, '#drawer .split-h'));
      same(await text(page, '#odd'), '1 in 12,000 ordinary events is as odd. Scored on 9 of 26 features: the nearest set of columns that it shares with what was learnt.', 'how odd');
      same(await page.locator('.alerts tbody tr:first-child .sev').getAttribute('title'), 'At most 1 in 10,000 ordinary events is as odd', 'what High means');
    }));
}

export async function models(browser) {
  await saying(browser);
  await counting(browser);
  await reaching(browser);
  await leading(browser);
}
