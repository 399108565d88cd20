// The analyst's desk on the fake server: asking, following, sharing, by mouse, by keyboard and on a phone. What is shown is counted again here.
import { ATTACKER, EVENTS, EVIL, SCORER_BEFORE, SCORER_NOW, SESSION, incidents, matching } from './fake_desk.mjs';
import { startFake } from './fake_server.mjs';
import { axe, check, clean, openPage, same, test, text, until } from './harness.mjs';
import { on, ready, seen } from './state_page.mjs';

const DOWNLOAD = EVENTS.find((event) => event.attributes.eventid === 'cowrie.session.file_download');
const INCIDENT = incidents(new URLSearchParams())[0];
const REFUSED = /400 \(Bad Request\)|Failed to load resource/;

const count = (query) => matching(new URLSearchParams(query)).length;
const thousands = (n) => n.toLocaleString('en-US');
const filterOf = (page) => new URL(page.url()).searchParams.get('filter');
const answerOf = (page, id) => text(page, `#${id} .answer`);
const rowsOf = (page) => page.locator('.rows tbody tr').count();

const VIEWS = {
  events: '/?view=events', incidents: '/?view=incidents', incident: `/?view=incidents&incident=${INCIDENT.incident_id}`, address: `/?view=address&ip=${ATTACKER}`,
  event: `/?view=event&event=${DOWNLOAD.event_id}`, none: '/?view=events&filter=port%3A1', without: '/?view=events&filter=port%3A1%20severity%3Ahigh%20src%3A198.51.100.0%2F24',
};

// A key pressed before the popup has left the page would still go into its field.
const closed = (page) => until('closed', async () => (await page.locator('.popup').count()) === 0);

async function standing(browser) {
  for (const [name, place] of Object.entries(VIEWS))
    await test(`desk, ${name}: readable at 1440, 1024 and 390, in both themes, axe finds nothing, and it stands still`, async () => {
      for (const [width, scheme] of [[1440, 'light'], [1440, 'dark'], [1024, 'light'], [390, 'light'], [390, 'dark']])
        await on(browser, 'live', { width, scheme, place }, async (page, fake) => {
          for (let i = 0; i < 2; i++) {
            fake.commit();
            await page.waitForTimeout(600);
          }
          same(JSON.stringify(await page.evaluate(() => window.shifts)), '[]', `layout shifts at ${width}`);
          await seen(page, `desk-${name}-${width}-${scheme}`);
        });
    });
  for (const [key, id] of [['t', 'time-popup'], ['v', 'views-popup'], ['?', 'help-popup']])
    await test(`desk, ${id}: its key opens it, it has the focus, Esc gives it back, axe finds nothing`, async () => {
      for (const [width, scheme] of [[1440, 'light'], [1440, 'dark'], [390, 'light'], [390, 'dark']])
        await on(browser, 'live', { width, scheme, place: '/?view=events' }, async (page) => {
          await page.focus('.rows tbody tr:first-child a');
          await page.keyboard.press(key);
          await page.waitForSelector(`#${id}`);
          check(await page.evaluate((of) => document.getElementById(of).contains(document.activeElement), id), 'the focus is elsewhere');
          await page.waitForTimeout(200);
          await seen(page, `desk-${id}-${width}-${scheme}`);
          await page.keyboard.press('Escape');
          await until('closed', async () => (await page.locator(`#${id}`).count()) === 0);
          await until('the focus back among the rows', () => page.evaluate(() => document.activeElement?.closest('.rows') !== null));
        });
    });
}

