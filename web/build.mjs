// Bundles the page into dist/ and prints its size. The theme is applied by app.js, so nothing is inline.
import { build } from 'esbuild';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { world, worldText } from './world.mjs';

const LIMIT_BYTES = 250 * 1024;

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
await build({
  entryPoints: { app: 'src/main.tsx' },
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  legalComments: 'none',
  loader: { '.json': 'json' },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  plugins: [world],
});
await build({ entryPoints: { app: 'src/app.css' }, outdir: 'dist', bundle: true, minify: true, legalComments: 'none' });
for (const name of ['index.html', 'icon.svg']) cpSync(`src/${name}`, `dist/${name}`);

let total = 0;
for (const name of readdirSync('dist').sort()) {
  const bytes = readFileSync(`dist/${name}`);
  const gzip = gzipSync(bytes, { level: 9 }).length;
  total += gzip;
  console.log(`${name.padEnd(12)} ${String(bytes.length).padStart(8)} bytes, ${String(gzip).padStart(7)} gzipped`);
}
writeFileSync('dist/world.txt', worldText()); // for `honeyguide report`: the page has it within
console.log(`page ${total} bytes gzipped, at most ${LIMIT_BYTES}`);
if (total > LIMIT_BYTES) process.exit(1);
