import { isDeepStrictEqual } from 'node:util';
import { Document } from 'yaml';
import * as z from 'zod/mini';
import { RegError } from '../errors.js';
import { OID } from '../util/oid.js';
import {
  checkYaml,
  errorOf,
  keepAsText,
  problemOf,
  readYaml,
  STRICT,
  type YamlFile,
  type YamlProblem,
} from './yaml.js';
import { editYaml } from './yaml-edit.js';

const DIMENSION = 'is not a dimension: a whole number, or a name or null for one that may vary';
const dimension = z.union(
  [z.int(DIMENSION).check(z.nonnegative(DIMENSION)), z.string().check(z.minLength(1, DIMENSION)), z.null()],
  DIMENSION,
);

const PortsSchema = z.record(
  z.string(),
  z.strictObject(
    {
      dtype: z.string('is not a text, such as float32').check(z.minLength(1, 'is empty')),
      shape: z.optional(z.array(dimension, 'is not a list of dimensions, such as [batch, 3]')),
      optional: z.optional(z.boolean('is neither true nor false')),
    },
    'is not a mapping, such as {dtype: float32, shape: [batch, 3]}',
  ),
  'is not a mapping of names',
);

/** `interface` of a link: inputs and outputs of a model, its tensors, and the metadata of its file. */
export const InterfaceSchema = z.strictObject(
  {
    inputs: z.optional(PortsSchema),
    outputs: z.optional(PortsSchema),
    tensors: z.optional(PortsSchema),
    metadata: z.optional(
      z.record(
        z.string(),
        z.union([z.string(), z.number(), z.boolean()], 'is not a text, a number or a boolean'),
      ),
    ),
  },
  'is not a mapping of inputs and outputs',
);

/** Checks the keys of a mapping. */
const namesLike = (pattern: RegExp, message: string) =>
  z.refine<Readonly<Record<string, unknown>>>(
    (value) => Object.keys(value).every((key) => pattern.test(key)),
    message,
  );

/** A quantity of Kubernetes that is not below zero (Kubernetes documentation, "Quantity"). */
const QUANTITY = /^(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;
/** A qualified name of Kubernetes, such as `memory` or `nvidia.com/gpu`. */
const RESOURCE = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

const NO_QUANTITY = 'is not a quantity, such as 2, 500m or 4Gi';
const quantity = z.union(
  [z.string().check(z.regex(QUANTITY, NO_QUANTITY)), z.number().check(z.nonnegative(NO_QUANTITY))],
  NO_QUANTITY,
);
const quantities = z
  .record(z.string(), quantity, 'is not a mapping, such as {cpu: 2, memory: 4Gi}')
  .check(namesLike(RESOURCE, 'has a key that is not a resource, such as cpu, memory or nvidia.com/gpu'));
const replicas = z.int('is not a whole number').check(z.nonnegative('is below zero'));

/** `serving` of a link: how the model is served, in the words of KServe and Kubernetes. */
export const ServingSchema = z.strictObject(
  {
    format: z.optional(z.string('is not a text').check(z.minLength(1, 'is empty'))),
    formatVersion: z.optional(z.string('is not a text').check(z.minLength(1, 'is empty'))),
    protocol: z.optional(
      z.enum(['v1', 'v2', 'grpc-v1', 'grpc-v2'], 'is not a protocol: v1, v2, grpc-v1 or grpc-v2'),
    ),
    runtime: z.optional(
      z
        .string('is not a text')
        .check(
          z.regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'is not the name of a serving runtime of KServe'),
        ),
    ),
    resources: z.optional(
      z.strictObject(
        { requests: z.optional(quantities), limits: z.optional(quantities) },
        'is not a mapping of requests and limits',
      ),
    ),
    replicas: z.optional(
      z
        .strictObject(
          { min: z.optional(replicas), max: z.optional(replicas.check(z.minimum(1, 'is below one'))) },
          'is not a mapping, such as {min: 0, max: 4}',
        )
        .check(z.refine(({ min = 0, max = min }) => min <= max, 'has a min that is above its max')),
    ),
    args: z.optional(z.array(z.string('is not a text'), 'is not a list of arguments')),
    env: z.optional(
      z
        .record(z.string(), z.string('is not a text'), 'is not a mapping of variables')
        .check(namesLike(/^[A-Za-z_][A-Za-z0-9_]*$/, 'has a key that is not the name of a variable')),
    ),
  },
  'is not a mapping, such as {format: sklearn}',
);

