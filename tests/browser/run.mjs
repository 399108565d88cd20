// The page in a real browser: run.mjs [BINARY] [--screenshot FILE] [--states | --desk]
// First every state on a fake server, then the real program during and after a replay, recounted by recount.py.
import { finish, launch, skip, whyNot } from './harness.mjs';
import { desk } from './desk.mjs';
import { overview } from './overview.mjs';
import { states } from './states.mjs';

const arguments_ = process.argv.slice(2);
const binary = arguments_.find((argument, i) => !argument.startsWith('--') && arguments_[i - 1] !== '--screenshot');
const at = arguments_.indexOf('--screenshot');
const picture = at < 0 ? null : arguments_[at + 1];

const part = ['--states', '--desk'].find((name) => arguments_.includes(name));
if (binary === undefined && part === undefined) {
  console.error('usage: run.mjs BINARY [--screenshot FILE] [--desk] | run.mjs --states | run.mjs --desk');
  process.exit(2);
}
const why = whyNot();
if (why !== null) {
  skip('the page in a browser', why);
  process.exit(finish());
}
const browser = await launch();
try {
  if (picture === null && part !== '--desk') await states(browser);
  if (picture === null && part !== '--desk') await overview(browser);
  if (picture === null && part !== '--states') await desk(browser);
  if (binary !== undefined && part === undefined && picture === null) await (await import('./report.mjs')).report(browser, binary);
  if (binary !== undefined && part === undefined) await (await import('./real.mjs')).real(browser, binary, picture);
  if (binary !== undefined && picture === null && part !== '--states') await (await import('./desk_real.mjs')).deskReal(browser, binary);
} finally {
  await browser.close();
}
process.exit(finish());
