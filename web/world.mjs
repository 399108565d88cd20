// The world's map, drawn when the page is built: `import { LAND, COUNTRIES, SCALE, TRANSLATE } from 'world'` gives SVG paths in the units of WIDTH x HEIGHT.
// Natural Earth's projection, cut at the polar circles' ice.
import { geoNaturalEarth1, geoPath } from 'd3-geo';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';

const WIDTH = 760;
const HEIGHT = 362;
const MARGIN = 4;
const BEYOND = 58; // of the south, which the map leaves out

function drawn() {
  const topology = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('world-atlas/countries-110m.json'), 'utf8'));
  const projection = geoNaturalEarth1().fitExtent([[MARGIN, MARGIN], [WIDTH - MARGIN, HEIGHT + BEYOND]], { type: 'Sphere' });
  const draw = geoPath(projection).digits(1);
  const countries = {}; // by ISO 3166-1 number; one may have several shapes
  for (const shape of topology.objects.countries.geometries) if (shape.id !== undefined) countries[shape.id] = (countries[shape.id] ?? '') + (draw(feature(topology, shape)) ?? '');
  return { WIDTH, HEIGHT, LAND: draw(feature(topology, topology.objects.land)), COUNTRIES: countries, SCALE: projection.scale(), TRANSLATE: projection.translate() };
}

export const world = {
  name: 'world',
  setup(build) {
    build.onResolve({ filter: /^world$/ }, () => ({ path: 'world', namespace: 'world' }));
    build.onLoad({ filter: /.*/, namespace: 'world' }, () => ({ contents: Object.entries(drawn()).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`).join('\n') }));
  },
};
