import { pythonFloat, pythonInteger } from './python-number.js';

// Parameters in a Python file, as DVC takes them from its syntax tree (dvc/utils/serialize/_py.py): literals that are assigned to names at the
// top, in classes, and to `self` in `__init__`. Everything else is passed over, and nothing runs.

/** One logical line: brackets and strings may go over several lines of the file (Python Language Reference, 2.1.5). */
interface Line {
  indent: number;
  text: string;
}

/** The values that a Python file assigns, those of a class under its name. */
export function readAssignments(source: string): Record<string, unknown> {
  const lines = logicalLines(source);
  return Object.fromEntries(blockAt(lines, 0, lines.length, false));
}

/** Values by name; a later one takes the place of an earlier one. */
type Assigned = Map<string, unknown>;

/** The statements that have others inside, on lines that are deeper or behind a colon. */
const COMPOUND =
  /^(?:async\s+)?(class|def|if|elif|else|for|while|try|except|finally|with)\b\s*([^\W\d]\w*)?/u;

/** The assignments of the lines from one to another, and of the blocks in them that count. */
function blockAt(lines: readonly Line[], start: number, end: number, isInit: boolean): Assigned {
  const found: Assigned = new Map();
  const indent = lines[start]?.indent ?? 0;
  for (let at = start; at < end; ) {
    const { text } = lines[at] as Line;
    let next = at + 1;
    while (next < end && (lines[next]?.indent ?? 0) > indent) next += 1;
    const inside = (init: boolean): Assigned =>
      next > at + 1 ? blockAt(lines, at + 1, next, init) : assignmentsIn(behindColon(text), init);
    const [, keyword, name = ''] = COMPOUND.exec(text) ?? [];
    let own: Assigned = new Map();
    if (keyword === 'class') own.set(name, Object.fromEntries(inside(false)));
    else if (keyword === 'def' && name === '__init__' && text.startsWith('def')) own = inside(true);
    else if (keyword === undefined) own = assignmentsIn(text, isInit);
    for (const [key, value] of own) found.set(key, value);
    at = next;
  }
  return found;
}

/** What follows the colon of a compound statement on its line. */
function behindColon(text: string): string {
  let depth = 0;
  for (const { at, char } of codeIn(text)) {
    if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) depth -= 1;
    else if (char === ':' && depth === 0) return text.slice(at + 1).trim();
  }
  return '';
}

const assignmentsIn = (text: string, isInit: boolean): Assigned =>
  new Map(statementsIn(text).flatMap((one) => assignmentIn(one, isInit)));

/** A name, or an attribute of `self`, that a statement gives a literal. */
function assignmentIn(statement: string, isInit: boolean): [name: string, value: unknown][] {
  const target = /^(self\s*\.\s*)?([^\W\d]\w*)\s*(:|=(?!=))/u.exec(statement);
  if (target === null || (isInit && target[1] === undefined)) return [];
  const [whole, , name = '', mark] = target;
  const rest = statement.slice(whole.length);
  const equals = mark === '=' ? 0 : annotationEnd(rest);
  const value = equals === undefined ? undefined : literalIn(rest.slice(equals));
  return value === undefined ? [] : [[name, value.literal]];
}

/** Where the value of `name: annotation = value` begins. */
function annotationEnd(text: string): number | undefined {
  let depth = 0;
  for (const { at, char } of codeIn(text)) {
    if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) depth -= 1;
    else if (char === '=' && depth === 0) return at + 1;
  }
  return undefined;
}

