import { posix } from 'node:path';
import { RegError } from '../errors.js';
import { utf8Text } from '../util/text.js';
import { isMapping, keepNumbers, LIMITS, tomlValues, Unresolved } from './dvc-parameters.js';
import { readAssignments } from './python-assignments.js';
import { PythonNumber, pythonFloat, pythonInteger } from './python-number.js';
import { readYaml } from './yaml.js';

// The values of files of metrics and parameters, exactly as the tools of Python read them (DVC, "metrics" and "params").

/** How long a file of metrics or parameters may be, in bytes. */
export const MOST_VALUE_BYTES = 4 * 1024 * 1024;
/** How deep its values may be. */
const MOST_LEVELS = 64;

/** A name with dots, and its value: a number that keeps its text, a text, a boolean, a list; in lists and mappings likewise. */
export type NamedValue = readonly [name: string, value: unknown];

/**
 * Reads a file of values by the ending of its name: JSON with NaN and Infinity, TOML, Python, and YAML 1.2 for all others. Of a
 * repeated key the last one counts, and `__proto__` is a key like others.
 * @throws RegError INVALID_MODEL with the reason
 */
export function readValues(bytes: Uint8Array, path: string): unknown {
  if (bytes.length > MOST_VALUE_BYTES)
    throw invalid(path, `it has ${bytes.length} bytes, and at most ${MOST_VALUE_BYTES} are read`);
  const text = utf8Text(bytes);
  if (text === undefined) throw invalid(path, 'it is not text in UTF-8');
  try {
    switch (posix.extname(path)) {
      case '.json':
        return new JsonText(text, path).read();
      case '.toml':
        return tomlValues(text, path);
      case '.py':
        return readAssignments(text);
      default:
        return yamlValues(bytes, path);
    }
  } catch (error) {
    if (error instanceof Unresolved) throw invalid(path, error.message);
    // what is nested without end fills the stack
    if (error instanceof RangeError) throw invalid(path, 'it is nested too deeply');
    throw error;
  }
}

function yamlValues(bytes: Uint8Array, path: string): unknown {
  const yaml = readYaml(bytes, path, 'INVALID_MODEL', { ...LIMITS, anyKeys: true });
  keepNumbers(yaml);
  return yaml.content();
}

const invalid = (path: string, why: string): RegError =>
  new RegError('INVALID_MODEL', why.startsWith(path) ? why : `${path}: ${why}`);

/**
 * The values under names: mappings in mappings become names with dots (DVC, "metrics show").
 * @param isKept whether a value counts; a mapping is always gone into
 */
export function namedValues(
  content: unknown,
  isKept: (value: unknown) => boolean,
  before = '',
): NamedValue[] {
  if (!isMapping(content)) return [];
  return Object.entries(content).flatMap(([key, value]): NamedValue[] => {
    const name = before + key;
    if (isMapping(value)) return namedValues(value, isKept, `${name}.`);
    return isKept(value) ? [[name, value]] : [];
  });
}

/** Whether a value is a metric for DVC: a number, a text or a boolean. */
export const isMetric = (value: unknown): boolean =>
  value instanceof PythonNumber || ['string', 'boolean', 'number'].includes(typeof value);

/** Whether a value is a parameter: anything but nothing. */
export const isParameter = (value: unknown): boolean => value !== null && value !== undefined;

/** A value for JSON: NaN and infinities as texts, integers that no number of JavaScript holds as bigint. */
export function plainValue(value: unknown): unknown {
  if (value instanceof PythonNumber) {
    if (!Number.isFinite(value.value))
      return /^-?\d+$/.test(value.text) ? BigInt(value.text) : String(value.value);
    return /^-?\d+$/.test(value.text) && !Number.isSafeInteger(value.value)
      ? BigInt(value.text)
      : value.value;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainValue(one)]));
}

/** A value as text: numbers with all their digits. */
export function textOfValue(value: unknown): string {
  if (value instanceof PythonNumber)
    return Number.isFinite(value.value) ? value.text : String(plainValue(value));
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(textOfValue).join(', ')}]`;
  if (isMapping(value))
    return `{${Object.entries(value)
      .map(([key, one]) => `${key}: ${textOfValue(one)}`)
      .join(', ')}}`;
  return String(value);
}

/** Reads JSON as Python's `json` does: with NaN and infinities, and integers of any length. */
class JsonText {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly path: string,
  ) {}

  read(): unknown {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail();
    return value;
  }

  private fail(): never {
    const line = this.text.slice(0, this.at).split('\n').length;
    throw invalid(this.path, `line ${line}: it is not JSON`);
  }

  private space(): void {
    this.match(/[ \t\r\n]*/y);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private value(level: number): unknown {
    if (level > MOST_LEVELS) throw invalid(this.path, 'it is nested too deeply');
    this.space();
    const next = this.text[this.at];
    if (next === '{') return this.mapping(level);
    if (next === '[') return this.list(level);
    if (next === '"') return this.string();
    const word = this.match(/-?Infinity|NaN|true|false|null/y);
    if (word !== undefined) return WORDS[word];
    const number = this.match(/-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y) ?? this.fail();
    return /^-?\d+$/.test(number) ? pythonInteger(BigInt(number)) : pythonFloat(Number(number));
  }

  private string(): string {
    const quoted = this.match(/"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y) ?? this.fail();
    return JSON.parse(quoted) as string;
  }

  private mapping(level: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (const end of this.items('}')) {
      if (end) break;
      const key = this.string();
      this.space();
      if (this.match(/:/y) === undefined) this.fail();
      entries.push([key, this.value(level + 1)]);
    }
    return Object.fromEntries(entries);
  }

  private list(level: number): unknown[] {
    const values: unknown[] = [];
    for (const end of this.items(']')) {
      if (end) break;
      values.push(this.value(level + 1));
    }
    return values;
  }

  /** Gives false before each item, and true at the end. */
  private *items(close: string): Generator<boolean> {
    this.at += 1;
    this.space();
    if (this.text[this.at] === close) {
      this.at += 1;
      yield true;
      return;
    }
    for (;;) {
      this.space();
      yield false;
      this.space();
      const next = this.text[this.at];
      if (next !== ',' && next !== close) this.fail();
      this.at += 1;
      if (next === close) break;
    }
    yield true;
  }
}

const WORDS: Readonly<Record<string, unknown>> = {
  NaN: pythonFloat(Number.NaN),
  Infinity: pythonFloat(Number.POSITIVE_INFINITY),
  '-Infinity': pythonFloat(Number.NEGATIVE_INFINITY),
  true: true,
  false: false,
  null: null,
};
