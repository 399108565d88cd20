// A server that shows the built page every state of the API on demand: for states that a real server reaches only in distress.
// As a program: fake_server.mjs [STATE] [PORT] serves one state for looking at.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { answer, told } from './fake_answers.mjs';
import { faultOf } from './fake_desk.mjs';

const DIST = process.env.HG_DIST ?? path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../web/dist');
const FILES = { '/': ['index.html', 'text/html; charset=utf-8'], '/app.js': ['app.js', 'text/javascript'], '/app.css': ['app.css', 'text/css'], '/icon.svg': ['icon.svg', 'image/svg+xml'] };
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

export async function startFake(state = 'live', port = 0) {
  const streams = new Set();
  const fake = { state, tick: 0, views: [], failing: null, token: null, bend: (_route, body) => body, asked: [], told: [] };
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    response.setHeader('Content-Security-Policy', POLICY);
    if (url.pathname === '/api/v1/stream') return stream(response);
    if (url.pathname.startsWith('/api/v1/')) return request.method === 'POST' ? hear(url, request, response) : api(url, request.headers.cookie, response);
    const file = FILES[url.pathname];
    if (file === undefined) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': file[1] }).end(readFileSync(path.join(DIST, file[0])));
  });

  function api(url, cookie, response) {
    const route = url.pathname.slice('/api/v1'.length);
    if (fake.token !== null && !(cookie ?? '').includes(`honeyguide_token=${fake.token}`)) {
      response.writeHead(401, { 'Content-Type': 'application/problem+json' });
      return response.end(JSON.stringify({ type: 'about:blank', title: 'a token is needed', status: 401 }));
    }
    fake.asked.push({ at: Date.now(), route });
    const fault = faultOf(url.searchParams.get('filter'));
    if (fault !== null) {
      response.writeHead(400, { 'Content-Type': 'application/problem+json' });
      return response.end(JSON.stringify({ type: 'about:blank', title: 'a filter that can’t be read', status: 400, detail: `The filter is wrong at byte ${fault.offset}: expected ${fault.expected}.`, filter: fault }));
    }
    if (route === '/views') return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ views: fake.views }));
    const found = answer(fake.state, route, url.searchParams, fake.tick);
    const body = found === null ? null : fake.bend(route, found, url.searchParams);
    const refused = fake.failing === route ? [503, 'The store answered after more than 10 seconds and was given up.'] : body === null ? [404, 'There is no such alert.'] : null;
    response.setHeader('Content-Type', refused === null ? 'application/json' : 'application/problem+json');
    if (refused === null) response.writeHead(200).end(JSON.stringify(body));
    else response.writeHead(refused[0]).end(JSON.stringify({ type: 'about:blank', title: 'trouble', status: refused[0], detail: refused[1] }));
  }

  function hear(url, request, response) {
    let said = '';
    request.on('data', (bytes) => (said += bytes));
    request.on('end', () => {
      const route = url.pathname.slice('/api/v1'.length);
      const plain = request.headers['content-type'] !== 'application/json';
      const body = plain || fake.failing === route ? null : views(route, JSON.parse(said)) ?? told(fake.state, route, JSON.parse(said));
      fake.told.push({ route, body: said });
      response.setHeader('Content-Type', body === null ? 'application/problem+json' : 'application/json');
      response.writeHead(body === null ? 503 : 200).end(JSON.stringify(body ?? { type: 'about:blank', title: 'trouble', status: 503, detail: 'The store can’t be written.' }));
    });
  }

  function views(route, body) {
    if (!route.startsWith('/views')) return null;
    fake.views = fake.views.filter((view) => view.name !== body.name);
    if (route === '/views') fake.views.push(body);
    return { views: fake.views };
  }

  function stream(response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    streams.add(response);
    response.on('close', () => streams.delete(response));
    say(response);
  }

  function say(response) {
    const summary = fake.bend('/summary', answer(fake.state, '/summary', new URLSearchParams(), fake.tick), new URLSearchParams());
    const { sequence, clock, state: is, rate, learning } = summary;
    response.write(`event: commit\nid: ${sequence}\ndata: ${JSON.stringify({ sequence, clock, state: is, rate, learning })}\n\n`);
  }

  const listen = (on) => new Promise((resolve) => server.listen(on, '127.0.0.1', resolve));
  await listen(port);
  const chosen = server.address().port;
  return Object.assign(fake, {
    url: `http://127.0.0.1:${chosen}`,
    commit() {
      fake.tick++;
      for (const response of streams) say(response);
    },
    repeat() { // a stream that was opened again says the last commit again
      for (const response of streams) say(response);
    },
    async vanish() {
      for (const response of streams) response.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    comeBack: () => listen(chosen),
    streams: () => streams.size,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fake = await startFake(process.argv[2] ?? 'live', Number(process.argv[3] ?? 0));
  console.log(`${fake.state} at ${fake.url}`);
  setInterval(() => fake.commit(), 1000).unref();
  setTimeout(() => process.exit(0), 3_600_000);
}
