import {
  type Document,
  isMap,
  isNode,
  isScalar,
  Lexer,
  LineCounter,
  type Pair,
  Parser,
  parseDocument,
  visit,
} from 'yaml';
import type * as z from 'zod/mini';
import { didYouMean } from '../domain/suggest.js';
import { type ErrorCode, RegError } from '../errors.js';
import { utf8Text } from '../util/text.js';

/** A YAML file that was read within its limits. */
export interface YamlFile {
  file: string;
  document: Document.Parsed;
  /**
   * The content as plain values; null for an empty file.
   * @throws RegError when an alias leads nowhere, or too many are used
   */
  content(): unknown;
  /** The line, from 1, of the value at a path of keys. Without such a value: the line of its nearest parent. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** How large and deep a YAML file may be, and how many aliases it may use. A file without aliases may not use unknown tags either. */
export interface YamlLimits {
  bytes: number;
  depth: number;
  aliases: number;
  /** Whether `<<` merges mappings; by default it is a key like others. */
  merge?: boolean;
  /** Whether a key may be repeated, so that the last one counts, and be `__proto__`; by default such a file is refused. */
  anyKeys?: boolean;
}

/** The limits of files that `reg` defines (docs/specification.md, section 4). */
export const STRICT: YamlLimits = { bytes: 64 * 1024, depth: 32, aliases: 0 };
/** The limits of files of other tools, which may be longer and use aliases. */
export const FOREIGN: YamlLimits = { bytes: 128 * 1024, depth: 64, aliases: 100 };

/**
 * Parses a YAML file. Refuses a file that is too large, too deep or not well formed before it can do harm.
 * @throws RegError with the given code, and the line
 */
export function readYaml(bytes: Uint8Array, file: string, code: ErrorCode, limits: YamlLimits): YamlFile {
  const refuse = (message: string, line: number): never => {
    throw errorOf([{ message, line, hint: undefined }], file, code);
  };
  if (bytes.length > limits.bytes) refuse(`the file is larger than ${limits.bytes} bytes`, 1);
  const text = utf8Text(bytes) ?? refuse('it is not UTF-8', 1);
  const control = NOT_PRINTABLE.exec(text);
  if (control) refuse('it holds a control character', text.slice(0, control.index).split('\n').length);
  if (nestsDeeper(text, limits.depth)) refuse(`it nests deeper than ${limits.depth} levels`, 1);
  const lines = new LineCounter();
  const document = parseDocument(text, { ...PLAIN, merge: limits.merge ?? false, lineCounter: lines });
  // the package warns of unknown tags and unknown versions of YAML
  const [error] = [...document.errors, ...(limits.aliases > 0 ? [] : document.warnings)];
  if (error) refuse(withoutPosition(error.message), lines.linePos(error.pos[0]).line);
  const fault = findFault(document, limits);
  if (fault) refuse(fault.problem, lines.linePos(fault.offset).line);
  const content = (): unknown => {
    try {
      return document.toJS({ maxAliasCount: limits.aliases });
    } catch (problem) {
      // thrown for an alias without an anchor, and for too many aliases
      if (problem instanceof ReferenceError) return refuse(withoutPosition(problem.message), 1);
      throw problem;
    }
  };
  return { file, document, content, lineOf: (path) => lineOf(document, lines, path) };
}

/** A problem of a YAML file. */
export interface YamlProblem {
  message: string;
  line: number;
  hint: string | undefined;
}

/** The value of a file by its schema, or all its problems. */
type Checked<T> = { value: T } | { problems: YamlProblem[] };

/**
 * Checks a file's content against its schema. The hint for an unknown key is the nearest known key.
 * @param shown prints a wrong value in the message about it; without it no value is repeated, because it may hold a secret
 */
export function checkYaml<S extends z.ZodMiniType>(
  yaml: YamlFile,
  schema: S,
  shown?: (value: unknown) => string,
): Checked<z.output<S>> {
  const content = yaml.content() ?? {};
  const result = schema.safeParse(content);
  if (result.success) return { value: result.data };
  const problems = result.error.issues.flatMap((issue) =>
    problemsOf(issue, yaml, schema).map((problem) => {
      const value = shown === undefined ? undefined : valueAt(content, issue.path);
      const isWhole = issue.code === 'custom' && typeof value === 'object';
      return value === undefined || shown === undefined || isWhole || issue.code === 'unrecognized_keys'
        ? problem
        : { ...problem, message: `${problem.message}: ${shown(value)}` };
    }),
  );
  return { problems };
}

const valueAt = (content: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], content);

/**
 * The value of a file by its schema.
 * @throws RegError with the given code, for the first problem
 */
export function requireYaml<S extends z.ZodMiniType>(
  yaml: YamlFile,
  schema: S,
  code: ErrorCode,
  shown?: (value: unknown) => string,
): z.output<S> {
  const checked = checkYaml(yaml, schema, shown);
  if ('value' in checked) return checked.value;
  throw errorOf(checked.problems, yaml.file, code);
}

/** The error for the first of some problems of a file. */
export function errorOf(problems: readonly YamlProblem[], file: string, code: ErrorCode): RegError {
  const [{ message, line, hint } = { message: 'it is not valid', line: 1, hint: undefined }] = problems;
  return new RegError(code, `${file}:${line}: ${message}`, hint, { file, line });
}

