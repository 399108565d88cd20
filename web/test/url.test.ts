import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted, withOnly, withTerm, withWithout, words } from '../src/filtertext';
import { formatPlace, moved, parsePlace, windowOf, windowSeconds, type Place } from '../src/url';

const ID = 'a'.repeat(32);
const HOME = parsePlace('');

function back(place: Place): Place {
  return parsePlace(formatPlace(place).slice(1));
}

test('the address bar holds the view, time, filter and what is open, and nothing else gets in', () => {
  assert.equal(formatPlace(HOME), '/');
  assert.deepEqual(parsePlace('?window=9y&alert=<script>&view=else&zone=mars&from=yesterday'), HOME);
  assert.deepEqual(parsePlace(`?window=24h&alert=${ID}`), { ...HOME, range: { window: '24h' }, alert: ID });
  assert.equal(formatPlace({ ...HOME, range: { window: '6h' }, alert: ID, source: 'a' }), `/?alert=${ID}&window=6h`);
  const odd: Place = { ...HOME, view: 'sources', source: '/data/<img src=x>&a=\u001b.json', range: { window: '15m' } };
  assert.deepEqual(back(odd), odd);
  assert.equal(parsePlace(`?view=sources&source=${'x'.repeat(256)}&alert=${ID}`).source, null);
  const model: Place = { ...HOME, view: 'model', source: '/data/eve.json', week: '2026-03-09' };
  assert.equal(formatPlace(model), '/?view=model&source=%2Fdata%2Feve.json&week=2026-03-09');
  assert.deepEqual(back(model), model);
  assert.equal(parsePlace('?view=model&week=<script>').week, null);
  assert.equal(formatPlace({ ...model, view: 'overview' }), '/');
});

test('all of a place comes back from its address', () => {
  const places: Partial<Place>[] = [
    { view: 'events', filter: 'src:203.0.113.0/24 user:"a \\"b\\" & c=d" -type:scan 密码', range: { window: '7d' }, order: 'oldest', cursor: 'abc-12', first: 101 },
    { view: 'events', range: { from: '2010-06-14T21:00:00.000Z', to: '2010-06-14T22:00:00.000Z' }, zone: 'local' },
    { view: 'incidents', incident: ID, range: { from: '2010-06-14T21:00:00.000Z', to: null } },
    { view: 'address', ip: '2001:db8::17', session: 'a1b94c7702de', range: { from: null, to: '2010-06-14T21:00:00Z' } },
    { view: 'event', event: ID, range: { window: 'all' } },
  ];
  for (const change of places) assert.deepEqual(back({ ...HOME, ...change }), { ...HOME, ...change });
});

test('a page without what it is of is another page; a time that ends before it begins is none', () => {
  assert.equal(parsePlace('?view=address').view, 'overview');
  assert.equal(parsePlace('?view=address&ip=<b>').view, 'overview');
  assert.equal(parsePlace('?view=event').view, 'events');
  assert.deepEqual(parsePlace('?from=2010-06-14T22:00:00Z&to=2010-06-14T21:00:00Z').range, { window: '1h' });
});

test('another view, filter or time begins with its first page', () => {
  const third: Place = { ...HOME, view: 'events', cursor: 'x', first: 201, filter: 'port:22' };
  assert.deepEqual([moved(third, { filter: 'port:23' }).cursor, moved(third, { range: { window: '6h' } }).first], [null, 1]);
  assert.deepEqual(moved(third, { view: 'address', ip: '192.0.2.1' }), { ...third, view: 'address', ip: '192.0.2.1', cursor: null, first: 1 });
  assert.equal(moved(third, { zone: 'local' }).cursor, 'x');
});

test('windows are what the server takes', () => {
  assert.deepEqual(['15m', '1h', '30d', '31d', '4m', 'all', '1w', '90m'].map(windowSeconds), [900, 3600, 2_592_000, null, null, null, null, 5400]);
  assert.deepEqual([900, 3600, 5400, 86_400, 604_800, 1, 1e9].map(windowOf), ['15m', '1h', '90m', '24h', '7d', '5m', '30d']);
});

test('“only this” adds a term, takes the place of another value of the field, and undoes “without this”', () => {
  assert.equal(withOnly('', 'src', '203.0.113.9'), 'src:203.0.113.9');
  assert.equal(withOnly('port:22', 'src', '203.0.113.9'), 'port:22 src:203.0.113.9');
  assert.equal(withOnly('src:203.0.113.0/24 port:22', 'src', '203.0.113.9'), 'port:22 src:203.0.113.9');
  assert.equal(withOnly('-user:root port:22', 'user', 'root'), 'port:22 user:root');
  assert.equal(withOnly('user:root', 'user', 'root'), 'user:root');
  assert.equal(withOnly('port:22 or port:23', 'user', 'root'), '(port:22 or port:23) user:root');
  assert.equal(withOnly('(port:22 or port:23) user:root', 'user', 'admin'), '(port:22 or port:23) user:admin');
  assert.equal(withOnly('score>0.8 not type:scan', 'port', null), 'score>0.8 not type:scan -port:*');
});

test('“without this” keeps the rest and undoes “only this”', () => {
  assert.equal(withWithout('', 'type', 'scan'), '-type:scan');
  assert.equal(withWithout('type:scan port:22', 'type', 'scan'), 'port:22 -type:scan');
  assert.equal(withWithout('-type:scan', 'type', 'dos'), '-type:scan -type:dos');
  assert.equal(withWithout('a or b', 'type', 'dos'), '(a or b) -type:dos');
  assert.equal(withWithout('port:22', 'user', null), 'port:22 user:*');
});

test('what an attacker wrote is quoted, and stays one term', () => {
  assert.equal(quoted('root'), 'root');
  assert.equal(quoted('or'), '"or"');
  assert.equal(quoted('-rf'), '"-rf"');
  assert.equal(quoted('a..b'), '"a..b"');
  assert.equal(quoted(''), '""');
  const evil = 'x" or src:0.0.0.0/0 (\\';
  const text = withOnly('port:22', 'password', evil);
  assert.equal(text, 'port:22 password:"x\\" or src:0.0.0.0/0 (\\\\"');
  assert.deepEqual(words(text), ['port:22', 'password:"x\\" or src:0.0.0.0/0 (\\\\"']);
  assert.equal(withWithout(text, 'password', evil), `port:22 -password:"x\\" or src:0.0.0.0/0 (\\\\"`);
  assert.equal(withTerm(text, 'port:22'), text);
});
