// Places in the filter's text: the API counts bytes of UTF-8, the browser UTF-16 units.
const encoder = new TextEncoder();

export function bytesTo(text: string, at: number): number {
  return encoder.encode(text.slice(0, at)).length;
}

// The unit at a byte; inside a letter, its beginning.
export function unitAt(text: string, byte: number): number {
  let bytes = 0;
  let unit = 0;
  for (const letter of text) {
    bytes += encoder.encode(letter).length;
    if (bytes > byte) break;
    unit += letter.length;
  }
  return unit;
}

export interface Marked {
  before: string;
  wrong: string; // at least one letter: a blank where something is missing
  after: string;
}

export function mark(text: string, offset: number, length: number): Marked {
  const from = unitAt(text, offset);
  const to = Math.max(from, unitAt(text, offset + length));
  return { before: text.slice(0, from), wrong: text.slice(from, to) || '\u00a0', after: text.slice(to) };
}

// What becomes of the text when a completion is taken, and where the caret stands then.
export function taken(text: string, from: number, to: number, by: string): { text: string; caret: number } {
  const [a, b] = [unitAt(text, from), unitAt(text, to)];
  const whole = by.endsWith(':') || text.slice(b).startsWith(' ') ? by : `${by} `;
  return { text: text.slice(0, a) + whole + text.slice(b), caret: a + whole.length };
}