async function asking(browser) {
  await test('the filter completes fields and values by keyboard, as a combobox does', () =>
    on(browser, 'live', { place: '/?view=events' }, async (page) => {
      await page.keyboard.press('/');
      await page.keyboard.type('se');
      await until('completions', async () => (await page.locator('#completions li').count()) === 2);
      same(await page.getAttribute('#filter', 'aria-expanded'), 'true', 'expanded');
      await page.keyboard.press('ArrowDown');
      same(await page.getAttribute('#filter', 'aria-activedescendant'), 'completion-0', 'active');
      await page.keyboard.press('Enter');
      same(await page.inputValue('#filter'), 'severity:', 'the field is taken');
      await until('values', async () => (await page.locator('#completions li').allInnerTexts()).some((one) => one.startsWith('high')));
      await page.keyboard.type('hi');
      await until('the value that is left', async () => (await page.locator('#completions li').count()) === 1);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      same(await page.inputValue('#filter'), 'severity:high ', 'the value is taken');
      await page.keyboard.press('Escape');
      await page.focus('#filter');
      await page.fill('#filter', 'severity:high');
      await page.keyboard.press('Enter');
      await until('the address', async () => filterOf(page) === 'severity:high');
      await until('the rows', async () => (await rowsOf(page)) === count({ filter: 'severity:high' }));
      check((await text(page, '#said')).includes('Filter: severity:high'), 'it is announced');
    }));
  await test('a mistake is shown at its place, the page keeps the filter before, letters beyond ASCII included', () =>
    on(browser, 'live', { place: '/?view=events&filter=port%3A445', expected: REFUSED }, async (page) => {
      await page.fill('#filter', 'user:"纪念" port:22x');
      await page.press('#filter', 'Enter');
      await page.waitForSelector('#filter-fault');
      same(await text(page, '#filter-fault mark'), 'port:22x', 'the place');
      check(/Expected: a port: 0 to 65535\./.test(await text(page, '#filter-fault')), await text(page, '#filter-fault'));
      same(await page.getAttribute('#filter', 'aria-invalid'), 'true', 'invalid');
      same(filterOf(page), 'port:445', 'the filter in the address');
      same(await rowsOf(page), count({ filter: 'port:445' }), 'rows');
      same((await axe(page)).join('\n'), '', 'axe');
      await page.press('#filter', 'Escape');
      same(await page.inputValue('#filter'), 'port:445', 'Esc takes it back');
    }));
  await test('a link with a mistake says so', () =>
    on(browser, 'live', { place: '/?view=events&filter=port%3A22x', expected: REFUSED }, async (page) => {
      await page.waitForSelector('#filter-fault');
      same(await text(page, '#filter-fault mark'), 'port:22x', 'the place');
    }));
  await test('every value offers “only this” and “without this”, by mouse and by keys; what attackers wrote stays one term', () =>
    on(browser, 'live', { place: '/?view=events' }, async (page) => {
      await page.hover('.rows tbody tr:first-child .src .val');
      await page.click('.rows tbody tr:first-child .src .only button:first-child');
      await until('only this', async () => filterOf(page) === 'src:203.0.113.44');
      await until('its rows', async () => (await answerOf(page, 'events')).startsWith(`1 – ${count({ filter: 'src:203.0.113.44' })} of`));
      await page.goBack();
      await until('back undoes it', async () => filterOf(page) === null);
      await until('all rows', async () => (await answerOf(page, 'events')).startsWith(`1 – 100 of ${EVENTS.length}`));
      await page.keyboard.press('j');
      await page.keyboard.press('-');
      await until('without the next one', async () => filterOf(page) === '-src:192.0.2.34'); // the focus was in the first row
      await page.goto(page.url().replace(/\?.*/, `?view=address&ip=${ATTACKER}`));
      await ready(page);
      await page.locator('.top-list .val > a', { hasText: '<img' }).focus();
      await page.keyboard.press('+');
      await until('the evil password is one term', async () => filterOf(page) === `password:"${EVIL.replace(/["\\*]/g, '\\$&')}"`);
      same(await page.locator('main img').count(), 0, 'images');
    }));
}

