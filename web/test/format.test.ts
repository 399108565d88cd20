import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, change, clock, counted, percent, quantity, sameDay, span, spelled, stamp, visible } from '../src/format';

const plain = (text: string | null) => text?.replace(/\u202f/g, ' ');

test('changes carry their sign, and nothing is compared with nothing', () => {
  assert.equal(plain(change(1156, 1032)), '+12 %');
  assert.equal(plain(change(50, 100)), '−50 %');
  assert.equal(plain(change(7, 7)), '±0 %');
  assert.equal(plain(change(0, 0)), '±0 %');
  assert.equal(plain(change(1001, 1000)), '+0.1 %');
  assert.equal(plain(change(999, 1000)), '−0.1 %');
  assert.equal(plain(change(5000, 100)), '× 50');
  assert.equal(change(5, 0), null);
  assert.equal(change(5, null), null);
});

test('shares, amounts and bytes are short and honest', () => {
  assert.equal(plain(percent(0.414)), '41 %');
  assert.equal(plain(percent(0.001)), '< 1 %');
  assert.equal(plain(percent(0)), '0 %');
  assert.equal(plain(percent(0.00055, 2)), '0.06 %');
  assert.equal(quantity(1240), '1,240');
  assert.equal(quantity(0.0561), '0.056');
  assert.equal(quantity(3_800_000), '3.8 million');
  assert.equal(quantity(0), '0');
  assert.equal(bytes(3.8e9), '3.8 GB');
  assert.equal(bytes(983), '983 B');
  assert.equal(counted(1, 'alert'), '1 alert');
  assert.equal(counted(1200, 'alert'), '1,200 alerts');
  assert.equal(spelled(3), 'three');
  assert.equal(spelled(13), '13');
});

test('times are UTC; a range within a day names the day once', () => {
  const at = Date.parse('2025-01-08T21:31:08.885951Z');
  assert.equal(clock(at), '21:31:08');
  const from = Date.parse('2025-01-08T00:00:00Z');
  const to = Date.parse('2025-01-09T00:00:00Z');
  assert.ok(sameDay(from, to - 1));
  assert.equal(span(from, to), '8 Jan 2025, 00:00 – 00:00');
  assert.equal(stamp(at, from, to), '21:31:08');
  assert.equal(stamp(at, from - 1, to), '8 Jan 21:31:08');
  assert.equal(span(Date.parse('2010-06-15T12:00:00Z'), to), '15 Jun 2010 12:00 – 9 Jan 2025 00:00');
  assert.equal(span(from - 60_000, to), '7 Jan 23:59 – 9 Jan 2025 00:00');
});

test('controls, bidi marks and invisible characters show', () => {
  assert.equal(visible('\u001b]0;owned\u0007'), '\\x1b]0;owned\\x07');
  assert.equal(visible('a\u202eexe'), 'a\\u202eexe');
  assert.equal(visible('a\u0085b\u200bc\ufeff'), 'a\\x85b\\u200bc\\ufeff');
  assert.equal(visible('a\nb'), 'a\\x0ab');
  assert.equal(visible('a\nb', true), 'a\nb');
  assert.equal(visible('<img src=x onerror=1> é 漢'), '<img src=x onerror=1> é 漢');
});
