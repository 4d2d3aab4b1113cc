import * as z from 'zod/mini';

const text = z.string();
const textOrNull = z.nullable(z.string());
const time = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/));
const commit = z.string().check(z.regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/));
const who = { tag: text, author: text, email: text, message: text };

const OverviewSchema = z.array(
  z.strictObject({
    artifact: text,
    latest: textOrNull,
    stages: z.record(text, text),
    registered: z.boolean(),
    deprecated: z.boolean(),
    behind: z.record(text, z.int().check(z.nonnegative())),
    changed: z.nullable(time),
    changedBy: textOrNull,
  }),
);

const VersionSchema = z.strictObject({
  artifact: text,
  version: text,
  commit,
  ...who,
  time,
  active: z.boolean(),
  stages: z.array(text),
});

const IntervalSchema = z.strictObject({
  artifact: text,
  stage: text,
  version: text,
  from: time,
  until: z.nullable(time),
  ...who,
  endTag: textOrNull,
  endAuthor: textOrNull,
});

const HistorySchema = z.array(
  z.strictObject({
    time,
    artifact: text,
    event: z.enum(['registration', 'deregistration', 'assignment', 'unassignment', 'deprecation']),
    version: textOrNull,
    stage: textOrNull,
    commit,
    ...who,
  }),
);

const DescriptionSchema = z.strictObject({
  artifact: text,
  version: textOrNull,
  commit,
  declaredBy: z.enum(['link', 'dvc', 'annotation']),
  file: text,
  type: textOrNull,
  description: textOrNull,
  path: textOrNull,
  labels: z.unknown(),
  source: z.nullable(z.record(text, text)),
  sha256: textOrNull,
  size: z.nullable(z.int()),
  params: z.unknown(),
  metrics: z.unknown(),
  interface: z.nullable(z.record(text, z.unknown())),
  custom: z.unknown(),
});

/** The data files of a site, by what they are called. */
export const DATA_SCHEMAS = {
  /** `data/overview.json`: `reg show --deprecated --json`, with how far stages are behind and what changed last. */
  overview: OverviewSchema,
  /** `data/history.json`: `reg history --json`. */
  history: HistorySchema,
  /** `data/stages.json`: the stages in order, also those that are empty now. */
  stages: z.array(text),
  /** `data/files.json`: every file of the site. */
  files: z.array(text),
  /** `data/artifacts/….json`: of one artifact, what `show`, `history` and `describe` answer. */
  artifact: z.strictObject({
    artifact: text,
    versions: z.array(VersionSchema),
    intervals: z.array(IntervalSchema),
    history: HistorySchema,
    descriptions: z.array(DescriptionSchema),
  }),
};

/** The JSON Schema of the data files of a site: what `schema/site-data.schema.json` holds. */
export const siteDataJsonSchema = (): unknown => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Data files of a site that reg site wrote',
  description: 'Each file of the folder data has the shape of one of the definitions.',
  $defs: Object.fromEntries(
    Object.entries(DATA_SCHEMAS).map(([name, schema]) => {
      const { $schema: _, ...definition } = z.toJSONSchema(schema);
      return [name, definition];
    }),
  ),
});
