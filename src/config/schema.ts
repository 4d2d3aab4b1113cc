import * as z from 'zod/mini';
import { ConsumersSchema } from './consumers.js';
import { MetricRulesSchema } from './metric-rules.js';
import { PolicySchema, stageNameSchema } from './policy.js';
import { RuleLevelsSchema } from './rule-levels.js';

/** The content of `.reg.yaml` (SPEC §4); `schema/reg-config.schema.json` is made from it. */
export const ConfigSchema = z.strictObject({
  stages: z.optional(z.array(stageNameSchema, 'is not a list of stage names')),
  remote: z.optional(z.string()),
  push: z.optional(z.boolean('is neither true nor false')),
  links: z.optional(z.enum(['required', 'optional'], 'is neither required nor optional')),
  store: z.optional(z.string()),
  metrics: z.optional(MetricRulesSchema),
  metricsFile: z.optional(z.string('is not a path')),
  expects: z.optional(ConsumersSchema),
  revs: z.optional(z.enum(['fixed', 'floating'], 'is neither fixed nor floating')),
  rules: z.optional(RuleLevelsSchema),
  policy: z.optional(PolicySchema),
  signers: z.optional(z.string('is not the path of a file')),
});
