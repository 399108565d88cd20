// What the overview offers to look at and to follow, on the fake server: the map, the bars, the charts' keys, what was tried on the honeypots, the tiles; and
// how full the store is. Figures are counted again here, every way on is gone.
import { EVENTS } from './fake_desk.mjs';
import { END } from './fake_answers.mjs';
import { axe, check, same, test, text, until } from './harness.mjs';
import { LOST, on, seen } from './state_page.mjs';

const PLACE = '/?window=6h';
const HOUR = 3_600_000;
const READERS = [[1440, 'light'], [1440, 'dark'], [390, 'light'], [390, 'dark']];
const REGIONS = new Intl.DisplayNames(['en'], { type: 'region' });

const thousands = (n) => n.toLocaleString('en-US');
const number = (words) => Number(words.replace(/[^0-9]/g, ''));
const parametersOf = (page) => Object.fromEntries(new URL(page.url()).searchParams);
const answerOf = async (fake, route) => (await fetch(`${fake.url}/api/v1${route}`)).json();

// What the page's rows say they are, when all of them were read.
async function leadsTo(page, filter, rows) {
  await until(`the rows of ${filter}`, async () => parametersOf(page).view === 'events' && (parametersOf(page).filter ?? '') === filter);
  const of = rows.length === 0 ? /^No row\.$/ : new RegExp(`of ${thousands(rows.length)},`);
  await until(`${rows.length} rows of ${filter}`, async () => of.test(await text(page, '#events .answer')));
}

async function back(page) {
  await page.goBack();
  await until('back on the overview', async () => parametersOf(page).view === undefined && (await page.locator('#map').count()) === 1);
}

async function lensOf(page) {
  const [left, top, width, height] = (await page.getAttribute('#map .land', 'viewBox')).split(' ').map(Number);
  return { left, top, width, height };
}

const near = (a, b, by = 1) => Math.abs(a - b) <= by;

// Waits for the lens and returns it.
async function lens(page, what, holds) {
  let found;
  await until(what, async () => holds((found = await lensOf(page))));
  return found;
}

