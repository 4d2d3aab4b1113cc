import * as z from 'zod/mini';
import { InterfaceSchema } from '../../documents/link.js';
import { diffAnswer } from './diff.js';
import * as row from './rows.js';

const { oid, orNull, sha256, size, text, time, version } = row;
const many = z.array;
const writes = many(row.writeRow);

/** What each command answers with `--json`: the one definition of it; `schema/output.schema.json` is made from it. */
export const ANSWERS: Readonly<Record<string, z.ZodMiniType>> = {
  which: z.union([row.stageRow, many(row.stageRow)]),
  latest: row.versionRow,
  show: z.union([many(row.overview), many(row.versionRow)]),
  history: z.union([many(row.historyRow), many(row.intervalRow)]),
  stages: many(text),
  'check-ref': row.checkedRow,
  verify: many(row.verifiedRow),
  describe: z.strictObject({
    artifact: text,
    version: orNull(version),
    commit: oid,
    declaredBy: text,
    file: text,
    type: orNull(text),
    description: orNull(text),
    path: orNull(text),
    labels: z.unknown(),
    source: orNull(row.source),
    sha256: orNull(sha256),
    size: orNull(size),
    params: z.unknown(),
    metrics: z.unknown(),
    interface: orNull(InterfaceSchema),
    custom: z.unknown(),
  }),
  diff: diffAnswer,
  browse: many(z.strictObject({ target: orNull(text), tag: orNull(text), commit: orNull(oid), url: text })),
  status: many(
    z.strictObject({
      tag: text,
      state: z.enum(['local-only', 'remote-only', 'differs']),
      local: orNull(oid),
      remote: orNull(oid),
    }),
  ),
  doctor: many(
    z.strictObject({
      level: z.enum(['error', 'warning', 'info']),
      check: text,
      subject: orNull(text),
      message: text,
      fix: orNull(text),
    }),
  ),
  register: writes,
  assign: writes,
  unassign: writes,
  deregister: writes,
  deprecate: writes,
  rollback: writes,
  approve: many(row.approvalRow),
  sync: many(z.strictObject({ tag: text, action: z.enum(['fetched', 'pushed', 'differs']), oid })),
  init: z.strictObject({ path: text }),
  link: z.strictObject({
    artifact: text,
    path: text,
    commit: orNull(oid),
    sha256: orNull(sha256),
    size: orNull(size),
  }),
  update: many(
    z.strictObject({
      artifact: text,
      path: text,
      from: orNull(oid),
      to: orNull(oid),
      sha256,
      size,
      changed: z.boolean(),
    }),
  ),
  outdated: many(
    z.strictObject({
      artifact: text,
      path: text,
      source: row.source,
      commit: orNull(oid),
      now: orNull(oid),
      newer: orNull(text),
      problem: orNull(text),
    }),
  ),
  import: many(z.strictObject({ from: text, path: orNull(text), artifact: orNull(text), lost: many(text) })),
  load: z.strictObject({
    artifact: text,
    version: orNull(version),
    commit: oid,
    path: text,
    sha256,
    size,
    source: row.source,
  }),
  upload: z.strictObject({
    artifact: text,
    path: text,
    url: text,
    sha256,
    size,
    uploaded: z.boolean(),
    commit: orNull(oid),
    tags: writes,
  }),
  cache: many(
    z.strictObject({
      kind: z.enum(['model', 'repository']),
      name: text,
      sha256: orNull(sha256),
      path: text,
      size,
      used: time,
    }),
  ),
  validate: z.strictObject({
    ok: z.boolean(),
    findings: many(
      z.strictObject({
        level: z.enum(['error', 'warning', 'info']),
        rule: text,
        file: text,
        line: z.int(),
        message: text,
      }),
    ),
  }),
  hook: many(z.strictObject({ tag: text, message: text })),
  site: z.strictObject({ path: text, index: text, files: size, bytes: size }),
  ui: z.strictObject({ url: text }),
  completion: z.strictObject({ shell: text, script: text }),
  help: z.strictObject({ topic: orNull(text), text }),
};