async function counting(browser) {
  await test('pages follow each other without a hole, in a time that stands still, and their numbers are exact', () =>
    on(browser, 'live', { place: '/?view=events&window=6h' }, async (page) => {
      same(await answerOf(page, 'events'), `1 – 100 of ${thousands(EVENTS.length)}, newest first`, 'the first page');
      const ids = [];
      const read = async () => ids.push(...(await page.locator('.rows a[data-row]').evaluateAll((all) => all.map((one) => one.id.replace('event-', '')))));
      await read();
      for (const [from, to] of [[101, 200], [201, 240]]) {
        await page.click('#next-page');
        await until(`from ${from} on`, async () => (await answerOf(page, 'events')) === `${from} – ${to} of ${thousands(EVENTS.length)}, newest first`);
        await read();
      }
      same(JSON.stringify(ids), JSON.stringify(EVENTS.map((event) => event.event_id)), 'all events, each once');
      await until('a later page stands still', async () => (await text(page, '#live b')) === 'Frozen');
      await page.click('text=First page');
      await until('the first page', async () => (await answerOf(page, 'events')).startsWith('1 – 100'));
      await page.click('text=Go to now');
      await until('live', async () => (await text(page, '#live b')) === 'Live');
    }));
  await test('pages are walked back as well, by key, from a shared link, in both orders, and it is announced', async () => {
    for (const order of ['newest', 'oldest'])
      await on(browser, 'live', { place: `/?view=events&window=6h${order === 'oldest' ? '&order=oldest' : ''}` }, async (page) => {
        const ids = () => page.locator('.rows a[data-row]').evaluateAll((all) => all.map((one) => one.id.replace('event-', '')).join());
        const all = EVENTS.map((event) => event.event_id);
        if (order === 'oldest') all.reverse();
        const at = async (from, to) => {
          await until(`from ${from} on`, async () => (await answerOf(page, 'events')).startsWith(`${from} – ${to} of ${thousands(EVENTS.length)}`));
          same(await ids(), all.slice(from - 1, to).join(), 'the rows');
        };
        same(await page.locator('#previous-page').count(), 0, 'nothing is before the first page');
        await page.keyboard.press('n');
        await at(101, 200);
        await page.keyboard.press('n');
        await at(201, 240);
        await page.goto(page.url()); // as who was sent the link
        await ready(page);
        await at(201, 240);
        await page.keyboard.press('p');
        await at(101, 200);
        same(await text(page, '#said'), 'From row 101 on.', 'it is announced');
        await page.click('#previous-page');
        await at(1, 100);
        same(await text(page, '#said'), 'From row 1 on.', 'it is announced');
      });
  });
  await test('free text fills its count in when it is known, and says “at least” until then', async () => {
    const fake = await startFake('live');
    let held = true;
    const opened = await openPage(browser);
    try {
      const { page } = opened;
      await page.route('**/api/v1/count?*', async (route) => {
        await until('let go', async () => !held);
        await route.continue();
      });
      await page.goto(`${fake.url}/?view=events&filter=wget`);
      await ready(page);
      check(/≥ \d/.test(await answerOf(page, 'events')), await answerOf(page, 'events'));
      held = false;
      const n = count({ filter: 'wget' });
      await until('the count', async () => (await answerOf(page, 'events')).startsWith(`1 – ${n} of ${n},`));
      clean(opened.faults);
    } finally {
      await opened.close();
      await fake.vanish().catch(() => undefined);
    }
  });
  await test('the export is of exactly what the filter shows', () =>
    on(browser, 'live', { place: '/?view=events&window=6h&filter=type%3Ascan' }, async (page) => {
      const href = new URL(await page.getAttribute('#export', 'href'), page.url());
      same(href.pathname, '/api/v1/export', 'route');
      same(href.searchParams.get('format'), 'csv', 'format');
      same(href.searchParams.get('filter'), 'type:scan', 'filter');
      same(`${matching(href.searchParams).length}`, /of (\d+)/.exec(await answerOf(page, 'events'))[1], 'rows of the export');
    }));
  await test('rows wait while the focus is among them', () =>
    on(browser, 'live', { place: '/?view=events' }, async (page, fake) => {
      await page.focus('.rows tbody tr:first-child a');
      const first = await page.getAttribute('.rows tbody tr:first-child a[data-row]', 'id');
      fake.bend = (route, body) => (route === '/events' ? { ...body, events: [{ ...body.events[0], event_id: 'f'.repeat(32) }, ...body.events.slice(0, 99)] } : body);
      fake.commit();
      await until('the offer', async () => (await page.locator('text=New rows, show').count()) === 1);
      same(await page.getAttribute('.rows tbody tr:first-child a[data-row]', 'id'), first, 'the first row');
      await page.click('text=New rows, show');
      await until('the new row', async () => (await page.getAttribute('.rows tbody tr:first-child a[data-row]', 'id')) === `event-${'f'.repeat(32)}`);
    }));
}