async function zooming(browser) {
  await test('the map zooms by buttons, keys and the wheel, is moved by keys and by dragging, and is whole again', () =>
    on(browser, 'live', { place: PLACE }, async (page) => {
      await page.locator('#map').scrollIntoViewIfNeeded();
      const whole = await lensOf(page);
      const points = await page.locator('.pt').count();
      check(await page.locator('[aria-label="Farther"]').isDisabled(), 'farther than the whole');
      await page.click('[aria-label="Nearer"]');
      await lens(page, 'twice as near', ({ width }) => near(width, whole.width / 2));
      check((await page.locator('.pt').count()) < points, 'what is outside is not drawn');
      await page.click('[aria-label="Farther"]');
      await lens(page, 'whole', ({ width }) => near(width, whole.width));
      await page.focus('#map');
      await page.keyboard.press('+');
      await page.keyboard.press('+');
      const four = await lens(page, 'four times as near', ({ width }) => near(width, whole.width / 4));
      await page.keyboard.press('ArrowRight');
      const right = await lens(page, 'to the right', ({ left, top }) => left > four.left + 1 && near(top, four.top));
      await page.keyboard.press('ArrowUp');
      await lens(page, 'up', ({ left, top }) => near(left, right.left) && top < right.top - 1);
      await page.keyboard.press('-');
      await lens(page, 'farther', ({ width }) => near(width, whole.width / 2));
      await page.click('.zoom >> text=Whole');
      await lens(page, 'whole', (box) => near(box.width, whole.width) && near(box.left, whole.left) && near(box.top, whole.top));
      const box = await page.locator('#map').boundingBox();
      await page.mouse.move(box.x + box.width * 0.75, box.y + box.height / 2);
      await page.keyboard.down('Control');
      await page.mouse.wheel(0, -120);
      const rolled = await lens(page, 'by the wheel', ({ width }) => width < whole.width - 1);
      check(near(rolled.left + rolled.width * 0.75, whole.width * 0.75, 2), `what is under the pointer stays there: ${JSON.stringify(rolled)}`);
      await page.mouse.wheel(0, 1200);
      await lens(page, 'whole by the wheel', ({ width }) => near(width, whole.width));
      await page.keyboard.up('Control');
      same(new URL(page.url()).search, '?window=6h', 'the place');
    }));
  await test('two fingers zoom the map about what they lie on, one moves it then, and over the whole map one scrolls the page', () =>
    on(browser, 'live', { width: 390, touch: true, place: PLACE }, async (page) => {
      await page.locator('#map').scrollIntoViewIfNeeded();
      const whole = await lensOf(page);
      const wire = await page.context().newCDPSession(page);
      const box = await page.locator('#map').boundingBox();
      const at = ([x, y], id) => ({ x: box.x + box.width * x, y: box.y + box.height * y, id });
      const touch = (type, ...points) => wire.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(at) });
      const STEPS = [1, 2, 3, 4];
      await touch('touchStart', [0.65, 0.5]);
      await touch('touchStart', [0.65, 0.5], [0.85, 0.5]);
      for (const step of STEPS) await touch('touchMove', [0.65 - 0.05 * step, 0.5], [0.85 + 0.025 * step, 0.5]);
      const pinched = await lens(page, 'nearer', ({ width }) => near(width, (whole.width * 0.2) / 0.5, 2));
      check(near(pinched.left + pinched.width * 0.7, whole.left + whole.width * 0.75, 3), `what lay between the fingers lies there still: ${JSON.stringify(pinched)}`);
      await wire.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [at([0.95, 0.5], 1)] }); // the other is lifted
      for (const step of STEPS) await touch('touchMove', [0.45 + 0.05 * step, 0.5]);
      await lens(page, 'the finger that stays moves it', ({ left, width }) => near(left, pinched.left - width * 0.2, 3));
      await touch('touchEnd');
      await touch('touchStart', [0.5, 0.4]);
      for (const step of STEPS) await touch('touchMove', [0.5, 0.4 - 0.05 * step]);
      await touch('touchEnd');
      const moved = await lens(page, 'one finger moves it', ({ top }) => top > pinched.top + 1);
      same(near(moved.width, pinched.width), true, 'as near as before');
      same(parametersOf(page).view, undefined, 'nothing was chosen');
      await page.waitForTimeout(600); // sooner the browser takes it for the second of two taps
      await page.locator('.zoom >> text=Whole').tap();
      await lens(page, 'whole', ({ width }) => near(width, whole.width));
      const before = await page.evaluate(() => scrollY);
      await touch('touchStart', [0.5, 0.6]);
      for (const step of STEPS) await touch('touchMove', [0.5, 0.6 - 0.1 * step]);
      await touch('touchEnd');
      await until('the page scrolls', async () => (await page.evaluate(() => scrollY)) > before + 20);
      same((await lensOf(page)).width, whole.width, 'width of what is seen');
    }));
  await test('the wheel alone scrolls the page over the map', () =>
    on(browser, 'live', { place: PLACE }, async (page) => {
      await page.locator('#map').scrollIntoViewIfNeeded();
      const [whole, y] = [await lensOf(page), await page.evaluate(() => scrollY)];
      await page.hover('#map', { position: { x: 20, y: 20 } });
      await page.mouse.wheel(0, -200);
      await until('scrolled', async () => (await page.evaluate(() => scrollY)) < y);
      same((await lensOf(page)).width, whole.width, 'width of what is seen');
    }));
  await test('dragging moves the map and opens nothing, a click afterwards does', () =>
    on(browser, 'live', { place: PLACE }, async (page) => {
      await page.locator('#map').scrollIntoViewIfNeeded();
      await page.click('[aria-label="Nearer"]');
      const from = await lensOf(page);
      const map = await page.locator('#map').boundingBox();
      const shape = await page.locator('path[data-country="BR"]').boundingBox();
      const [x, y] = [shape.x + shape.width / 2, shape.y + shape.height / 2];
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x + 20, y + 10, { steps: 4 });
      await page.mouse.up();
      await lens(page, 'moved by 20 and 10 pixels', ({ left, top }) => near(left, from.left - (20 * from.width) / map.width, 0.5) && near(top, from.top - (10 * from.width) / map.width, 0.5));
      same(new URL(page.url()).search, '?window=6h', 'the place');
      await page.mouse.click(x + 20, y + 10);
      await leadsTo(page, 'country:BR by:*', EVENTS.filter((event) => event.country === 'BR' && event.by !== null));
    }));
}

