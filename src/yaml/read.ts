import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { type ErrorCode, RegError } from '../errors.js';
import { utf8Text } from '../util/text.js';
import { nestsDeeper } from './depth.js';

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