async function timing(browser) {
  await test('one time for the page: presets, the last N, from and to, arrows, freezing; back is undo', () =>
    on(browser, 'live', { place: '/?view=events' }, async (page) => {
      const range = () => Object.fromEntries([...new URL(page.url()).searchParams].filter(([name]) => ['window', 'from', 'to', 'zone'].includes(name)));
      const is = (wanted) => until(JSON.stringify(wanted), async () => JSON.stringify(range()) === JSON.stringify(wanted));
      await page.keyboard.press('t');
      await page.click('#time-popup >> text="6 h"');
      await is({ window: '6h' });
      await until('its words', async () => /Last 6 hours 15:50 – 21:50/.test((await text(page, '#range')).replace(/\s+/g, ' ')));
      await page.keyboard.press('[');
      await is({ from: '2025-01-08T09:50:00.000Z', to: '2025-01-08T15:50:00.000Z' });
      await until('frozen', async () => (await text(page, '#live b')) === 'Frozen');
      await until('nothing then', async () => /No event in this time/.test(await text(page, '#events')));
      await page.keyboard.press(']');
      await is({ window: '6h' });
      await page.keyboard.press('t');
      await page.fill('#last-n', '3');
      check(await page.locator('#time-popup form button').first().isDisabled(), '3 minutes are too short');
      await page.fill('#last-n', '45');
      await page.press('#last-n', 'Enter');
      await is({ window: '45m' });
      await closed(page);
      await page.keyboard.press('t');
      await page.fill('#pick-from', '2025-01-08T21:40');
      await page.fill('#pick-to', '2025-01-08T21:45');
      await page.press('#pick-to', 'Enter');
      await is({ from: '2025-01-08T21:40:00.000Z', to: '2025-01-08T21:45:00.000Z' });
      await closed(page);
      const n = count({ from: '2025-01-08T21:40:00Z', to: '2025-01-08T21:45:00Z' });
      await until('its rows', async () => (await answerOf(page, 'events')).startsWith(`1 – ${n} of ${n},`));
      await page.keyboard.press('t');
      await page.click('text=Local time');
      await is({ from: '2025-01-08T21:40:00.000Z', to: '2025-01-08T21:45:00.000Z', zone: 'local' });
      await page.goBack();
      await page.goBack();
      await is({ window: '45m' });
      await page.keyboard.press('t');
      await page.click('text=Freeze this time');
      await until('frozen', async () => range().to !== undefined && Date.parse(range().to) === Date.parse('2025-01-08T21:50:00Z'));
    }));
  await test('times in another zone are those of its wall clocks', async () => {
    const fake = await startFake('live');
    const context = await browser.newContext({ timezoneId: 'Asia/Kolkata', viewport: { width: 1440, height: 900 } });
    try {
      const page = await context.newPage();
      await page.goto(`${fake.url}/?view=events&zone=local`);
      await ready(page);
      await until('the zone', async () => (await text(page, '#range .zone')) === 'UTC+5:30');
      same((await text(page, '.rows tbody tr:first-child .t')).slice(-8), '03:19:53', '21:49:53 in Kolkata');
    } finally {
      await context.close();
      await fake.vanish().catch(() => undefined);
    }
  });
  await test('an empty list tells how many there are without each condition, and shows them', () =>
    on(browser, 'live', { place: `/?view=events&window=all&filter=${encodeURIComponent(`src:${ATTACKER} port:1`)}` }, async (page) => {
      const there = count({ filter: `src:${ATTACKER}` });
      check(there > 0, 'something to show');
      await until('the numbers', async () => !(await text(page, '.left-out')).includes('…'));
      same(await page.locator('.left-out b').allInnerTexts().then((all) => all.join(' ')), `${count({ filter: 'port:1' })} ${there}`, 'numbers');
      await page.click('.left-out li:last-child button');
      await until('the rows', async () => (await rowsOf(page)) === there);
    }));
  await test('the overview’s lists are counted again when something came, not before', () =>
    on(browser, 'live', { place: '/' }, async (page, fake) => {
      const times = (route) => fake.asked.filter((asked) => asked.route === route).map(({ at }) => at);
      await until('the lists', () => times('/top').length >= 2);
      const counted = times('/top');
      // More time passes than the lists stay unread while events come.
      await until('readings without anything new', () => {
        fake.repeat();
        return times('/timeseries').at(-1) > counted.at(-1) + 5000;
      });
      same(times('/top').length, counted.length, 'nothing came');
      fake.commit();
      await until('they are counted again', () => times('/top').length > counted.length);
    }));
  await test('what stands still is not read again, a time that ends now is', () =>
    on(browser, 'live', { place: '/?view=events&from=2025-01-08T21:00:00Z&to=2025-01-08T21:30:00Z' }, async (page, fake) => {
      await page.waitForTimeout(700);
      fake.asked.length = 0;
      for (let i = 0; i < 4; i++) {
        fake.commit();
        await page.waitForTimeout(300);
      }
      same(fake.asked.filter((asked) => asked.route === '/events').length, 0, 'reads');
    }));
}

