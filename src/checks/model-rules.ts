import { versionLabel } from '../domain/find.js';
import { beyondLimits, isWorse, leastGood } from '../domain/metric-limits.js';
import { betterWay, type MetricRule, rulesFor } from '../domain/metrics.js';
import { parseStageName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { contradictions, type ModelInterface, misfits } from '../formats/interface.js';
import { requireCommit } from '../registry/context.js';
import type { Complaint, Rule } from './finding.js';
import { type LinkSubject, metricsOf } from './subject.js';

/** What a link declares of an interface, its model says too. */
export const interfaceFile: Rule<LinkSubject> = {
  id: 'interface-file',
  level: 'error',
  about:
    'The interface that a link declares is the one that the file of the model says, where its format says one.',
  check: async ({ link, yaml, fileInterface }) => {
    if (link.interface === undefined) return [];
    try {
      const found = await fileInterface();
      if (found === undefined) return [];
      return contradictions(link.interface, found).map(({ path, message }) => ({
        line: yaml.lineOf(['interface', ...path]),
        message,
      }));
    } catch (error) {
      if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
      // a source that cannot be read is for the rule link-resolves to tell
      if (error.code !== 'INVALID_MODEL') return [];
      return [{ line: yaml.lineOf(['interface']), message: error.message }];
    }
  },
};

/** A model goes on serving those who use it. */
export const interfaceFits: Rule<LinkSubject> = {
  id: 'interface-fits',
  level: 'error',
  about: 'The interface of a model fits what each of its consumers expects (expects: in .reg.yaml).',
  check: async (subject) => {
    const { artifact, yaml, registry } = subject;
    const consumers = Object.entries(registry.config.expects).filter(([, one]) => one.artifact === artifact);
    if (consumers.length === 0) return [];
    const known = await knownInterface(
      subject,
      consumers.map(([, one]) => one),
    );
    return consumers.flatMap(([name, expected]) =>
      misfits(known, expected).map(({ path, message }) => ({
        line: yaml.lineOf(['interface', ...path]),
        message: `${artifact} does not fit ${name}: ${message}`,
      })),
    );
  },
};

const GROUPS = ['inputs', 'outputs', 'tensors', 'metadata'] as const;

/** What is declared of a model, and what its file says of the rest; the file is read only for what somebody expects. */
async function knownInterface(
  { link, fileInterface }: LinkSubject,
  expected: readonly ModelInterface[],
): Promise<ModelInterface> {
  const declared: ModelInterface = link.interface ?? {};
  const isMissing = GROUPS.some(
    (group) => declared[group] === undefined && expected.some((one) => one[group] !== undefined),
  );
  if (!isMissing) return declared;
  // a file that cannot be read is for other rules to tell
  const found = await fileInterface().catch(() => undefined);
  return { ...found, ...declared };
}

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

/** What the configuration asks for of a metric, and what it is. */
interface Demand {
  metric: string;
  rule: MetricRule;
  /** Undefined where nothing says it. */
  value: number | undefined;
}

/** What the configuration asks of the metrics of a link; nothing where they cannot be read, which other rules tell. */
async function demandsOn({ artifact, registry, metrics }: LinkSubject): Promise<Demand[]> {
  const rules = rulesFor(artifact, registry.config.metrics).filter(({ rule }) => asksForSomething(rule));
  if (rules.length === 0) return [];
  const found = await metrics().catch(() => undefined);
  if (found === undefined) return [];
  return rules.map(({ metric, rule }) => ({ metric, rule, value: found.valueOf(metric) }));
}

/** A rule may say nothing but which way is better. */
const asksForSomething = ({ max, min, noWorseThan }: MetricRule): boolean =>
  max !== undefined || min !== undefined || noWorseThan !== undefined;
