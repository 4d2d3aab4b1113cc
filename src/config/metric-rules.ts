import * as z from 'zod/mini';
import { betterWay } from '../domain/metrics.js';
import { stageNameSchema } from './policy.js';

const number = z.optional(z.number('is not a number'));

const SHARE = 'is neither a number from 0 on nor a share such as 2%';
const tolerance = z.union(
  [z.number().check(z.nonnegative(SHARE)), z.string().check(z.regex(/^\d+(\.\d+)?%$/, SHARE))],
  SHARE,
);

/** `metrics` of `.reg.yaml`: what each metric of a model has to be. */
export const MetricRulesSchema = z.record(
  z.string(),
  z
    .strictObject(
      {
        metric: z.optional(z.string('is not a text')),
        artifacts: z.optional(z.array(z.string('is not a text'), 'is not a list of artifacts')),
        max: number,
        min: number,
        noWorseThan: z.optional(stageNameSchema),
        tolerance: z.optional(tolerance),
        better: z.optional(z.enum(['lower', 'higher'], 'is neither lower nor higher')),
      },
      'is not a mapping, such as {max: 0.5}',
    )
    .check(
      z.refine(
        (rule) => rule.noWorseThan === undefined || betterWay(rule) !== undefined,
        'noWorseThan needs to know which way is better: add better: lower, or higher',
      ),
      z.refine(
        (rule) => rule.tolerance === undefined || rule.noWorseThan !== undefined,
        'tolerance is for noWorseThan alone',
      ),
    ),
);