async function following(browser) {
  for (const [width, scheme] of [[1440, 'light'], [390, 'light']])
    await test(`a story at ${width}: an incident is opened, understood, its address followed, narrowed, its events opened, and the link shared`, () =>
      on(browser, 'live', { width, scheme, place: '/?window=6h' }, async (page, fake) => {
        const keyboard = width > 900;
        if (keyboard) {
          await page.keyboard.press('g');
          await page.keyboard.press('i');
        } else await page.click('.nav >> text=Incidents');
        await page.waitForSelector('.items li');
        check((await text(page, '.items li:first-child .story')).startsWith(`${ATTACKER} (NL) tried 7 passwords`), 'the story');
        same(/^\d+/.exec(await text(page, '.items li:first-child .count'))[0], String(count({ filter: `src:${ATTACKER} alert:*` })), 'its events');
        if (keyboard) {
          await page.keyboard.press('j');
          await page.keyboard.press('o');
        } else await page.click('.items li:first-child .story a');
        await page.waitForSelector('#incident .alert-lines li');
        await page.click('#incident .val a');
        await page.waitForSelector('#known .tiles');
        same(new URL(page.url()).searchParams.get('ip'), ATTACKER, 'the address');
        same(await text(page, '#known .tile:first-child .fig'), String(count({ filter: `ip:${ATTACKER}` })), 'its events');
        const told = await page.locator('#transcript li .who-did').allInnerTexts();
        same(told.map((one) => one.replace('(decisive)', '').trim()).join(', '), 'connected, client, 6 failed, let in, typed, typed, fetched, left', 'the session as it happened');
        same(await page.locator('#transcript .mark').count(), 2, 'decisive lines');
        check((await text(page, '#transcript')).includes('<img src=x onerror=alert(1)>'), 'what was typed is text');
        await page.click('.page-head >> text=Its rows');
        await page.waitForSelector('.rows');
        await until('its rows', async () => (await rowsOf(page)) === count({ filter: `ip:${ATTACKER}` }));
        await page.fill('#filter', `ip:${ATTACKER} kind:session.file_download`);
        await page.press('#filter', 'Enter');
        await until('narrowed', async () => (await rowsOf(page)) === 1);
        const shared = page.url();
        await page.click('.rows a[data-row]');
        await page.waitForSelector('#fields');
        check(/Not measured by Cowrie: duration, bytes_sent/.test(await text(page, '#missing')), await text(page, '#missing'));
        same(await page.locator('#around li').count(), 12, 'before, this one and after');
        const colleague = await openPage(browser, { width: 1440 });
        await colleague.page.goto(shared);
        await ready(colleague.page);
        same(await rowsOf(colleague.page), 1, 'a colleague sees the same');
        same(await colleague.page.inputValue('#filter'), `ip:${ATTACKER} kind:session.file_download`, 'the same filter');
        clean(colleague.faults);
        await colleague.close();
        check(fake.asked.length > 0, 'the server was asked');
      }));
  await test('the event’s page tells all that was read, the record as it was, and goes on to its session', () =>
    on(browser, 'live', { place: VIEWS.event }, async (page) => {
      const said = await text(page, 'main');
      for (const [name, value] of Object.entries(DOWNLOAD.attributes)) check(said.includes(name) && said.includes(String(value)), `${name} is missing`);
      same(await page.locator('pre.raw').innerText(), DOWNLOAD.raw, 'the record');
      same(await page.locator('.feats tbody tr').count(), 3, 'features');
      await page.click('text=Its session as it happened');
      await page.waitForSelector('#transcript');
      same(new URL(page.url()).searchParams.get('session'), SESSION, 'the session');
    }));
  await test('the event’s page names the model that scored it, and says where another one is in force', async () => {
    const ordinary = EVENTS.find((event) => event.by === null);
    const told = (event, before = async () => undefined) => on(browser, 'live', { place: `/?view=event&event=${event.event_id}` }, async (page) => {
      await before(page);
      await until('the model in force is known', async () => (await text(page, '.foot')).includes(SCORER_NOW.slice(0, 8)));
      said.push(await text(page, '#scored-by'));
    });
    const said = [];
    await told(DOWNLOAD);
    await told(ordinary);
    await told(ordinary, async (page) => {
      await page.route('**/api/v1/events/*', async (route) => {
        const answer = await (await route.fetch()).json();
        await route.fulfill({ json: { ...answer, event: { ...answer.event, scored_by: null } } });
      });
      await page.reload();
      await ready(page);
    });
    const [now, before] = [SCORER_NOW.slice(0, 8), SCORER_BEFORE.slice(0, 8)];
    same(said.join('; '), `Scored by model ${now}; Scored by model ${before}; another one is in force now, ${now}; Scored by a model that is not known any more`, 'the words');
  });
  await test('a finger on a value asks what to do with it: only this, without this, its rows, copy', () =>
    on(browser, 'live', { width: 390, scheme: 'dark', touch: true, place: '/?view=events&window=6h' }, async (page) => {
      const value = page.locator('.rows tbody tr:first-child td.dst .val:first-child > a');
      const shown = await value.innerText();
      const acts = () => page.locator('#value-popup .btn').allInnerTexts();
      const choose = async (words) => {
        await value.tap();
        await page.waitForSelector('#value-popup');
        same((await acts()).join(), 'Everything about it,Only this,Without this,Copy,Close', 'what is offered');
        for (const box of await page.locator('#value-popup .btn').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))) check(box >= 40, `a target of ${box} px`);
        if (words === 'Only this') await seen(page, 'desk-value-390-dark');
        await page.locator('#value-popup .btn', { hasText: words }).tap();
        await closed(page);
      };
      await choose('Close');
      same(filterOf(page), null, 'closed, and nothing else');
      await choose('Only this');
      await until('only this', async () => filterOf(page) === `dst:${shown}`);
      await until('its rows', async () => (await answerOf(page, 'events')).includes(` of ${count({ filter: `dst:${shown}` })},`));
      await choose('Without this');
      await until('without this', async () => filterOf(page) === `-dst:${shown}`);
      await page.goBack();
      await until('back', async () => filterOf(page) === `dst:${shown}`);
      await choose('Everything about it');
      await until('its page', async () => new URL(page.url()).searchParams.get('ip') === shown);
    }));
  await test('the alert’s drawer leads to the event’s page, and Esc closes it where it was opened', () =>
    on(browser, 'live', { place: `/?view=incidents&incident=${INCIDENT.incident_id}` }, async (page) => {
      await page.click('#incident .alert-lines a');
      await page.waitForSelector('#drawer .log li');
      check(await page.locator('#drawer >> text=All of this event').first().isVisible(), 'the link');
      await page.keyboard.press('Escape');
      await until('closed', async () => (await page.locator('#drawer').count()) === 0);
      await until('the focus', () => page.evaluate(() => document.activeElement?.id.startsWith('alert-')));
    }));
}