/** A string with its prefix, up to its end; a raw one keeps its backslashes, and takes them before a quote all the same. */
const STRING = /([rbuf]{0,2})('''|"""|'|")/iy;

/** The end of the string that begins at a place; undefined where none begins there. */
function stringEnd(text: string, at: number): number | undefined {
  STRING.lastIndex = at;
  const [opening, , quote = ''] = STRING.exec(text) ?? [];
  if (opening === undefined) return undefined;
  let end = at + opening.length;
  while (end < text.length && !text.startsWith(quote, end)) end += text[end] === '\\' ? 2 : 1;
  return Math.min(end + quote.length, text.length);
}

/** The characters outside strings, and each string as one character, a quote. */
function* codeIn(text: string): Generator<{ at: number; char: string; end: number }> {
  for (let at = 0; at < text.length; ) {
    const end = stringFrom(text, at);
    if (end === undefined) yield { at, char: text[at] ?? '', end: at + 1 };
    else yield { at, char: '"', end };
    at = end ?? at + 1;
  }
}

/** The end of the string that begins at a place of code, where a letter of a longer word is no prefix. */
function stringFrom(text: string, at: number): number | undefined {
  const isInWord = at > 0 && /\w/.test(text[at - 1] ?? '');
  return isInWord && !/['"]/.test(text[at] ?? '') ? undefined : stringEnd(text, at);
}

function logicalLines(source: string): Line[] {
  const text = withoutComments(source.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'));
  const lines: Line[] = [];
  let line = '';
  let depth = 0;
  const end = (): void => {
    if (line.trim() !== '') lines.push({ indent: indentOf(line), text: line.trim() });
    line = '';
  };
  let joinedTo = 0;
  for (const { at, char, end: next } of codeIn(text)) {
    if (at < joinedTo) continue;
    if (char === '\\' && text[at + 1] === '\n') joinedTo = at + 2;
    else if (char === '\n' && depth === 0) end();
    else line += char === '\n' ? ' ' : text.slice(at, next);
    if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) depth = Math.max(0, depth - 1);
  }
  end();
  return lines;
}

/** The text with spaces in the place of its comments. */
function withoutComments(text: string): string {
  let made = '';
  for (let at = 0; at < text.length; ) {
    if (text[at] === '#') {
      const end = text.indexOf('\n', at);
      made += ' '.repeat((end < 0 ? text.length : end) - at);
      at = end < 0 ? text.length : end;
      continue;
    }
    const end = stringFrom(text, at) ?? at + 1;
    made += text.slice(at, end);
    at = end;
  }
  return made;
}

/** Columns before the first character; a tab goes on to the next eighth one (Python Language Reference, 2.1.8). */
function indentOf(line: string): number {
  let column = 0;
  for (const char of line) {
    if (char === '\t') column += 8 - (column % 8);
    else if (char === ' ' || char === '\f') column += 1;
    else break;
  }
  return column;
}

/** The statements of a line, between semicolons. */
function statementsIn(text: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let depth = 0;
  for (const { at, char } of codeIn(text)) {
    if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) depth -= 1;
    else if (char === ';' && depth === 0) {
      statements.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return [...statements, text.slice(start).trim()];
}

/** The literal that a text is, and nothing else (Python, `ast.literal_eval`); undefined for any other expression. */
function literalIn(text: string): { literal: unknown } | undefined {
  const reader = new LiteralReader(text);
  try {
    return { literal: reader.whole() };
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

class NoLiteral extends Error {}

/** What may be a number; `numberIn` judges it. */
const NUMBER = /[-+]?\s*\.?\d[\w.]*(?:(?<=[eE])[-+]\d\w*)?/y;
const WORD = /(True|False|None)(?!\w)/y;
const WORDS: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };
/** Deeper literals are no parameters. */
const MOST_LEVELS = 100;

class LiteralReader {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  whole(): unknown {
    const first = this.value();
    // `1, 2` is a tuple
    const value = this.peek() === ',' ? [first, ...this.items('')] : first;
    if (this.peek() !== '') throw new NoLiteral();
    return value;
  }

  private peek(): string {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
    return this.text[this.at] ?? '';
  }

  private value(): unknown {
    const char = this.peek();
    this.depth += 1;
    if (this.depth > MOST_LEVELS) throw new NoLiteral();
    try {
      if (char === '[') return this.bracketed(']');
      if (char === '(') return this.parenthesised();
      if (char === '{') return this.mapping();
      if (stringEnd(this.text, this.at) !== undefined) return this.strings();
      const word = this.match(WORD);
      if (word !== undefined) return WORDS[word];
      const number = this.match(NUMBER);
      if (number !== undefined) return numberIn(number.replaceAll(/\s|_/g, ''));
      throw new NoLiteral();
    } finally {
      this.depth -= 1;
    }
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private take(char: string): void {
    if (this.peek() !== char) throw new NoLiteral();
    this.at += 1;
  }

  /** What follows a comma, up to a closing character. */
  private items(close: string): unknown[] {
    const items: unknown[] = [];
    while (this.peek() === ',') {
      this.at += 1;
      if (this.peek() === close) break;
      items.push(this.value());
    }
    return items;
  }

  private bracketed(close: string): unknown[] {
    this.at += 1;
    const items = this.peek() === close ? [] : [this.value(), ...this.items(close)];
    this.take(close);
    return items;
  }

  private parenthesised(): unknown {
    this.at += 1;
    if (this.peek() === ')') {
      this.at += 1;
      return [];
    }
    const first = this.value();
    const isTuple = this.peek() === ',';
    const items = [first, ...this.items(')')];
    this.take(')');
    return isTuple ? items : first;
  }

  /** A mapping, or a set, which is a list here. */
  private mapping(): unknown {
    this.at += 1;
    if (this.peek() === '}') {
      this.at += 1;
      return {};
    }
    const first = this.value();
    if (this.peek() !== ':') {
      const items = [first, ...this.items('}')];
      this.take('}');
      return items;
    }
    const made = new Map<string, unknown>();
    for (let key = first; ; key = this.value()) {
      this.take(':');
      made.set(keyText(key), this.value());
      if (this.peek() === ',') this.at += 1;
      if (this.peek() === '}') break;
    }
    this.at += 1;
    return Object.fromEntries(made);
  }

  /** Strings side by side are one. */
  private strings(): string {
    let made = '';
    for (let end = stringEnd(this.text, this.at); end !== undefined; end = stringEnd(this.text, this.at)) {
      STRING.lastIndex = this.at;
      const [opening = '', prefix = '', quote = ''] = STRING.exec(this.text) ?? [];
      if (/[bf]/i.test(prefix) || !this.text.startsWith(quote, end - quote.length)) throw new NoLiteral();
      const body = this.text.slice(this.at + opening.length, end - quote.length);
      made += /r/i.test(prefix) ? body : unescaped(body);
      this.at = end;
      this.peek();
    }
    return made;
  }
}

/** A key of a mapping as YAML would have it. */
function keyText(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'object' && key !== null && 'text' in key) return String(key.text);
  throw new NoLiteral();
}

function numberIn(text: string): unknown {
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/.exec(text) ?? [];
  if (/^(0[xob][\da-f]+|\d+)$/i.test(digits)) {
    // a zero at the beginning is an error in Python
    if (/^0\d*[1-9]/.test(digits)) throw new NoLiteral();
    const value = BigInt(digits);
    return pythonInteger(sign === '-' ? -value : value);
  }
  if (!/^(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(digits)) throw new NoLiteral();
  return pythonFloat(Number(`${sign === '-' ? '-' : ''}${digits}`));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The text that a string stands for (Python Language Reference, 2.4.1). */
const unescaped = (body: string): string =>
  body.replace(
    /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|N(\{[^}]*\})|([\s\S]))/g,
    (whole, octal, byte, four, eight, name, other) => {
      if (name !== undefined) throw new NoLiteral();
      const code = octal === undefined ? (byte ?? four ?? eight) : undefined;
      if (octal === undefined && code === undefined) return ESCAPES[other] ?? whole;
      const point = octal === undefined ? Number.parseInt(code, 16) : Number.parseInt(octal, 8);
      if (point > 0x10ffff) throw new NoLiteral();
      return String.fromCodePoint(point);
    },
  );
