import * as z from 'zod/mini';
import { parseStageName, type StageName } from '../domain/names.js';
import type { Policy } from '../domain/policy.js';

/** A stage that may be written: no `/` in it. */
export const stageNameSchema = z
  .string()
  .check(
    z.refine((text) => parseStageName(text) !== undefined && !text.includes('/'), 'is not a stage name'),
  );

const branch = z
  .string('is not the name of a branch')
  .check(
    z.refine((text) => /^[^\s~^:?*[\\]+$/.test(text) && !text.startsWith('-'), 'is not the name of a branch'),
  );

const address = z
  .string('is not an address')
  .check(
    z.refine((text) => text.includes('@') && !/\s/.test(text), 'is not an address such as ann@example.com'),
  );

/** `policy` of `.reg.yaml`: by stage, what a version has to fulfil before the stage takes it. */
export const PolicySchema = z.record(
  z.string(),
  z.strictObject(
    {
      after: z.optional(stageNameSchema),
      branch: z.optional(branch),
      by: z.optional(z.array(address, 'is not a list of addresses')),
      signed: z.optional(z.boolean('is neither true nor false')),
      approvals: z.optional(
        z
          .int('is not a whole number')
          .check(z.refine((count) => count >= 0 && count <= 100, 'is not a number from 0 to 100')),
      ),
    },
    'is not a mapping, such as {after: staging, branch: main}',
  ),
  'is not a mapping of stages, such as {prod: {after: staging}}',
);

/** The first stage of a policy whose name is none; names are checked here, for a schema reports keys without their place. */
export const badStage = (policy: Policy): StageName | undefined =>
  (Object.keys(policy) as StageName[]).find((name) => !stageNameSchema.safeParse(name).success);
