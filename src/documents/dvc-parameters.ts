import { posix } from 'node:path';
import { parse as parseToml, TomlError } from 'smol-toml';
import { visit } from 'yaml';
import { RegError } from '../errors.js';
import { parseJson, utf8Text } from '../util/text.js';
import { readAssignments } from './python-assignments.js';
import { numberOf, PythonNumber, pythonFloat, pythonFloatOrInteger, pythonInteger } from './python-number.js';
import { FOREIGN, readYaml, type YamlFile, type YamlLimits } from './yaml.js';

/** The largest YAML file of DVC that is read: it may name every file of every stage and every parameter. */
export const LIMITS: YamlLimits = { ...FOREIGN, bytes: 16 * 1024 * 1024, merge: true };

/** What DVC cannot resolve, and why. */
export class Unresolved extends Error {}

/** Whether a value is a mapping, and neither a list nor a number that keeps its text. */
export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof PythonNumber);

/**
 * The values of a file of parameters, by the ending of its name: YAML, JSON, TOML or Python (DVC, "params"). Numbers keep the text that
 * Python gives them.
 * @throws Unresolved
 */
export function parameters(bytes: Uint8Array, path: string): unknown {
  try {
    const values = valuesIn(bytes, path);
    if (isWithin(values, MOST_LEVELS)) return values;
  } catch (error) {
    // what is nested without end fills the stack
    if (!(error instanceof RangeError)) throw error;
  }
  throw new Unresolved(`${path} is nested too deeply`);
}

/** Deeper values are no parameters. */
const MOST_LEVELS = 100;

const isWithin = (value: unknown, levels: number): boolean => {
  if (!Array.isArray(value) && !isMapping(value)) return true;
  return levels > 0 && Object.values(value).every((one) => isWithin(one, levels - 1));
};

function valuesIn(bytes: Uint8Array, path: string): unknown {
  const text = (): string => {
    const read = utf8Text(bytes);
    if (read === undefined) throw new Unresolved(`${path} is not text in UTF-8`);
    return read;
  };
  switch (posix.extname(path)) {
    case '.json':
      return numbered(parseJson(text()));
    case '.toml':
      return tomlValues(text(), path);
    case '.py':
      return readAssignments(text());
    default:
      return yamlValues(bytes, path);
  }
}

function yamlValues(bytes: Uint8Array, path: string): unknown {
  try {
    const yaml = readYaml(bytes, path, 'SOURCE_UNSUPPORTED', LIMITS);
    keepNumbers(yaml);
    return yaml.content() ?? {};
  } catch (error) {
    if (error instanceof RegError) throw new Unresolved(error.message);
    throw error;
  }
}

/** Keeps plain numbers of YAML as Python reads and prints them (ruamel.yaml, YAML 1.2). */
export function keepNumbers({ document }: YamlFile): void {
  visit(document, {
    Scalar: (key, node) => {
      if (key === 'key' || node.type !== 'PLAIN' || node.source === undefined) return;
      const { source } = node;
      if (typeof node.value !== 'number' && !/^[-+.0-9][0-9._]*_/.test(source)) return;
      node.value = numberOf(source, node.value);
    },
  });
}

/**
 * The values of a TOML text, with numbers as Python prints them.
 * @throws Unresolved
 */
export function tomlValues(text: string, path: string): unknown {
  try {
    return ofToml(parseToml(text, { integersAsBigInt: true }));
  } catch (error) {
    if (error instanceof TomlError)
      throw new Unresolved(`${path}:${error.line}: ${error.message.split('\n', 1)[0]}`);
    throw error;
  }
}

function ofToml(value: unknown): unknown {
  if (typeof value === 'bigint') return pythonInteger(value);
  if (typeof value === 'number') return pythonFloat(value);
  if (Array.isArray(value)) return value.map(ofToml);
  // a template cannot hold a date
  if (!isMapping(value) || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, ofToml(one)]));
}

function numbered(value: unknown): unknown {
  if (typeof value === 'number') return pythonFloatOrInteger(value);
  if (Array.isArray(value)) return value.map(numbered);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, numbered(one)]));
}
