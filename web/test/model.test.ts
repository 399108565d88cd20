import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Oddness, Reliability, Reliable, Summary, Week, WeekVerdict } from '../src/api';
import { odds, score } from '../src/format';
import { band, barWords, budgetWords, coverageWords, isOut, judged, label, oddWords, ordered, sayBars, sayBudget, sayWaiting, weekKey, weekWords } from '../src/reliability';

function week(verdict: WeekVerdict, change: Partial<Week> = {}): Week {
  return { from: '2026-03-09T00:00:00.000000Z', events: 20_000, expected: 20, alarms: 21, interval: [13, 32.1], alerts: 11, verdict, words: '', p_values: Array<number>(20).fill(1000), tails: [], ...change };
}

function source(name: string, ...weeks: Week[]): Reliable {
  return { source: name, events_a_day: 1000, rate_asked: 1e-3, weeks };
}

function reliability(sources: Reliable[]): Reliability {
  return { budget: { mode: 'total', alerts_per_day: 20, false_alarm_rate: null }, severities: { low: null, medium: 1e-3, high: 1e-4 }, sources };
}

const said = (sources: Reliable[]) => { const { strong, rest } = sayBudget(reliability(sources)); return strong + rest; };

const scored = (p_value: number) => ({ p_value, score: 1 - p_value, finding: null });

test('a share is said as people say it', () => {
  const cases = [[0.31, '31 %'], [0.1, '10 %'], [0.05, '1 in 20'], [0.0002464, '1 in 4,100'], [5e-5, '1 in 20,000'], [3.1e-6, '1 in 320,000'], [3.1e-7, '< 1 in 1 million'], [0, '< 1 in 1 million']] as const;
  for (const [p, words] of cases) assert.equal(odds(p).replace('\u202f', ' '), words);
  assert.equal(oddWords(scored(5e-5)), '1 in 20,000 ordinary events is as odd.');
  assert.equal(oddWords(scored(0)), 'Fewer than 1 in 1 million ordinary events is as odd.');
  assert.equal(oddWords(scored(1)), 'Nearly every ordinary event is as odd.');
  assert.equal(oddWords({ p_value: null, score: null, finding: null }), 'It has no score.');
  assert.equal(oddWords({ p_value: null, score: 0.93, finding: null }), 'It was scored before p-values were kept.');
  assert.equal(oddWords({ p_value: null, anomaly_score: 0.93, finding: null }), 'It was scored before p-values were kept.');
});

test('a score near 1 is told from 1', () => {
  const cases = [[0.5, '0.50'], [0.99, '0.99'], [0.995, '0.995'], [0.99995, '0.99995'], [0.9999, '0.9999'], [1 - 1e-9, '> 0.9999999'], [1, '1.00'], [0, '0.00'], [null, '–']] as const;
  for (const [value, words] of cases) assert.equal(score(value), words);
});

test('coverage names the features, and that the set was only the nearest', () => {
  const oddness: Oddness = { p_value: 0.001, features_used: 9, features_total: 26, partial: false };
  assert.equal(coverageWords(oddness), 'Scored on 9 of 26 features.');
  assert.match(coverageWords({ ...oddness, partial: true }), /^Scored on 9 of 26 features: the nearest set of columns that it shares/);
  assert.equal(coverageWords({ ...oddness, p_value: null }), '');
});

test('the budget in words', () => {
  assert.equal(budgetWords({ mode: 'total', alerts_per_day: 20, false_alarm_rate: null }), '20 alerts a day, all sources together');
  assert.equal(budgetWords({ mode: 'per_source', alerts_per_day: 1, false_alarm_rate: null }), '1 alert a day from each source');
  assert.equal(budgetWords({ mode: 'rate', alerts_per_day: null, false_alarm_rate: 0.1 }), 'a false alarm in 10 events');
});

