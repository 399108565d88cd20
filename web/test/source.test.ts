// What attackers write is shown as text: the sources have no way of writing markup, and no other host is named.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const named = ['', 'components/', 'charts/'].flatMap((folder) => readdirSync(`src/${folder}`).map((name) => folder + name));
const sources = named.filter((name) => /\.tsx?$/.test(name)).map((name) => ({ name, text: readFileSync(`src/${name}`, 'utf8') }));

test('nothing is written as markup or run as code', () => {
  assert.ok(sources.length > 15);
  for (const { name, text } of sources)
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|javascript:/i, name);
});

test('types hold: no any, no unchecked file', () => {
  for (const { name, text } of sources) assert.doesNotMatch(text, /(?::|<|as)\s*any\b|@ts-ignore|@ts-nocheck/, name);
});

test('no other host is asked', () => {
  for (const { name, text } of sources) assert.doesNotMatch(text.replace('href="https://db-ip.com"', ''), /https?:\/\//, name);
});