async function keeping(browser) {
  await test('a view is saved under a name, opened by a colleague, and deleted; a link can be frozen', () =>
    on(browser, 'live', { place: '/?view=events&filter=type%3Ascan&window=6h' }, async (page) => {
      await page.keyboard.press('v');
      await page.fill('#view-name', 'scans, 6 hours');
      await page.press('#view-name', 'Enter');
      await until('it is listed', async () => (await text(page, '.saved')).includes('scans, 6 hours'));
      await page.keyboard.press('Escape');
      await closed(page);
      await page.keyboard.press('g');
      await page.keyboard.press('o');
      await page.waitForSelector('#verdict');
      await page.keyboard.press('v');
      await page.click('.saved >> text=scans, 6 hours');
      await until('the view', async () => page.url().endsWith('/?view=events&filter=type%3Ascan&window=6h'));
      await page.keyboard.press('v');
      await page.click('[aria-label="Delete the view scans, 6 hours"]');
      await until('gone', async () => /None yet/.test(await text(page, '#views-popup')));
    }));
  await test('g and a letter go to every page, and the page is announced', () =>
    on(browser, 'live', {}, async (page) => {
      for (const [key, title, words] of [['i', 'Incidents · honeyguide', 'Incidents.'], ['e', 'Events · honeyguide', 'Events.'], ['s', 'Sources · honeyguide', 'Sources.'], ['m', 'Model · honeyguide', 'Model.'], ['o', 'honeyguide', 'Overview.']]) {
        await page.keyboard.press('g');
        await page.keyboard.press(key);
        await until(title, async () => (await page.title()) === title);
        same(await page.locator('#said').textContent(), words, 'announced');
      }
      await page.keyboard.press('Backspace');
      await until('undone', async () => (await page.title()) === 'Model · honeyguide');
    }));
  await test('letters in a field are letters', () =>
    on(browser, 'live', { place: '/?view=events' }, async (page) => {
      await page.focus('#filter');
      await page.keyboard.type('gojt?');
      same(await page.inputValue('#filter'), 'gojt?', 'the text');
      same(await page.locator('.popup').count(), 0, 'popups');
      check(page.url().endsWith('?view=events'), page.url());
    }));
}

export async function desk(browser) {
  await standing(browser);
  await asking(browser);
  await counting(browser);
  await timing(browser);
  await following(browser);
  await keeping(browser);
}