const text = z.string('is not a text').check(z.minLength(1, 'is empty'));
const commitId = z.string('is not a text').check(z.regex(OID, 'is not a full commit id'));
const sha256 = z
  .string('is not a text')
  .check(z.regex(/^[0-9a-f]{64}$/, 'is not a SHA-256, 64 hexadecimal digits'));
const scalar = z.union([z.string(), z.number(), z.boolean()], 'is not a text, a number or a boolean');

const MAPPING = 'is missing, or not a mapping of keys';

const SourceSchema = z.strictObject(
  {
    repo: z.optional(text),
    rev: z.optional(text),
    commit: z.optional(commitId),
    path: z.optional(text),
    url: z.optional(text),
  },
  MAPPING,
);

/** The content of a link file (docs/specification.md, section 4); `schema/model-link.schema.json` is made from it. */
export const LinkSchema = z.strictObject({
  reg: z.optional(z.literal(1, 'is not 1, the only format of link files so far')),
  source: SourceSchema.check(
    z.refine(
      ({ path, url, rev }) => (path ?? url) !== undefined || /[@#]/.test(rev ?? ''),
      'needs either path or url, or a rev such as churn#prod',
    ),
    z.refine(({ path, url }) => path === undefined || url === undefined, 'needs either path or url'),
    z.refine((source) => source.url === undefined || source.repo === undefined, 'has both repo and url'),
  ),
  sha256: z.optional(sha256),
  size: z.optional(z.int('is not a whole number of bytes').check(z.nonnegative('is below zero'))),
  type: z.optional(z.string('is not a text')),
  description: z.optional(z.string('is not a text')),
  labels: z.optional(
    z.union(
      [z.record(z.string(), scalar), z.array(z.string())],
      'is neither a mapping of labels nor a list of them',
    ),
  ),
  params: z.optional(z.record(z.string(), z.unknown())),
  metrics: z.optional(z.record(z.string(), z.number('is not a number'))),
  metricsFile: z.optional(z.string('is not a text')),
  interface: z.optional(InterfaceSchema),
  serving: z.optional(ServingSchema),
});

/** The content of a link file: where a model comes from, its bytes, and facts about it. */
export type Link = z.output<typeof LinkSchema>;
/** The `source` of a link. */
export type LinkSource = z.output<typeof SourceSchema>;

/** Whether a source is a model of the registry's own repository, at the commit at which the link is read. */
export const isOwn = ({ repo, rev, commit, url }: LinkSource): boolean =>
  url === undefined && repo === undefined && rev === undefined && commit === undefined;

/** The key without which a link may lead to other bytes tomorrow; undefined where it always leads to the same. */
export function missingPin({ source, sha256 }: Link): 'source.commit' | 'sha256' | undefined {
  if (isOwn(source)) return undefined;
  if (source.url === undefined && source.commit === undefined) return 'source.commit';
  return sha256 === undefined ? 'sha256' : undefined;
}

/** A link file that was read: its content, and the lines of its parts. */
export interface LinkFile {
  link: Link;
  yaml: YamlFile;
}

/** A link file that was read, or all its problems; `isYaml` says whether it is YAML with other content. */
export type LinkReading = LinkFile | { problems: YamlProblem[]; isYaml: boolean };

/** Reads a link file, or lists all its problems. Never throws for the content of a file. */
export function inspectLink(bytes: Uint8Array, file: string): LinkReading {
  try {
    const yaml = linkYaml(bytes, file);
    const checked = checkYaml(yaml, LinkSchema);
    return 'value' in checked ? { link: checked.value, yaml } : { ...checked, isYaml: true };
  } catch (error) {
    const problem = problemOf(error, file);
    if (problem === undefined) throw error;
    return { problems: [problem], isYaml: false };
  }
}

/**
 * Reads a link file.
 * @throws RegError INVALID_LINK, with file and line
 */
export function readLink(bytes: Uint8Array, file: string): LinkFile {
  const reading = inspectLink(bytes, file);
  if ('link' in reading) return reading;
  throw errorOf(reading.problems, file, 'INVALID_LINK');
}

/** So many bytes of a link file are read: one more than it may have, so that a larger one is refused. */
export const ENOUGH_OF_LINK = STRICT.bytes + 1;

/** Keys whose values are kept as they are written; so are all keys of `source`, and those of `serving` but `replicas`. */
const TEXTS: ReadonlySet<string> = new Set(['sha256', 'type', 'description']);

function linkYaml(bytes: Uint8Array, file: string): YamlFile {
  const yaml = readYaml(bytes, file, 'INVALID_LINK', STRICT);
  keepAsText(yaml, ([first = '', ...more]) =>
    more.length === 0
      ? TEXTS.has(first)
      : first === 'source' || (first === 'serving' && more[0] !== 'replicas'),
  );
  return yaml;
}

/**
 * Writes the text of a link file. A new one begins with a line that points editors at the schema. In an existing file only the values that
 * differ are written; keys that `link` lacks stay.
 * @throws RegError INVALID_LINK when the existing file is not a link
 */
export function formatLink(link: Link, existing?: { bytes: Uint8Array; file: string }): string {
  if (existing === undefined) return newLink(link);
  const { bytes, file } = existing;
  const { yaml, link: before } = readLink(bytes, file);
  // a link without a pin does not promise bytes
  const values = { sha256: undefined, size: undefined, ...link };
  const wanted = withoutAbsent({ ...before, ...values });
  const isRight = (text: string): boolean => {
    const reading = inspectLink(Buffer.from(text), file);
    return 'link' in reading && isDeepStrictEqual(structuredClone(reading.link), wanted);
  };
  return editYaml(bytes, yaml, values, isRight);
}

/** A value without keys that have none, at any depth. */
function withoutAbsent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutAbsent);
  const present = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(present.map(([key, one]) => [key, withoutAbsent(one)]));
}