async function shading(browser) {
  await test('countries are shaded by how much came from them, and they and the points lead to the rows', () =>
    on(browser, 'live', { place: PLACE }, async (page, fake) => {
      const { countries } = await answerOf(fake, '/geo?window=6h');
      await until('the shades', async () => (await page.locator('.shaded').count()) > 0);
      const shades = new Map(await page.locator('.shaded').evaluateAll((all) => all.map((one) => [one.dataset.country, [Number(/\bs(\d)\b/.exec(one.getAttribute('class'))[1]), one.textContent]])));
      const drawn = countries.filter(({ country }) => shades.has(country)).sort((a, b) => b.anomalous - a.anomalous);
      check(drawn.length >= countries.length - 2, `${drawn.length} of ${countries.length} countries are shaded`);
      drawn.forEach((row, i) => {
        const [shade, title] = shades.get(row.country);
        check(i === 0 ? shade === 4 : shade >= 1 && shade <= shades.get(drawn[i - 1].country)[0], `${row.country} has shade ${shade}`);
        same(title, `${REGIONS.of(row.country)}: ${thousands(row.anomalous)} anomalous event${row.anomalous === 1 ? '' : 's'}`, 'its title');
      });
      check(new Set([...shades.values()].map(([shade]) => shade)).size > 1, 'there is more than one shade');
      await page.locator('path[data-country="BR"]').click();
      await leadsTo(page, 'country:BR by:*', EVENTS.filter((event) => event.country === 'BR' && event.by !== null));
      await back(page);
      await page.locator('.pt', { hasText: 'VN' }).locator('.sign').click();
      await leadsTo(page, 'country:VN by:*', EVENTS.filter((event) => event.country === 'VN' && event.by !== null));
    }));
}

async function bars(page, id) {
  const lines = await page.locator(`#${id} .bars li:not(.none)`).evaluateAll((all) => all.map((line) => ({ key: line.dataset.key, name: line.querySelector('.k').textContent.replace(/\s+/g, ' ').trim(), value: line.querySelector(':scope > .track + *').innerText, width: parseFloat(line.querySelector('.track i').style.getPropertyValue('--v')) })));
  return lines.map((line) => ({ ...line, value: number(line.value) }));
}

// Bars as the answer of the server has them, the longest full, the rest what is left of the sum.
function proportional(found, wanted, sum, what) {
  const own = found.filter(({ key }) => key !== 'rest');
  same(JSON.stringify(own.map(({ key, value }) => [key, value])), JSON.stringify(wanted), what);
  same(found.reduce((all, { value }) => all + value, 0), sum, `${what}: all bars together`);
  const most = Math.max(...found.map(({ value }) => value));
  for (const { key, value, width } of found) check(near(width, (value / most) * 100, 0.1), `${what}: the bar of ${key} is ${width} % long`);
}

function anomalousBy(of) {
  const found = new Map();
  for (const event of EVENTS) if (event.by !== null && of(event) !== null) found.set(of(event), (found.get(of(event)) ?? 0) + 1);
  return [...found];
}

