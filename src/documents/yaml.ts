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

/** A YAML file that was read within its limits, and where in it things stand. */
export interface YamlFile {
  file: string;
  document: Document.Parsed;
  /**
   * The content as plain values; null for an empty file.
   * @throws RegError when an alias leads nowhere, or too many are used
   */
  content(): unknown;
  /** The line, from 1, of the value at a path of keys; of its nearest existing parent when there is none. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** How large and deep a YAML file may be, and how many aliases it may use; where it may use none, no unknown tags either. */
export interface YamlLimits {
  bytes: number;
  depth: number;
  aliases: number;
}

/** For files that `reg` defines itself (SPEC §4). */
export const STRICT: YamlLimits = { bytes: 64 * 1024, depth: 32, aliases: 0 };
/** For files of other tools, which may be long and use aliases. */
export const FOREIGN: YamlLimits = { bytes: 128 * 1024, depth: 64, aliases: 100 };

/**
 * Parses a YAML file, refusing what is too large, too deep or not well formed before it can do harm.
 * @throws RegError with the given code, and the line
 */
export function readYaml(bytes: Uint8Array, file: string, code: ErrorCode, limits: YamlLimits): YamlFile {
  const refuse = (problem: string, line: number): never => {
    throw new RegError(code, `${file}:${line}: ${problem}`, undefined, { file, line });
  };
  if (bytes.length > limits.bytes) refuse(`the file is larger than ${limits.bytes} bytes`, 1);
  const text = utf8Text(bytes) ?? refuse('it is not UTF-8', 1);
  const control = CONTROL.exec(text);
  if (control) refuse('it holds a control character', text.slice(0, control.index).split('\n').length);
  if (nestsDeeper(text, limits.depth)) refuse(`it nests deeper than ${limits.depth} levels`, 1);
  const lines = new LineCounter();
  const document = parseDocument(text, { ...PLAIN, lineCounter: lines });
  // what it warns of are tags, and versions of YAML, that it does not know
  const [error] = [...document.errors, ...(limits.aliases > 0 ? [] : document.warnings)];
  if (error) refuse(wordsOf(error.message), lines.linePos(error.pos[0]).line);
  const fault = findFault(document, limits.aliases > 0);
  if (fault) refuse(fault.problem, lines.linePos(fault.offset).line);
  const content = (): unknown => {
    try {
      return document.toJS({ maxAliasCount: limits.aliases });
    } catch (problem) {
      // the package throws it for an alias without an anchor, and when they multiply beyond the limit
      if (problem instanceof ReferenceError) return refuse(wordsOf(problem.message), 1);
      throw problem;
    }
  };
  return { file, document, content, lineOf: (path) => lineOf(document, lines, path) };
}

/**
 * Whatever version of YAML a file says that it is of: no merge keys, and no tags but those of the core schema. The package's
 * own check for repeated keys compares every key with every other, and its own warnings would go to standard error.
 */
const PLAIN = {
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  uniqueKeys: false,
  logLevel: 'error',
} as const;

/** What no YAML may hold as it is (YAML 1.2.2, c-printable): escapes say the same, and no terminal obeys them. */
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

/** The package's message without its own word of where, and the excerpt behind it. */
const wordsOf = (message: string): string => message.replace(/ at line \d+, column \d+:?[\s\S]*$/, '');

/** The first repeated key, one that JavaScript takes for more than a name, or alias where none is allowed. */
function findFault(
  document: Document.Parsed,
  aliases: boolean,
): { problem: string; offset: number } | undefined {
  let fault: { problem: string; offset: number } | undefined;
  visit(document, {
    Alias: (_key, { range }) => {
      if (aliases) return undefined;
      fault = { problem: 'aliases are not allowed', offset: range?.[0] ?? 0 };
      return visit.BREAK;
    },
    Map: (_key, { items }) => {
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

/** One thing that is wrong with the content of a YAML file. */
export interface YamlProblem {
  message: string;
  line: number;
  hint: string | undefined;
}

/** The value of a file by its schema, or all that is wrong with it. */
export type Checked<T> = { value: T } | { problems: YamlProblem[] };

/** Checks a file's content against its schema; unknown keys are named with the nearest known one (SPEC §4). */
export function checkYaml<S extends z.ZodMiniType>(yaml: YamlFile, schema: S): Checked<z.output<S>> {
  const result = schema.safeParse(yaml.content() ?? {});
  if (result.success) return { value: result.data };
  return { problems: result.error.issues.flatMap((issue) => problemsOf(issue, yaml, schema)) };
}

/**
 * The value of a file by its schema.
 * @throws RegError with the given code, for the first problem
 */
export function requireYaml<S extends z.ZodMiniType>(
  yaml: YamlFile,
  schema: S,
  code: ErrorCode,
): z.output<S> {
  const checked = checkYaml(yaml, schema);
  if ('value' in checked) return checked.value;
  const [{ message, line, hint } = { message: 'it is not valid', line: 1, hint: undefined }] =
    checked.problems;
  throw new RegError(code, `${yaml.file}:${line}: ${message}`, hint, { file: yaml.file, line });
}

function problemsOf(issue: z.core.$ZodIssue, yaml: YamlFile, schema: z.ZodMiniType): YamlProblem[] {
  if (issue.code !== 'unrecognized_keys') {
    const name = issue.path.join('.');
    return [
      {
        message: name ? `${name}: ${issue.message}` : issue.message,
        line: yaml.lineOf(issue.path),
        hint: undefined,
      },
    ];
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

/**
 * Makes the scalars under some keys text, as they are written: `rev: 0123456` stays `0123456` (SPEC §4).
 * @param wanted whether the value of a pair, at a path of keys, is to be text
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
 * Whether a YAML text nests deeper than a number of levels, found without recursion. The composer of the yaml package
 * recurses, and a text of ten thousand levels can end the process in a way that no handler catches. Its parser keeps
 * what is open on a stack, so that a look at the stack is enough.
 */
export function nestsDeeper(text: string, levels: number): boolean {
  const parser = new Parser();
  for (const token of new Lexer().lex(text)) {
    for (const _ of parser.next(token));
    if (parser.stack.length > levels && parser.stack.filter(isCollection).length > levels) return true;
  }
  return false;
}

const COLLECTIONS: ReadonlySet<string> = new Set(['block-map', 'block-seq', 'flow-collection']);
const isCollection = ({ type }: { type: string }): boolean => COLLECTIONS.has(type);