function newLink(link: Link): string {
  const document = new Document(link);
  document.commentBefore = SCHEMA_COMMENT;
  return document.toString({ lineWidth: 0 });
}

/** Where editors find the schema of link files. */
const SCHEMA_URL = 'https://unpkg.com/git-reg@0/schema/model-link.schema.json';

/** The first line of every link, without its `#`: it points editors at the schema. */
export const SCHEMA_COMMENT = ` yaml-language-server: $schema=${SCHEMA_URL}`;

/** Whether the first line of a link file points editors at a schema. */
export const pointsAtSchema = (text: string): boolean => MODELINE.test(text.split('\n', 1)[0] ?? '');

/** The comment as the language server for YAML reads it. */
const MODELINE = /^\ufeff?#\s*yaml-language-server:\s*\$schema=\S/;

/** The JSON Schema of link files for editors: the content of `schema/model-link.schema.json`. */
export const linkJsonSchema = (): unknown => ({
  ...z.toJSONSchema(LinkSchema),
  title: 'Link to a model',
  description: 'Where a model comes from, which bytes it is, and what is known about it.',
});

/** The JSON Schemas of the parts of links that answers hold, by the names that rows give them. */
export const linkPartSchemas = (): Readonly<Record<string, Readonly<Record<string, unknown>>>> => ({
  source: plainSchema(LinkSchema.shape.source),
  interface: plainSchema(InterfaceSchema),
  serving: plainSchema(ServingSchema),
});

function plainSchema(schema: z.ZodMiniType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest;
}

/**
 * Normalises the path of a model inside its repository: relative, with `/` between parts, without `.` parts.
 * @throws RegError SOURCE_PATH for a path that is empty, absolute or leaves the repository
 */
export function modelPath(text: string): string {
  const slashed = text.replaceAll('\\', '/');
  const parts = slashed.split('/');
  const refuse = (why: string): RegError =>
    new RegError(
      'SOURCE_PATH',
      `'${text}' is not a path inside a repository: ${why}`,
      'write it from the top of the repository',
    );
  // `p:m` is the artifact `m` of DVC in the folder `p`
  if (/^([a-z]:)?\//i.test(slashed)) throw refuse('it is absolute');
  if (parts.includes('..')) throw refuse("it holds '..'");
  if (text.includes('\0')) throw refuse('it holds a NUL character');
  const path = parts.filter((part) => part !== '' && part !== '.').join('/');
  if (path === '') throw refuse('it is empty');
  if (parts.length > MOST_LEVELS) throw refuse(`it has more than ${MOST_LEVELS} levels`);
  return path;
}

/** Each folder above a model may be read, and each takes one or more runs of git. */
const MOST_LEVELS = 100;
