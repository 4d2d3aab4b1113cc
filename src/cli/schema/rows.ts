import * as z from 'zod/mini';
import { LinkSchema } from '../../documents/link.js';

export const text = z.string();
export const oid = z.string().check(z.regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/));
export const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
export const size = z.int().check(z.nonnegative());
export const time = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$/));
/** The same, or null. */
export const orNull = <T extends z.ZodMiniType>(schema: T) => z.nullable(schema);
/** A SemVer with a leading `v`, or the full id of a commit that was assigned without one. */
export const version = z.string().check(z.regex(/^(v\d.*|[0-9a-f]{40}|[0-9a-f]{64})$/));

const made = { tag: text, time, author: text, email: text, message: text };

export const overview = z.strictObject({
  artifact: text,
  latest: orNull(version),
  stages: z.record(text, z.union([version, z.array(version)])),
  registered: z.boolean(),
  deprecated: z.boolean(),
});

export const versionRow = z.strictObject({
  artifact: text,
  version,
  commit: oid,
  ...made,
  active: z.boolean(),
  stages: z.array(text),
});

export const stageRow = z.strictObject({ artifact: text, stage: text, version, commit: oid, ...made });

const event = z.enum(['registration', 'deregistration', 'assignment', 'unassignment', 'deprecation']);

const happened = {
  time,
  artifact: text,
  event,
  version: orNull(version),
  stage: orNull(text),
  commit: oid,
  tag: text,
  author: text,
  email: text,
  message: text,
};
export const historyRow = z.strictObject(happened);
export const checkedRow = z.strictObject({ ...happened, current: z.boolean() });
export const verifiedRow = z.strictObject({
  ...happened,
  signature: z.enum(['good', 'bad', 'unknown', 'unsigned']),
  signer: orNull(text),
  key: orNull(text),
  problem: orNull(text),
});

export const intervalRow = z.strictObject({
  artifact: text,
  stage: text,
  version,
  from: time,
  until: orNull(time),
  tag: text,
  author: text,
  email: text,
  message: text,
  endTag: orNull(text),
  endAuthor: orNull(text),
});

export const writeRow = z.strictObject({
  tag: text,
  event,
  artifact: text,
  version: orNull(version),
  stage: orNull(text),
  commit: oid,
  oid: orNull(oid),
  pushed: z.boolean(),
});

export const approvalRow = z.strictObject({
  tag: text,
  artifact: text,
  version,
  stage: text,
  commit: oid,
  email: text,
  oid: orNull(oid),
  pushed: z.boolean(),
});

/** Where a model comes from, as its link says it. */
export const source = LinkSchema.shape.source;