async function aiming(browser) {
  await test('bars of ports, protocols, countries, types and sources are those of the server', () =>
    on(browser, 'live', { place: PLACE }, async (page, fake) => {
      const rowsOf = ({ rows }) => rows.map((row) => [row.key ?? 'none', row.anomalous]);
      const [ports, protocols, geo] = await Promise.all(['/ports?window=6h&limit=8', '/protocols?window=6h&limit=5', '/geo?window=6h'].map((route) => answerOf(fake, route)));
      await until('the bars', async () => (await page.locator('#types .bars li[data-key]').count()) > 0);
      const shown = await bars(page, 'ports');
      proportional(shown, rowsOf(ports), ports.sum.anomalous, 'ports');
      for (const [key, name] of [['22', '22 ssh'], ['3389', '3389 rdp'], ['none', 'no port']]) same(shown.find((row) => row.key === key).name, name, 'a port’s name');
      proportional(await bars(page, 'protocols'), rowsOf(protocols), protocols.sum.anomalous, 'protocols');
      const countries = geo.countries.map(({ country, anomalous }) => [country, anomalous]);
      proportional(await bars(page, 'countries'), countries.slice(0, 11), countries.reduce((sum, [, n]) => sum + n, 0), 'countries');
      for (const [id, of] of [['types', (event) => event.attack_type], ['attackers', (event) => event.source_ip]]) {
        const wanted = anomalousBy(of);
        const found = await bars(page, id);
        proportional(found, found.filter(({ key }) => key !== 'rest').map(({ key }) => [key, wanted.find(([name]) => name === key)?.[1]]), wanted.reduce((sum, [, n]) => sum + n, 0), id);
      }
    }));
  const WAYS = [
    ['ports', '22', 'port:22 by:*', (event) => event.destination_port === 22], ['ports', 'none', '-port:* by:*', (event) => event.destination_port === null], ['protocols', 'RDP', 'app:RDP by:*', (event) => event.application_protocol === 'RDP'],
    ['countries', 'NL', 'country:NL by:*', (event) => event.country === 'NL'], ['types', 'brute_force', 'type:brute_force by:*', (event) => event.attack_type === 'brute_force'],
  ];
  for (const width of [1440, 390])
    await test(`each bar leads to the rows behind it, at ${width} px`, () =>
      on(browser, 'live', { width, place: PLACE }, async (page) => {
        for (const [id, key, filter, holds] of WAYS) {
          const link = page.locator(`#${id} li[data-key="${key}"] .val a`);
          await link.waitFor();
          if (width > 900) await link.click();
          else {
            await link.focus();
            await page.keyboard.press('Enter');
          }
          await leadsTo(page, filter, EVENTS.filter((event) => holds(event) && event.by !== null));
          same(parametersOf(page).window, '6h', 'the time stays');
          await back(page);
        }
        await page.locator('#attackers li[data-key="203.0.113.44"] .val a').click();
        await until('its page', async () => parametersOf(page).view === 'address' && parametersOf(page).ip === '203.0.113.44');
      }));
}

const values = {
  user: (e) => e.attributes.username, password: (e) => e.attributes.password, command: (e) => e.attributes.input, url: (e) => e.attributes.url, sha256: (e) => e.attributes.shasum, client: (e) => e.attributes.version,
  hassh: (e) => e.attributes.hassh, signature: (e) => e.attributes.signature,
};
const TITLES = { user: 'User names', password: 'Passwords', command: 'Commands', url: 'Downloads', sha256: 'Files, by hash', client: 'Client versions', hassh: 'HASSH', signature: 'Suricata signatures' };

function tried(field) {
  const found = new Map();
  for (const event of EVENTS) {
    const value = values[field](event);
    if (value !== undefined) found.set(value, (found.get(value) ?? 0) + 1);
  }
  return found;
}

