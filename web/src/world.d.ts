// Made by world.mjs when the page is built.
declare module 'world' {
  export const WIDTH: number;
  export const HEIGHT: number;
  export const LAND: string; // an SVG path
  export const COUNTRIES: Record<string, string>; // by the two letters of ISO 3166-1
  export const SCALE: number; // of d3's geoNaturalEarth1
  export const TRANSLATE: [number, number];
}
