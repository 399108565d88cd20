// Why an alert is one: findings of named detectors with their evidence, and what would have been ordinary.
import path from 'node:path';
import { FINDINGS, explained } from './fake_learning.mjs';
import { OUT, axe, check, same, test, text, until } from './harness.mjs';
import { LOST, on } from './state_page.mjs';

const row = (words) => `.alerts tbody tr:has(.tag:text-is("${words}"))`;

async function named(browser) {
  await test('findings: tags, many addresses, many ports, in both widths and themes; axe finds nothing', async () => {
    for (const [width, scheme] of [[1440, 'light'], [1440, 'dark'], [1024, 'light'], [390, 'light'], [390, 'dark']])
      await on(browser, 'found', { width, scheme, place: '/?window=6h' }, async (page) => {
        await page.waitForSelector('.alerts .tag');
        same((await page.locator('.alerts .tag').allInnerTexts()).sort().join('; '), 'exfiltration; flood; log-in that worked after guessing; scan of many hosts; scan of many ports', 'tags');
        check((await text(page, row('flood'))).includes('many addresses'), 'whoever turned to the target');
        check((await text(page, row('scan of many ports'))).includes('192.0.2.10, many ports'), 'whatever port');
        check((await text(page, row('scan of many hosts'))).includes('192.0.2.12 and others') || (await text(page, row('scan of many hosts'))).includes(' and others'), 'whatever host');
        for (const { words } of FINDINGS) check((await text(page, '.alerts')).includes(words), words);
        same(await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0, 'pixels scrolled sideways');
        await page.screenshot({ path: path.join(OUT, `found-${width}-${scheme}.png`), fullPage: true });
        same((await axe(page)).join('\n'), '', 'axe');
      });
  });
  await test('the drawer shows what was counted against the limit, in which time, and what else was found', () =>
    on(browser, 'found', { place: '/?window=6h' }, async (page) => {
      await page.focus(`${row('scan of many ports')} .why a`);
      await page.keyboard.press('Enter');
      await page.waitForSelector('#evidence');
      const said = (await text(page, '#evidence')).replace(/\s+/g, ' ');
      for (const words of ['an alert from 30 ports on', '1,024 ports', 'Within 2 min', '< 1 in 1 million, nominal', 'Found as well more than is usual']) check(said.includes(words), `${words} is not in ${said}`);
      same(await text(page, '#drawer-title'), '198.51.100.7 to 192.0.2.10, many ports', 'title');
      check((await text(page, '#odd')).startsWith('By the model’s score alone: 40 % of ordinary events are as odd.'), await text(page, '#odd'));
      check(/bytes both ways\s*usual 400 B – 25 MB, median 5\.2 KB/.test(await text(page, '#features')), await text(page, '#features'));
      const shares = await page.locator('#features .share i').evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
      check(Math.abs(shares[1] / shares[0] - 0.5) < 0.05 && Math.abs(shares[2] / shares[0] - 1 / 6) < 0.05, `bars of the shares: ${shares}`);
      await page.keyboard.press('Escape');
      await page.click(row('flood'));
      await until('the flood', async () => (await text(page, '#drawer-title')) === 'Many addresses to 192.0.2.10, port 80');
      await page.keyboard.press('Escape');
      await page.click(row('log-in that worked after guessing'));
      await until('no model', async () => (await text(page, '#odd')) === 'The model has no score for it; what was counted made it an alert.');
    }));
  await test('an alert that was stored before p-values says so, and its score', () =>
    on(browser, 'found', { place: '/?window=6h' }, async (page) => {
      const old = page.locator('.alerts tbody tr', { hasText: 'score 0.93' });
      same(await old.locator('.score').getAttribute('title'), 'It was scored before p-values were kept.', 'why there is none');
      await old.click();
      await page.waitForSelector('#drawer .log li');
      check((await text(page, '#odd')).startsWith('It was scored before p-values were kept.'), await text(page, '#odd'));
      check(!/It has no score/.test(await text(page, '#drawer .reason, #drawer #odd')), 'it has one');
    }));
}

async function ordinary(browser) {
  for (const [width, scheme] of [[1440, 'light'], [390, 'dark']])
    await test(`what would be ordinary, by keyboard at ${width}: sentences, and a table beside the nearest`, () =>
      on(browser, 'live', { width, scheme, place: `/?alert=${'1'.padStart(32, '0')}` }, async (page) => {
        await page.waitForSelector('#drawer .ask button');
        await page.focus('#drawer .ask button');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.ordinary');
        const said = (await text(page, '.ordinary')).replace(/\s+/g, ' ');
        for (const { words } of explained('').explanation.counterfactuals) check(said.includes(words), `${words} is not in ${said}`);
        check(said.startsWith('The model that scored it calls it odd: 1 in 20,000 ordinary events is as odd; alerts of its source begin at 1 in 1,000 now.'), said);
        const cells = await page.locator('.beside tbody tr').evaluateAll((rows) => rows.map((one) => [...one.cells].map((cell) => cell.textContent.replaceAll('\u202f', ' ')).join(' | ')));
        same(cells[1], 'bytes both ways | 3.8 GB | 400 B – 25 MB | 6.1 KB', 'bytes');
        same(cells[2], 'share of the source’s events in 10 minutes that failed | 99.8 % | 2.0 % – 50 % | 10 %', 'failures');
        same(cells[3], 'to a common port | no | yes | yes', 'a common port');
        same(await page.evaluate(() => document.activeElement?.className), 'ordinary', 'focus');
        await page.screenshot({ path: path.join(OUT, `ordinary-${width}-${scheme}.png`) });
        same((await axe(page)).join('\n'), '', 'axe');
      }));
  await test('what can’t be told of is said: another model, nothing kept, and a failure that is tried again', () =>
    on(browser, 'live', { place: `/?alert=${'1'.padStart(32, '0')}`, expected: LOST }, async (page, fake) => {
      const route = `/explain/${'1'.padStart(32, '0')}`;
      const asking = async (change, wanted) => {
        fake.bend = (asked, body) => (asked === route ? explained('', change) : body);
        await page.reload();
        await page.click('#drawer .ask button');
        await until(wanted, async () => (await text(page, '.ordinary')).includes(wanted));
      };
      await asking({ explanation: { same_model: false, ordinary: true, p_value: 0.4, counterfactuals: [], has_nearest: false } }, 'The model is another one by now: the one that scored it is no longer kept, the one in force calls it ordinary by itself: 40 % of ordinary events are as odd');
      same(await page.locator('.beside thead th').count(), 3, 'no column of the nearest');
      await asking({ explanation: null, why_not: 'not_stored' }, 'The event itself is no longer stored');
      await asking({ explanation: null, why_not: 'no_features' }, 'Its figures were not kept');
      await asking({ explanation: null }, 'No model that is kept knows of such events.');
      await page.reload();
      fake.failing = route;
      await page.click('#drawer .ask button');
      await until('the refusal', async () => (await text(page, '.ordinary')).includes('It could not be told. The store answered after more than 10 seconds'));
      fake.failing = null;
      fake.bend = (_asked, body) => body;
      await page.click('.ordinary >> text=Try again');
      await page.waitForSelector('.ways');
    }));
}

export async function reasons(browser) {
  await named(browser);
  await ordinary(browser);
}