async function trying(browser) {
  await test('what they tried: every list is a recount of the events, and adds up', () =>
    on(browser, 'live', { place: PLACE }, async (page) => {
      await until('the lists', async () => (await page.locator('#tried-here .top-rows .val').count()) > 0);
      for (const [field, title] of Object.entries(TITLES)) {
        const wanted = tried(field);
        check(wanted.size > 0, `${field} is tried`);
        const list = page.locator('#tried-here .top-list', { has: page.locator(`h3:text-is("${title}")`) });
        same(number(await list.locator('.h3row .dim').innerText()), wanted.size, `${title}: how many`);
        const lines = await list.locator('.top-rows li').evaluateAll((all) => all.map((line) => ({ rest: line.classList.contains('rest'), name: line.querySelector('.k').textContent, value: line.lastElementChild.textContent })));
        for (const { rest, name, value } of lines) if (!rest) same(number(value), wanted.get(name), `${title}: ${name}`);
        same(lines.reduce((sum, { value }) => sum + number(value), 0), [...wanted.values()].reduce((sum, n) => sum + n, 0), `${title}: all together`);
      }
      const told = `1 user name tried, ${tried('password').size} passwords tried, ${tried('command').size} commands typed, 1 file brought, 1 signature set off.`;
      same(await text(page, '#tried-here .told'), told, 'the sentence');
      same(await page.locator('main img').count(), 0, 'images');
    }));
  for (const width of [1440, 390])
    await test(`what they tried leads to the rows, at ${width} px`, () =>
      on(browser, 'live', { width, place: PLACE }, async (page) => {
        for (const [field, title] of Object.entries(TITLES)) {
          const line = page.locator('#tried-here .top-list', { has: page.locator(`h3:text-is("${title}")`) }).locator('.top-rows li:first-child');
          await line.waitFor();
          const name = await line.locator('.k > a').textContent();
          await line.locator('.k > a').click();
          await until(`the rows of ${field}`, async () => parametersOf(page).view === 'events' && (parametersOf(page).filter ?? '').startsWith(`${field}:`));
          await until(`as many as ${name} has`, async () => new RegExp(`of ${tried(field).get(name)},`).test(await text(page, '#events .answer')));
          await back(page);
        }
      }));
  await test('where nothing was tried, it says so', () =>
    on(browser, 'live', { place: '/?window=6h&filter=port%3A445' }, async (page) => {
      same(await text(page, '#tried-here .told'), 'Nothing was tried, typed or fetched where it would be seen.', 'the sentence');
      same(await page.locator('#tried-here .top-list').count(), 0, 'lists');
    }));
}

const frozen = (fromMs, toMs) => JSON.stringify({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() });

async function stretching(browser) {
  await test('the charts by keys: Shift and arrows choose a stretch, Enter zooms into it, back undoes; Enter alone opens its rows', () =>
    on(browser, 'live', { place: PLACE }, async (page) => {
      await page.waitForSelector('.h-l .u-over');
      const selected = () => page.evaluate(() => Math.max(...[...document.querySelectorAll('.u-select')].map((one) => one.getBoundingClientRect().width)));
      await page.focus('.time');
      await page.keyboard.press('ArrowLeft');
      for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowLeft');
      await until('the stretch is marked', async () => (await selected()) > 10);
      await page.keyboard.press('Enter');
      await until('zoomed', async () => JSON.stringify(parametersOf(page)) === frozen(END - 20 * 60_000, END));
      await until('frozen', async () => (await text(page, '#live b')) === 'Frozen');
      await page.keyboard.press('Backspace');
      await until('undone', async () => JSON.stringify(parametersOf(page)) === '{"window":"6h"}');
      await until('live', async () => (await text(page, '#live b')) === 'Live');
      await page.focus('.time');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Enter');
      const [from, to] = [END - 10 * 60_000, END - 5 * 60_000];
      await leadsTo(page, 'by:*', EVENTS.filter((event) => event.by !== null && Date.parse(event.event_time) >= from && Date.parse(event.event_time) < to));
      const { view, filter, ...range } = parametersOf(page);
      same(JSON.stringify(range), frozen(from, to), `the time of ${view} with ${filter}`);
    }));
  for (const [name, plot] of [['anomalous events', '.h-l'], ['scores', '.h-m'], ['all events', '.h-s']])
    await test(`dragging over the chart of ${name} zooms into that stretch, back undoes`, () =>
      on(browser, 'live', { place: PLACE }, async (page) => {
        const over = page.locator(`${plot} .u-over`);
        await over.scrollIntoViewIfNeeded();
        await until('the series', async () => /\d/.test(await text(page, '.readout')));
        const { x, y, width, height } = await over.boundingBox();
        await page.mouse.move(x + width * 0.25, y + height / 2);
        await page.mouse.down();
        await page.mouse.move(x + width * 0.75, y + height / 2, { steps: 6 });
        await page.mouse.up();
        await until('zoomed', async () => parametersOf(page).from !== undefined);
        const pixel = (6 * HOUR) / width;
        const { from, to } = parametersOf(page);
        check(near(Date.parse(from), END - 4.5 * HOUR, 2 * pixel) && near(Date.parse(to), END - 1.5 * HOUR, 2 * pixel), `${from} – ${to}`);
        await page.goBack();
        await until('undone', async () => JSON.stringify(parametersOf(page)) === '{"window":"6h"}');
      }));
}

