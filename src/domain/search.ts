import { RegError } from '../errors.js';

// The filter grammar of MLflow's search: clauses with AND between them, no OR and no parentheses.

/** How a clause compares. */
export type Comparator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE' | 'ILIKE' | 'IN';

/** One clause: `metrics.rmse < 0.5` has the field `metrics`, the key `rmse` and the value 0.5; `name = 'churn'` has no key. */
export interface Clause {
  field: string;
  key: string | undefined;
  comparator: Comparator;
  /** Texts for texts in quotes, numbers for numbers; several for `IN`. */
  values: readonly (string | number)[];
}

const TOKEN =
  /\s*(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(`[^`]*`)|(!=|<=|>=|[=<>(),.])|([^\s'"`=<>!(),.]+))/y;

interface Token {
  kind: 'text' | 'quoted' | 'sign' | 'word';
  text: string;
  at: number;
}

const MAX_LENGTH = 10_000;

/**
 * Reads a filter. Words such as AND and LIKE may be in any case; fields and keys may not.
 * @returns no clause for an empty text
 * @throws RegError USAGE, which names the place
 */
export function readFilter(filter: string): Clause[] {
  const tokens = tokensOf(filter);
  const clauses: Clause[] = [];
  let at = 0;
  const fail = (wanted: string): RegError => {
    const token = tokens[at];
    const found = token === undefined ? 'the end' : `'${token.text}' at ${token.at + 1}`;
    return new RegError(
      'USAGE',
      `cannot read the filter: ${wanted} is wanted, and ${found} found`,
      "write it such as: name LIKE 'ch%' AND tag.team = 'risk'",
    );
  };
  const next = (wanted: string, fits: (token: Token) => boolean): Token => {
    const token = tokens[at];
    if (token === undefined || !fits(token)) throw fail(wanted);
    at += 1;
    return token;
  };
  const isSign = (text: string) => (token: Token | undefined) =>
    token?.kind === 'sign' && token.text === text;
  const isWord = (text: string) => (token: Token | undefined) =>
    token?.kind === 'word' && token.text.toUpperCase() === text;
  const value = (): string | number => {
    const token = next('a value', ({ kind }) => kind === 'text' || kind === 'word');
    if (token.kind === 'text') return unquoted(token.text);
    let number = token.text;
    // a fraction is a number, a dot and a number
    if (isSign('.')(tokens[at]) && tokens[at + 1]?.kind === 'word') {
      number += `.${tokens[at + 1]?.text}`;
      at += 2;
    }
    if (!NUMBER.test(number)) {
      at -= 1;
      throw fail('a number, or a text in quotes,');
    }
    return Number(number);
  };
  while (at < tokens.length) {
    if (clauses.length > 0) next('AND', isWord('AND'));
    const field = next('a field', ({ kind }) => kind === 'word').text;
    let key: string | undefined;
    if (isSign('.')(tokens[at])) {
      at += 1;
      key = keyAt();
    }
    const comparator = comparatorAt();
    const values: (string | number)[] = [];
    if (comparator === 'IN') {
      next('(', isSign('('));
      values.push(value());
      while (isSign(',')(tokens[at])) {
        at += 1;
        values.push(value());
      }
      next(')', isSign(')'));
    } else values.push(value());
    clauses.push({ field, key, comparator, values });
  }
  return clauses;

  function keyAt(): string {
    const first = next('a key', ({ kind }) => kind === 'word' || kind === 'quoted' || kind === 'text');
    if (first.kind === 'quoted') return first.text.slice(1, -1);
    if (first.kind === 'text') return unquoted(first.text);
    let key = first.text;
    // a key may have dots without quotes
    while (isSign('.')(tokens[at]) && tokens[at + 1]?.kind === 'word') {
      key += `.${tokens[at + 1]?.text}`;
      at += 2;
    }
    return key;
  }
  function comparatorAt(): Comparator {
    const token = next('a comparison', ({ kind, text }) =>
      kind === 'sign' ? SIGNS.has(text) : kind === 'word' && WORDS.has(text.toUpperCase()),
    );
    return token.text.toUpperCase() as Comparator;
  }
}

const SIGNS: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=']);
const WORDS: ReadonlySet<string> = new Set(['LIKE', 'ILIKE', 'IN']);
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

const unquoted = (text: string): string => text.slice(1, -1).replaceAll(/\\(.)/gs, '$1');

function tokensOf(filter: string): Token[] {
  const tokens: Token[] = [];
  const fail = (why: string): RegError => new RegError('USAGE', `cannot read the filter: ${why}`);
  if (filter.length > MAX_LENGTH) throw fail(`it is longer than ${MAX_LENGTH} letters`);
  TOKEN.lastIndex = 0;
  while (filter.slice(TOKEN.lastIndex).trim() !== '') {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(filter);
    if (match === null) throw fail(`nothing begins with '${filter.slice(start).trim().slice(0, 20)}'`);
    const [all, text, quoted, sign, word] = match;
    const found = text ?? quoted ?? sign ?? word ?? '';
    const kind =
      text !== undefined ? 'text' : quoted !== undefined ? 'quoted' : sign !== undefined ? 'sign' : 'word';
    tokens.push({ kind, text: found, at: start + all.length - found.length });
  }
  return tokens;
}

/**
 * Whether a value fits a clause. Something that is not there fits no clause. Texts and numbers are compared with their own kind: `=` with
 * a number compares a text that is a number as that number.
 */
export function fitsClause(found: string | number | undefined, { comparator, values }: Clause): boolean {
  if (found === undefined) return false;
  const [wanted = ''] = values;
  switch (comparator) {
    case 'IN':
      return values.some((one) => isSame(found, one));
    case '=':
      return isSame(found, wanted);
    case '!=':
      return !isSame(found, wanted);
    case 'LIKE':
      return isLike(String(found), String(wanted));
    case 'ILIKE':
      return isLike(String(found).toLowerCase(), String(wanted).toLowerCase());
    default:
      return isOrdered(Number(found), Number(wanted), comparator);
  }
}

const isSame = (found: string | number, wanted: string | number): boolean =>
  typeof found === typeof wanted ? found === wanted : Number(found) === Number(wanted);

function isOrdered(found: number, wanted: number, comparator: '<' | '<=' | '>' | '>='): boolean {
  if (comparator === '<') return found < wanted;
  if (comparator === '<=') return found <= wanted;
  return comparator === '>' ? found > wanted : found >= wanted;
}

/**
 * Whether a text fits a pattern of SQL: `%` stands for any letters, `_` for one. It takes time by the product of both lengths at most, which
 * a regular expression does not promise.
 */
function isLike(text: string, pattern: string): boolean {
  let [at, to] = [0, 0];
  // where the last % stands, and from where the text goes on behind it
  let [any, from] = [-1, 0];
  while (at < text.length) {
    const wanted = pattern[to];
    if (wanted === '%') {
      any = to;
      from = at;
      to += 1;
    } else if (wanted !== undefined && (wanted === '_' || wanted === text[at])) {
      at += 1;
      to += 1;
    } else if (any >= 0) {
      from += 1;
      at = from;
      to = any + 1;
    } else return false;
  }
  return /^%*$/.test(pattern.slice(to));
}
