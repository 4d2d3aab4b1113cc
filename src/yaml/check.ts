import { isMap, isScalar, type Pair } from 'yaml';
import type * as z from 'zod/mini';
import { didYouMean } from '../domain/suggest.js';
import { type ErrorCode, RegError } from '../errors.js';
import type { YamlFile } from './read.js';

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