async function opening(browser) {
  const TILES = [['events', '', 'events'], ['anomalous', 'by:*', 'events'], ['attackers', '', 'incidents'], ['alerts', '', 'incidents']];
  for (const way of ['mouse', 'keys'])
    await test(`each tile leads to the rows behind it, by ${way}`, () =>
      on(browser, 'live', { place: PLACE }, async (page) => {
        for (const [id, filter, view] of TILES) {
          await page.waitForSelector(`#tile-${id}`);
          if (way === 'mouse') await page.locator(`#tile-${id}`).click({ position: { x: 30, y: 45 } }); // the figure, not the label
          else {
            await page.focus(`#tile-${id} .label`);
            await page.keyboard.press('Enter');
          }
          await until(`the ${view} of ${id}`, async () => parametersOf(page).view === view);
          same(parametersOf(page).window, '6h', 'the time stays');
          if (view === 'events') await leadsTo(page, filter, EVENTS.filter((event) => filter === '' || event.by !== null));
          else await page.waitForSelector('.items li');
          await back(page);
        }
      }));
}

async function filling(browser) {
  const SOURCES = { place: '/?view=sources' };
  const figures = (page) => page.locator('#storage dl > div').evaluateAll((all) => Object.fromEntries(all.map((one) => [one.children[0].textContent, one.children[1].textContent])));
  await test('how full the store is, what limits it and what went', () =>
    on(browser, 'live', SOURCES, async (page, fake) => {
      await until('the store', async () => /takes/.test(await text(page, '#storage .answer')));
      same(await text(page, '#storage .answer'), 'The store takes 1.2 GB, 52 GB of the disk are free.', 'answer');
      same(await text(page, '#storage .told'), 'What is older than 90 d goes; and with less than 1.07 GB of free disk.', 'limits');
      const said = await figures(page);
      same(said['ordinary events kept'], '400,000 of 1,000,000', 'kept');
      same(said['oldest event'], '11 Oct 2024', 'oldest');
      same(said['went by limits'], '12,500 events', 'gone');
      same(said['columns for asking'], '1,900,000 events, 2,000 to come, 110 MB', 'columns');
      fake.bend = (route, body) => (route === '/storage' ? { ...body, bytes: 1_300_000_000, dropped_events: 0, limits: { keep_seconds: null, keep_bytes: null, min_free_bytes: null } } : body);
      fake.commit();
      await until('it grew', async () => (await text(page, '#storage .answer')).startsWith('The store takes 1.3 GB'));
      check((await text(page, '#storage .told')).startsWith('No limit is set'), await text(page, '#storage .told'));
      same((await figures(page))['went by limits'], 'none', 'gone');
    }));
  await test('a store that can’t be asked is said', () =>
    on(browser, 'live', { ...SOURCES, expected: LOST }, async (page, fake) => {
      fake.failing = '/storage';
      fake.commit();
      await until('the words', async () => /The store could not be read\./.test(await text(page, '#storage')));
    }));
}

async function reading(browser) {
  await test('the overview with all of it opened, and the drawer: axe finds nothing, in both widths and themes', async () => {
    for (const [width, scheme] of READERS)
      await on(browser, 'live', { width, scheme, place: PLACE }, async (page) => {
        await page.click('text=Show as a table');
        await page.waitForSelector('#series-table tbody tr');
        await page.focus('#map');
        await page.keyboard.press('+');
        await lens(page, 'near', (box) => box.left > 0);
        await page.locator('#attackers .val a').first().focus();
        await page.waitForSelector('#attackers .only button', { state: width > 900 ? 'visible' : 'attached' });
        await seen(page, `overview-opened-${width}-${scheme}`);
        await page.locator('.alerts tbody tr:first-child .why a').click();
        await page.waitForSelector('#drawer .log li');
        same((await axe(page)).join('\n'), '', 'axe with the drawer');
      });
  });
}

export async function overview(browser) {
  await zooming(browser);
  await shading(browser);
  await aiming(browser);
  await trying(browser);
  await stretching(browser);
  await opening(browser);
  await filling(browser);
  await reading(browser);
}
