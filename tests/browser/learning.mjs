// What was learnt when, drift, and canaries: the page against the API's answers.
import { check, same, test, text, until } from './harness.mjs';
import { on, seen } from './state_page.mjs';

const PLACE = '/?view=model';
const api = async (fake, route) => (await fetch(`${fake.url}/api/v1${route}`)).json();
const number = (words) => (words === '–' ? null : Number(words.replace(/[^0-9.]/g, '')));

async function cells(page, table, labels) {
  return page.locator(`${table} tbody tr:not(.details)`).evaluateAll((rows, names) => rows.map((row) => names.map((name) => row.querySelector(`td[data-label="${name}"]`).textContent)), labels);
}

async function models(browser) {
  await test('the ledger has each model with its reason, rows and alerts, and opens by keyboard to what it was learnt from', () =>
    on(browser, 'live', { place: PLACE }, async (page, fake) => {
      await page.waitForSelector('#ledger-table');
      const { ledger, learning } = await api(fake, '/model');
      same(await text(page, '#ledger .answer'), 'Eleven models so far; this one since 7 Jan 2025, 21:50. The next is being learnt: p-values drifted lastingly.', 'answer');
      await page.focus('#ledger .more-row button');
      await page.keyboard.press('Enter');
      await until('all', async () => (await page.locator('#ledger-table tbody tr').count()) === ledger.length);
      const shown = await cells(page, '#ledger-table', ['model', 'rows', 'alerts', 'because', 'state']);
      same(JSON.stringify(shown.map(([model, rows, alerts]) => [model, number(rows), number(alerts)])), JSON.stringify(ledger.map((line) => [line.digest.slice(0, 8), line.rows, line.alerts])), 'lines');
      same(shown[0][4], 'in force', 'the newest');
      same(shown.at(-1)[3], 'there was none', 'the first');
      same(shown.at(-1)[4], 'kept, frozen as the first', 'the first');
      await page.focus('#ledger-table tbody tr:nth-child(2) button');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#ledger-table .details');
      check(/27,800 rows/.test(await text(page, '#ledger-table .details')) && (await text(page, '#ledger-table .details')).includes('<img src=x onerror=alert(1)>\\u202e.json'), await text(page, '#ledger-table .details'));
      same(await page.locator('main img').count(), 0, 'images');
      check((await text(page, '#apart')).startsWith('Beside the frozen first model, 320 (0.1 %) of 412,000 events since are judged quite otherwise. 41 events would have been ordinary to it, 300 an alarm.'), await text(page, '#apart'));
      const apart = await cells(page, '#apart-table', ['events', 'quite otherwise', 'alarm only now', 'alarm only then']);
      same(JSON.stringify(apart.map((row) => row.map(number))), JSON.stringify(learning.divergence.sources.map((row) => [row.events, row.apart, row.now_alarm, row.now_ordinary])), 'by source');
    }));
  await test('beneath each sub-model stands what came before, with its own columns', () =>
    on(browser, 'live', { place: PLACE }, async (page) => {
      await page.waitForSelector('#learnt-table .second');
      same(await page.locator('#learnt-table .second').count(), 4, 'second views');
      check(/not learnt: an event of it is judged by itself alone/.test(await page.locator('#learnt-table .second').last().innerText()), 'the one without');
      await page.focus('#learnt-table .second button');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#learnt-table .details');
      check(/src_events_1m/.test(await text(page, '#learnt-table .details')), 'columns');
    }));
}

async function drifting(browser) {
  await test('drift: a bar for each hour as the API has it, dark where it is significant, and the same in words', () =>
    on(browser, 'live', { place: PLACE }, async (page, fake) => {
      await page.waitForSelector('#drifts');
      const { kinds } = await api(fake, '/drift');
      const drawn = await page.locator('#drifts li').evaluateAll((items) => items.map((item) => [...item.querySelectorAll('rect')].map((rect) => [rect.getAttribute('class') ?? '', Number(rect.getAttribute('height'))])));
      const top = Math.max(0.2, ...kinds.flatMap(({ hours }) => hours.map(({ distance }) => distance)));
      kinds.forEach(({ kind, hours }, k) => {
        same(drawn[k].length, hours.length, `hours of ${kind}`);
        hours.forEach((hour, i) => {
          same(drawn[k][i][0], hour.marks > 0 ? 'out' : hour.checks === 0 ? 'none' : '', `mark of ${kind}, ${hour.hour}`);
          if (hour.checks > 0) check(Math.abs(drawn[k][i][1] - Math.max(1.5, (hour.distance / top) * 36)) < 0.01, `height of ${kind}, ${hour.hour}`);
        });
      });
      same(await text(page, '#drift .answer'), 'Yes, Suricata flows: its p-values no longer spread as when the model was calibrated.', 'answer');
      const said = await page.locator('#drifts .told').allInnerTexts();
      check(/^\d+ tests, 4 significant; the strongest 0\.\d\d, 8 Jan 2025, \d\d:00, by chance < 1 in 1 million\.$/.test(said[0].replaceAll('\u202f', ' ')), said[0]);
      same(said[2], '900 events, too few for a test.', 'too few');
    }));
}

async function trying(browser) {
  await test('canaries: injected, found, missed and the time to the alert, as the API has them', () =>
    on(browser, 'live', { place: PLACE }, async (page, fake) => {
      await page.waitForSelector('#canary-table');
      const { kinds } = await api(fake, '/canaries');
      const shown = await cells(page, '#canary-table', ['injected', 'found', 'missed', 'time to alert']);
      same(JSON.stringify(shown.map((row) => row.map(number))), JSON.stringify(kinds.map((kind) => [kind.injected, kind.found, kind.missed, kind.median_seconds_to_alert])), 'figures');
      same(await text(page, '#canaries .answer'), '23 of 27 were found. One of each kind every 6 h of event time.', 'answer');
    }));
  await test('without canaries, ledger and drift that is said, with the name of the flag', async () => {
    await on(browser, 'calm', { place: PLACE }, async (page) => {
      await until('off', async () => /Off\. honeyguide serve --canaries/.test(await text(page, '#canaries')));
    });
    await on(browser, 'empty', { place: PLACE }, async (page) => {
      await until('nothing', async () => (await text(page, '#ledger .answer')) === 'No model has been in force yet.');
      same(await text(page, '#drift .answer'), 'Not known: no event has been scored in this week.', 'drift');
    });
  });
  for (const [width, scheme] of [[1440, 'dark'], [1024, 'light'], [390, 'light'], [390, 'dark']])
    await test(`the life of the model is readable at ${width}, ${scheme}, and stands still`, () =>
      on(browser, 'live', { width, scheme, place: PLACE }, async (page, fake) => {
        await page.waitForSelector('#canary-table');
        await page.click('#ledger-table tbody tr:nth-child(2) button');
        await page.locator('#canaries').scrollIntoViewIfNeeded();
        await page.waitForTimeout(600);
        await page.evaluate(() => (window.shifts.length = 0));
        for (let i = 0; i < 3; i++) {
          fake.commit();
          await page.waitForTimeout(300);
        }
        same(JSON.stringify(await page.evaluate(() => window.shifts)), '[]', 'layout shifts');
        await seen(page, `life-${width}-${scheme}`);
      }));
}

export async function learning(browser) {
  await models(browser);
  await drifting(browser);
  await trying(browser);
}
