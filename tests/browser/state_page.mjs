// A page on a fake server that is in one state, and what every such page must hold.
import path from 'node:path';
import { startFake } from './fake_server.mjs';
import { OUT, axe, clean, openPage, same, text, until } from './harness.mjs';

export const LOST = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|503|Failed to load resource/;

export async function ready(page) {
  if (page.url().includes('view=sources')) return page.waitForSelector('#sum:not(:empty), .nowhere');
  if (page.url().includes('view=model')) return page.waitForSelector('#budget .asked');
  const view = new URL(page.url()).searchParams.get('view');
  if (view !== null) return page.waitForSelector({ events: '.rows, .none-found, #filter-fault', incidents: '.items li, .nowhere', address: '#known .tiles, .failed', event: '#fields, .failed' }[view]);
  await page.waitForSelector('#verdict .line');
  await until('the first figures', async () => !(await text(page, '#verdict .line')).startsWith('Reading'));
  await page.waitForSelector('#say .says, .failed', { state: 'attached' }); // the rest comes as a whole after them
}

// fake, page and faults for one state; everything is closed afterwards.
export async function on(browser, state, options, body) {
  const fake = await startFake(state);
  const opened = await openPage(browser, options);
  try {
    await opened.page.goto(`${fake.url}${options.place ?? '/'}`);
    await ready(opened.page);
    await body(opened.page, fake);
    clean(opened.faults);
  } finally {
    await opened.close();
    await fake.vanish().catch(() => undefined);
  }
}

export async function seen(page, name) {
  const wide = await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));
  same(wide, 0, 'pixels scrolled sideways');
  await page.screenshot({ path: path.join(OUT, `${name}.png`), fullPage: true });
  same((await axe(page)).join('\n'), '', 'axe');
}
