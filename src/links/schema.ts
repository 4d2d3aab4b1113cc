import * as z from 'zod/mini';
import { OID } from '../util/oid.js';
import { InterfaceSchema } from './interface-schema.js';

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

/** The one definition of a link file's content (SPEC §4); `schema/model-link.schema.json` is made from it. */
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
  labels: z.optional(z.record(z.string(), scalar)),
  params: z.optional(z.record(z.string(), z.unknown())),
  metrics: z.optional(z.record(z.string(), z.number('is not a number'))),
  metricsFile: z.optional(z.string('is not a text')),
  interface: z.optional(InterfaceSchema),
});

/** What a link file says: where a model comes from, which bytes it is, and what is known about it. */
export type Link = z.output<typeof LinkSchema>;
/** The `source` of a link. */
export type LinkSource = z.output<typeof SourceSchema>;