test('the one that needs a look stands first, judged by its newest week that has enough', () => {
  const list = [source('none'), source('few', week('too_few')), source('b', week('as_asked')), source('a', week('too_few'), week('more')), source('c', week('fewer'))];
  assert.deepEqual(ordered(list).map((one) => one.source), ['a', 'c', 'b', 'few', 'none']);
  assert.equal(judged(list[3] as Reliable)?.verdict, 'more');
  assert.equal(judged(list[0] as Reliable), undefined);
});

test('the sentence says what was asked and who goes beyond it', () => {
  const asked = 'Asked: 20 alerts a day, all sources together.';
  assert.equal(said([]), `${asked} No event has been scored yet.`);
  assert.equal(said([source('/l/a.json', week('too_few'))]), `${asked} There are too few events to tell whether it holds.`);
  assert.equal(said([source('/l/a.json', week('as_asked'))]), `${asked} The one source keeps to it.`);
  assert.equal(said([source('a', week('as_asked')), source('b', week('as_asked')), source('c', week('too_few'))]), `${asked} 2 of 3 sources keep to it; of the others too little was seen.`);
  assert.equal(said([source('a', week('as_asked')), source('b', week('fewer'))]), `${asked} No source raises more false alarms than that, one raises fewer.`);
  assert.equal(said([source('/l/a.json', week('more')), source('b', week('more'))]), `a.json and one more raise more false alarms than asked. ${asked}`);
});

test('names are short where they are no others’', () => {
  const all = [source('/x/eve.json'), source('/y/eve.json'), source('/y/c.json\u202e'), source('syslog+udp:127.0.0.1:5514')];
  assert.deepEqual(all.map((one) => label(one, all)), ['/x/eve.json', '/y/eve.json', 'c.json\\u202e', 'syslog+udp:127.0.0.1:5514']);
});

test('weeks are named by their first and last day', () => {
  assert.equal(weekWords(week('more')), '9 – 15 Mar 2026');
  assert.equal(weekWords(week('more', { from: '2026-03-30T00:00:00Z' })), '30 Mar – 5 Apr 2026');
  assert.equal(weekWords(week('more', { from: '2025-12-29T00:00:00Z' })), '29 Dec 2025 – 4 Jan 2026');
  assert.equal(weekKey(week('more')), '2026-03-09');
});

test('the band is that of chance, and bars are held against it', () => {
  const { expected, low, high } = band(week('as_asked'));
  assert.equal(expected, 1000);
  assert.ok(Math.abs(high - 1000 - 1.96 * Math.sqrt(20_000 * 0.05 * 0.95)) < 1e-9 && Math.abs(1000 - low - (high - 1000)) < 1e-9);
  assert.ok(isOut(1062, { expected, low, high }) && !isOut(1060, { expected, low, high }) && isOut(938, { expected, low, high }));
  assert.equal(sayBars(week('as_asked')), 'All 20 bars lie within what chance allows.');
  assert.equal(sayBars(week('more', { p_values: [20_000, ...Array<number>(19).fill(0)] })), '19 of 20 bars are empty: these events have few distinct scores, so their p-values come in steps.');
  assert.equal(sayBars(week('more', { p_values: [...Array<number>(10).fill(500), ...Array<number>(10).fill(1500)] })), 'None of 20 bars lie within what chance allows.');
  assert.equal(sayBars(week('more', { p_values: Array<number>(20).fill(0) })), 'No event has been scored in it.');
  assert.equal(barWords(1, 20), '0.05 – 0.1');
  assert.equal(barWords(19, 20), '0.95 – 1');
});

test('without a model it is said why', () => {
  const summary = { model: null, state: 'learning', learning: { events: 12, needed: 100 } } as Summary;
  assert.equal(sayWaiting(summary), 'Not learnt yet: 12 of 100 events.');
  assert.equal(sayWaiting({ ...summary, state: 'empty', learning: null }), 'There is no model yet.');
  assert.equal(sayWaiting({ ...summary, model: { digest: '', trained_from: null, trained_to: null, seed: 1, sub_models: [] } }), null);
});
