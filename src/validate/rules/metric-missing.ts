import type { LinkSubject } from '../link-subject.js';
import { demandsOn } from '../metric-demands.js';
import type { Rule } from '../rule.js';

/** What is asked for was measured. */
export const metricMissing: Rule<LinkSubject> = {
  id: 'metric-missing',
  level: 'error',
  about: 'A model has every metric that metrics: of .reg.yaml asks for.',
  check: async (subject) => {
    const { yaml, link, registry } = subject;
    const named = link.metricsFile ?? registry.config.metricsFile;
    const where =
      named === undefined
        ? 'the link does not say it'
        : `neither the link nor ${named} of its source says it`;
    return (await demandsOn(subject))
      .filter(({ value }) => value === undefined)
      .map(({ metric }) => ({
        line: yaml.lineOf(['metrics']),
        message: `${metric} is asked for, and ${where}`,
      }));
  },
};
