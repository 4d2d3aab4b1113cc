import * as z from 'zod/mini';
import { oid, orNull, text, time, version } from './rows.js';

const side = z.strictObject({
  target: text,
  artifact: text,
  version: orNull(version),
  commit: oid,
  file: orNull(text),
});

const commit = z.strictObject({ commit: oid, time, author: text, email: text, subject: text });

const log = z.strictObject({
  from: oid,
  to: oid,
  added: z.array(commit),
  removed: z.array(commit),
  more: z.boolean(),
  problem: orNull(text),
});

/** What `diff` answers. */
export const diffAnswer = z.strictObject({
  from: side,
  to: side,
  same: z.boolean(),
  changes: z.array(
    z.strictObject({
      section: text,
      name: text,
      kind: z.enum(['added', 'removed', 'changed']),
      from: z.unknown(),
      to: z.unknown(),
      delta: orNull(z.number()),
      better: orNull(z.boolean()),
    }),
  ),
  log: z.strictObject({ source: orNull(log), registry: orNull(log) }),
});
