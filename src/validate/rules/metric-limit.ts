import { beyondLimits } from '../../domain/metric-limits.js';
import type { LinkSubject } from '../link-subject.js';
import { demandsOn } from '../metric-demands.js';
import type { Rule } from '../rule.js';

/** A model is good enough. */
export const metricLimit: Rule<LinkSubject> = {
  id: 'metric-limit',
  level: 'error',
  about: 'A metric is within max and min of its rule in .reg.yaml.',
  check: async (subject) =>
    (await demandsOn(subject)).flatMap(({ metric, rule, value }) => {
      const problem = value === undefined ? undefined : beyondLimits(value, rule);
      return problem === undefined
        ? []
        : [{ line: subject.yaml.lineOf(['metrics', metric]), message: `${metric} ${problem}` }];
    }),
};
