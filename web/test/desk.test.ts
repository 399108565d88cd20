import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../src/api';
import { bytesTo, mark, taken, unitAt } from '../src/completion';
import { shifted } from '../src/components/timepicker';
import { pageWords } from '../src/components/eventlist';
import { tell } from '../src/eventwords';
import { eachLeftOut } from '../src/filtertext';

test('places in a filter are bytes there and letters here', () => {
  const text = 'user:"纪念" a😀 port:22x';
  for (const at of [0, 6, 8, 11, 13, text.length]) assert.equal(unitAt(text, bytesTo(text, at)), at);
  assert.deepEqual(mark(text, bytesTo(text, text.indexOf('port')), 8), { before: 'user:"纪念" a😀 ', wrong: 'port:22x', after: '' });
  assert.deepEqual(mark('port:', 5, 0), { before: 'port:', wrong: '\u00a0', after: '' });
});

test('a completion that is taken goes where it was asked for', () => {
  assert.deepEqual(taken('port:22 se', 8, 10, 'severity:'), { text: 'port:22 severity:', caret: 17 });
  assert.deepEqual(taken('user:纪 x', 5, 8, 'root'), { text: 'user:root x', caret: 9 });
});

test('a session is told step by step, guesses that follow each other together, what decides is marked', () => {
  const event = (n: number, eventid: string, attributes: Record<string, string> = {}) => ({ event_id: String(n), source_port: 1, dataset: 'cowrie', attack_type: null, attributes: { eventid, ...attributes } }) as unknown as Event;
  const told = tell([
    event(1, 'cowrie.session.connect'), event(2, 'cowrie.login.failed', { username: 'root', password: 'a' }), event(3, 'cowrie.login.failed', { username: 'root', password: 'b' }),
    event(4, 'cowrie.login.success', { username: 'root', password: 'c' }), event(5, 'cowrie.login.failed', { username: 'root', password: 'd' }),
  ]);
  assert.deepEqual(told.map(({ who, what, decisive, more }) => [who, what, decisive, more.length]), [
    ['connected', 'from port 1', false, 0], ['failed', 'root / a', false, 1], ['let in', 'root / c', true, 0], ['failed', 'root / d', false, 0],
  ]);
});

test('a page says which rows it holds, and whether their number is exact', () => {
  assert.equal(pageWords(101, 100, { events: 41207, exact: true }), '101 – 200 of 41,207');
  assert.equal(pageWords(1, 100, { events: 60, exact: false }), '1 – 100 of ≥\u202f100');
  assert.equal(pageWords(1, 0, null), '');
});

test('a time that is shifted up to now is live again', () => {
  const hour = 3_600_000;
  const at = { from: Date.parse('2010-06-14T20:00:00Z'), to: Date.parse('2010-06-14T21:00:00Z') };
  assert.deepEqual(shifted(at, -1, null), { from: '2010-06-14T19:00:00.000Z', to: '2010-06-14T20:00:00.000Z' });
  assert.deepEqual(shifted(at, 1, at.to + 2 * hour), { from: '2010-06-14T21:00:00.000Z', to: '2010-06-14T22:00:00.000Z' });
  assert.deepEqual(shifted(at, 1, at.to + hour), { window: '1h' });
});

test('a filter without each of its conditions, one at a time', () => {
  assert.deepEqual(eachLeftOut('src:192.0.2.7 not port:22 "a b"').map(({ part, rest }) => [part, rest]), [
    ['src:192.0.2.7', 'not port:22 "a b"'], ['not port:22', 'src:192.0.2.7 "a b"'], ['"a b"', 'src:192.0.2.7 not port:22'],
  ]);
  for (const text of ['', 'port:22', 'port:22 or port:23']) assert.deepEqual(eachLeftOut(text), []);
});
