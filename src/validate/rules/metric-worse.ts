import { versionLabel } from '../../domain/find.js';
import { isWorse, leastGood } from '../../domain/metric-limits.js';
import { betterWay } from '../../domain/metrics.js';
import { parseStageName } from '../../domain/names.js';
import { requireCommit } from '../../registry/context.js';
import { metricsOf } from '../link-metrics.js';
import type { LinkSubject } from '../link-subject.js';
import { type Demand, demandsOn } from '../metric-demands.js';
import type { Complaint, Rule } from '../rule.js';

/** A model is no step back. */
export const metricWorse: Rule<LinkSubject> = {
  id: 'metric-worse',
  level: 'error',
  about:
    'A metric is not worse than that of the version in the stage that noWorseThan names, tolerance apart.',
  check: async (subject) => {
    const demands = (await demandsOn(subject)).filter(({ rule }) => rule.noWorseThan !== undefined);
    return (await Promise.all(demands.map((demand) => compare(subject, demand)))).flat();
  },
};

async function compare(
  { artifact, registry, yaml }: LinkSubject,
  { metric, rule, value }: Demand,
): Promise<Complaint[]> {
  const stage = parseStageName(rule.noWorseThan ?? '');
  if (value === undefined || stage === undefined) return [];
  const { stages, problem } = await registry.held(artifact);
  if (problem !== undefined) return [{ line: yaml.lineOf(['metrics', metric]), message: problem }];
  const held = stages.get(stage);
  if (held?.link === undefined) return [];
  // what is in the stage was checked when it came there; where its source is gone, there is nothing to compare with
  const there = await metricsOf(registry, held.link, () =>
    requireCommit(registry.context, held.commit),
  ).catch(() => undefined);
  const reference = there?.valueOf(metric);
  const limit = reference === undefined ? undefined : leastGood(reference, rule);
  if (limit === undefined || !isWorse(value, limit, rule)) return [];
  const bound = betterWay(rule) === 'lower' ? 'at most' : 'at least';
  const tolerated =
    rule.tolerance === undefined
      ? ''
      : `; with a tolerance of ${rule.tolerance} it has to be ${bound} ${limit}`;
  const message = `${metric} is ${value}, worse than ${reference} of ${versionLabel(held.version)} in ${stage}${tolerated}`;
  return [{ line: yaml.lineOf(['metrics', metric]), message }];
}
