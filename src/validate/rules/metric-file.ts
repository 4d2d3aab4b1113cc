import { RegError } from '../../errors.js';
import type { LinkSubject } from '../link-subject.js';
import type { Complaint, Rule } from '../rule.js';

/** A link says of its metrics what was measured. */
export const metricFile: Rule<LinkSubject> = {
  id: 'metric-file',
  level: 'error',
  about: 'The metrics file that a link names is in its source, and says the same as the link.',
  check: async ({ link, yaml, metrics }): Promise<Complaint[]> => {
    const complain = (path: string[], message: string): Complaint => ({ line: yaml.lineOf(path), message });
    try {
      const { file } = await metrics();
      if (file === undefined) {
        const named = link.metricsFile;
        return named === undefined
          ? []
          : [complain(['metricsFile'], `its source has no ${named} at the pinned commit`)];
      }
      return Object.entries(link.metrics ?? {}).flatMap(([name, value]) => {
        const found = file.valueOf(name);
        if (found === undefined || found === value) return [];
        return [
          complain(['metrics', name], `${name} is ${value} here, and ${found} in ${file.path} of the source`),
        ];
      });
    } catch (error) {
      // a source that cannot be reached is for the rule link-resolves to tell
      if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
      return error.code === 'INVALID_MODEL' ? [complain(['metricsFile'], error.message)] : [];
    }
  },
};