/** The problem that an error tells of a file, the inverse of `errorOf`; undefined for an error about anything else. */
export function problemOf(error: unknown, file: string): YamlProblem | undefined {
  if (!(error instanceof RegError) || error.place?.file !== file) return undefined;
  const { line } = error.place;
  return { message: error.message.replace(`${file}:${line}: `, ''), line, hint: error.hint };
}

/**
 * Keeps some scalars as text, as they are written: `rev: 0123456` stays `0123456`.
 * @param wanted whether the value at a path of keys is text
 */
export function keepAsText(yaml: YamlFile, wanted: (path: readonly string[]) => boolean): void {
  const walk = (node: unknown, path: readonly string[]): void => {
    if (!isMap(node)) return;
    for (const pair of node.items as Pair[]) {
      const here = [...path, isScalar(pair.key) ? String(pair.key.value) : ''];
      if (isScalar(pair.value) && wanted(here)) pair.value.value = pair.value.source ?? '';
      else walk(pair.value, here);
    }
  };
  walk(yaml.document.contents, []);
}

/** The keys of the top mapping of a file, or of the mapping under one of its keys. */
export function keysOf({ document }: YamlFile, under?: string): string[] {
  const top = document.contents;
  const map = under !== undefined && isMap(top) ? top.get(under) : top;
  return isMap(map) ? map.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
}

/**
 * How the package parses, whatever version of YAML a file claims: with the tags of the core schema only. The
 * package's own check for repeated keys takes quadratic time, and its own warnings would go to standard error.
 */
const PLAIN = {
  schema: 'core',
  resolveKnownTags: false,
  uniqueKeys: false,
  logLevel: 'error',
} as const;

/** Characters that YAML holds only as escapes (YAML 1.2.2, c-printable). Raw ones could control a terminal. */
const NOT_PRINTABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** A message of the package without its position and the excerpt after it. */
const withoutPosition = (message: string): string =>
  message.replace(/ at line \d+, column \d+:?[\s\S]*$/, '');

/** The first repeated key, `__proto__`, or alias where aliases are not allowed. */
function findFault(
  document: Document.Parsed,
  { aliases: mostAliases, anyKeys = false }: YamlLimits,
): { problem: string; offset: number } | undefined {
  const aliases = mostAliases > 0;
  let fault: { problem: string; offset: number } | undefined;
  visit(document, {
    Alias: (_key, { range, source }, parents) => {
      // its value would contain itself without end
      const isInItself = parents.some((one) => isNode(one) && 'anchor' in one && one.anchor === source);
      if (aliases && !isInItself) return undefined;
      const problem = aliases
        ? `the alias '*${source}' is inside of what it stands for`
        : 'aliases are not allowed';
      fault = { problem, offset: range?.[0] ?? 0 };
      return visit.BREAK;
    },
    Map: (_key, { items }) => {
      if (anyKeys) return undefined;
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? String(key.value) : key;
        if (name === '__proto__')
          fault = { problem: `the key '${name}' is not allowed`, offset: offsetOf(key) };
        if (seen.has(name)) fault = { problem: `the key '${name}' is repeated`, offset: offsetOf(key) };
        seen.add(name);
      }
      return fault ? visit.BREAK : undefined;
    },
  });
  return fault;
}

const offsetOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0);

function lineOf(document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): number {
  let offset = 0;
  let node: unknown = document.contents;
  for (const key of path) {
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    if (pair === undefined) break;
    offset = offsetOf(pair.key);
    node = pair.value;
  }
  return Math.max(1, lines.linePos(offset).line);
}

/**
 * Whether a YAML text nests deeper than a number of levels. The composer of the package recurses: a text of ten thousand levels
 * can end the process, and no handler catches that. Its parser keeps open collections on a stack, which is looked at here.
 */
function nestsDeeper(text: string, levels: number): boolean {
  const parser = new Parser();
  for (const token of new Lexer().lex(text)) {
    for (const _ of parser.next(token));
    if (parser.stack.length > levels && parser.stack.filter(isCollection).length > levels) return true;
  }
  return false;
}

const COLLECTIONS: ReadonlySet<string> = new Set(['block-map', 'block-seq', 'flow-collection']);
const isCollection = ({ type }: { type: string }): boolean => COLLECTIONS.has(type);

function problemsOf(issue: z.core.$ZodIssue, yaml: YamlFile, schema: z.ZodMiniType): YamlProblem[] {
  if (issue.code !== 'unrecognized_keys') {
    const name = issue.path.join('.');
    const message = name ? `${name}: ${issue.message}` : issue.message;
    return [{ message, line: yaml.lineOf(issue.path), hint: undefined }];
  }
  const known = knownKeys(schema, issue.path);
  return issue.keys.map((key) => ({
    message: `unknown key '${[...issue.path, key].join('.')}'`,
    line: yaml.lineOf([...issue.path, key]),
    hint: didYouMean(key, known, 'remove it'),
  }));
}

/** The keys that a schema knows at a path. */
function knownKeys(schema: z.ZodMiniType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const key of path) at = unwrap(at)?.shape?.[String(key)] ?? unwrap(at)?.valueType;
  return Object.keys(unwrap(at)?.shape ?? {});
}

type Def = { shape?: Record<string, unknown>; innerType?: unknown; valueType?: unknown };

function unwrap(schema: unknown): Def | undefined {
  const def = (schema as { _zod?: { def: Def } } | undefined)?._zod?.def;
  return def?.innerType === undefined ? def : unwrap(def.innerType);
}
