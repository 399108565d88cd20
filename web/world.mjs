// The world's map, drawn when the page is built: `import { LAND, COUNTRIES, SCALE, TRANSLATE } from 'world'` gives SVG paths in the units of WIDTH x HEIGHT, and
// worldText() the same as lines for `honeyguide report`. Natural Earth's projection, cut at the polar circles' ice.
import { geoNaturalEarth1, geoPath } from 'd3-geo';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';

const WIDTH = 760;
const HEIGHT = 362;
const MARGIN = 4;
const BEYOND = 58; // of the south, which the map leaves out

// ISO 3166-1: numbers, as the map's shapes have them, and the two letters that everything else has.
const PAIRS =
  '004AF008AL010AQ012DZ024AO031AZ032AR036AU040AT044BS050BD051AM056BE064BT068BO070BA072BW076BR084BZ090SB096BN100BG104MM108BI112BY116KH120CM124CA140CF144LK' +
  '148TD152CL156CN158TW170CO178CG180CD188CR191HR192CU196CY203CZ204BJ208DK214DO218EC222SV226GQ231ET232ER233EE238FK242FJ246FI250FR260TF262DJ266GA268GE270GM' +
  '275PS276DE288GH300GR304GL320GT324GN328GY332HT340HN348HU352IS356IN360ID364IR368IQ372IE376IL380IT384CI388JM392JP398KZ400JO404KE408KP410KR414KW417KG418LA' +
  '422LB426LS428LV430LR434LY440LT442LU450MG454MW458MY466ML478MR484MX496MN498MD499ME504MA508MZ512OM516NA524NP528NL540NC548VU554NZ558NI562NE566NG578NO586PK' +
  '591PA598PG600PY604PE608PH616PL620PT624GW626TL630PR634QA642RO643RU646RW682SA686SN688RS694SL703SK704VN705SI706SO710ZA716ZW724ES728SS729SD732EH740SR748SZ' +
  '752SE756CH760SY762TJ764TH768TG780TT784AE788TN792TR795TM800UG804UA807MK818EG826GB834TZ840US854BF858UY860UZ862VE887YE894ZM';
const LETTERS = new Map([...PAIRS.matchAll(/(\d{3})([A-Z]{2})/g)].map(([, number, letters]) => [number, letters]));

function draw() {
  const topology = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('world-atlas/countries-110m.json'), 'utf8'));
  const projection = geoNaturalEarth1().fitExtent([[MARGIN, MARGIN], [WIDTH - MARGIN, HEIGHT + BEYOND]], { type: 'Sphere' });
  const path = geoPath(projection).digits(1);
  const countries = {}; // one may have several shapes
  for (const shape of topology.objects.countries.geometries) {
    const letters = LETTERS.get(shape.id);
    if (letters !== undefined) countries[letters] = (countries[letters] ?? '') + (path(feature(topology, shape)) ?? '');
  }
  return { WIDTH, HEIGHT, LAND: path(feature(topology, topology.objects.land)), COUNTRIES: countries, SCALE: projection.scale(), TRANSLATE: projection.translate() };
}

const DRAWN = draw();

export const world = {
  name: 'world',
  setup(build) {
    build.onResolve({ filter: /^world$/ }, () => ({ path: 'world', namespace: 'world' }));
    build.onLoad({ filter: /.*/, namespace: 'world' }, () => ({ contents: Object.entries(DRAWN).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`).join('\n') }));
  },
};

// "WIDTH HEIGHT SCALE X Y", then "LAND PATH" and a line "LETTERS PATH" for each country.
export function worldText() {
  const { LAND, COUNTRIES, SCALE, TRANSLATE } = DRAWN;
  const paths = Object.entries({ LAND, ...COUNTRIES }).map(([name, path]) => `${name} ${path}\n`);
  return `${[WIDTH, HEIGHT, SCALE, ...TRANSLATE].join(' ')}\n${paths.join('')}`;
}
