// Adds a term to the text of a filter, or takes one away. Reading it is the server's business: here only words, quotes and parentheses count.

const BARE = /^[A-Za-z0-9_.:/@%+-]+$/; // anything else is quoted
const WORDS = new Set(['or', 'and', 'not']);

export function quoted(value: string): string {
  if (BARE.test(value) && !WORDS.has(value.toLowerCase()) && !value.includes('..') && !value.startsWith('-')) return value;
  return `"${value.replace(/["\\*]/g, '\\$&')}"`;
}

// null: where the field has no value.
export function term(field: string, value: string | null): string {
  return value === null ? `-${field}:*` : `${field}:${quoted(value)}`;
}

function negated(text: string): string {
  return text.startsWith('-') ? text.slice(1) : `-${text}`;
}

// The words of the outermost level; what stands in quotes or parentheses is one with what it is part of.
export function words(text: string): string[] {
  const found: string[] = [];
  let word = '';
  let depth = 0;
  let inside = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (inside && char === '\\' && i + 1 < text.length) {
      word += char + (text[++i] as string);
      continue;
    }
    if (char === '|' && !inside && depth <= 0) {
      if (word !== '') found.push(word);
      found.push('or');
      word = '';
      continue;
    }
    if (char === '"') inside = !inside;
    else if (!inside && char === '(') depth++;
    else if (!inside && char === ')') depth--;
    if (/\s/.test(char) && !inside && depth <= 0) {
      if (word !== '') found.push(word);
      word = '';
    } else word += char;
  }
  if (word !== '') found.push(word);
  return found;
}

function isOr(text: string): boolean {
  return words(text).some((word) => word.toLowerCase() === 'or');
}

// All that must hold: an `or` is taken in parentheses, so that what is added goes with all of it.
function parts(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  if (isOr(trimmed)) return [`(${trimmed})`];
  const found: string[] = [];
  for (const word of words(trimmed)) {
    const before = found.at(-1);
    if (before !== undefined && /^(not|-)$/i.test(before)) found[found.length - 1] = `${before} ${word}`;
    else if (word.toLowerCase() !== 'and') found.push(word);
  }
  return found;
}

// Each condition with the filter that is left without it; none where there is but one.
export function eachLeftOut(text: string): { part: string; rest: string }[] {
  const all = parts(text);
  if (all.length < 2) return [];
  return all.map((part, i) => ({ part, rest: all.filter((_, k) => k !== i).join(' ') }));
}

function fieldOf(part: string): string | null {
  return /^([a-z_0-9]+):/i.exec(part)?.[1] ?? null;
}

// Only this: another value that was asked of the field gives way to it.
export function withOnly(text: string, field: string, value: string | null): string {
  const added = term(field, value);
  const kept = parts(text).filter((part) => part !== added && part !== negated(added) && (value === null || fieldOf(part) !== field));
  return [...kept, added].join(' ');
}

export function withWithout(text: string, field: string, value: string | null): string {
  const taken = term(field, value);
  const added = negated(taken);
  return [...parts(text).filter((part) => part !== taken && part !== added), added].join(' ');
}

// Both at once, where one condition doesn't replace the other.
export function withTerm(text: string, added: string): string {
  const all = parts(text);
  return (all.includes(added) ? all : [...all, added]).join(' ');
}
