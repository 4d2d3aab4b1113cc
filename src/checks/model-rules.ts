import { versionLabel } from '../domain/find.js';
import type { Oid } from '../domain/event.js';
import { beyondLimits, type MetricRule, rulesFor, worseThan } from '../domain/metrics.js';
import { parseStageName } from '../domain/names.js';
import { failureOf } from '../errors.js';
import { contradictions, type ModelInterface, misfits } from '../formats/interface.js';
import { requireCommit } from '../registry/context.js';
import { metricsOf } from '../registry/metrics-file.js';
import { atKey, type Complaint, type Rule } from './finding.js';
import type { LinkSubject } from './subject.js';

/** Rules about the interface and the metrics of a model. */
export const MODEL_RULES: readonly Rule<LinkSubject>[] = [
  {
    id: 'link-type',
    level: 'error',
    about: 'The type of a link is one that the configuration of gto allows, where that lists types.',
    check: ({ link: { type }, yaml, registry: { config } }) =>
      type === undefined || (config.types?.includes(type) ?? true)
        ? []
        : atKey(
            yaml,
            ['type'],
            `the type '${type}' is not among those that .gto allows: ${config.types?.join(', ')}`,
          ),
  },
  {
    id: 'interface-file',
    level: 'error',
    about:
      'The interface that a link declares is the one that the file of the model says, where its format says one.',
    check: async ({ link, yaml, fileInterface }) => {
      if (link.interface === undefined) return [];
      try {
        const found = await fileInterface();
        if (found === undefined) return [];
        return contradictions(link.interface, found).flatMap(({ path, message }) =>
          atKey(yaml, ['interface', ...path], message),
        );
      } catch (error) {
        const { code, message } = failureOf(error);
        // the rule link-resolves has sources that cannot be read
        return code === 'INVALID_MODEL' ? atKey(yaml, ['interface'], message) : [];
      }
    },
  },
  {
    id: 'interface-fits',
    level: 'error',
    about: 'The interface of a model fits what each of its consumers expects (expects: in .reg.yaml).',
    check: async (subject) => {
      const { artifact, yaml, registry } = subject;
      const consumers = Object.entries(registry.config.expects).filter(
        ([, one]) => one.artifact === artifact,
      );
      if (consumers.length === 0) return [];
      const known = await knownInterface(
        subject,
        consumers.map(([, one]) => one),
      );
      return consumers.flatMap(([name, expected]) =>
        misfits(known, expected).flatMap(({ path, message }) =>
          atKey(yaml, ['interface', ...path], `${artifact} does not fit ${name}: ${message}`),
        ),
      );
    },
  },
  {
    id: 'metric-file',
    level: 'error',
    about: 'The metrics file that a link names is in its source, and says the same as the link.',
    check: async ({ link, yaml, metrics }) => {
      try {
        const { file } = await metrics();
        if (file === undefined) {
          const named = link.metricsFile;
          return named === undefined
            ? []
            : atKey(yaml, ['metricsFile'], `its source has no ${named} at the pinned commit`);
        }
        return Object.entries(link.metrics ?? {}).flatMap(([name, value]) => {
          const found = file.valueOf(name);
          if (found === undefined || found === value) return [];
          const message = `${name} is ${value} here, and ${found} in ${file.path} of the source`;
          return atKey(yaml, ['metrics', name], message);
        });
      } catch (error) {
        const { code, message } = failureOf(error);
        // the rule link-resolves has sources that cannot be read
        return code === 'INVALID_MODEL' ? atKey(yaml, ['metricsFile'], message) : [];
      }
    },
  },
  {
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
      return (await demandsOn(subject)).flatMap(({ metric, value, problem }) =>
        value === undefined
          ? atKey(yaml, ['metrics'], `${metric} ${problem ?? `is asked for, and ${where}`}`)
          : [],
      );
    },
  },
  {
    id: 'metric-limit',
    level: 'error',
    about: 'A metric is within max and min of its rule in .reg.yaml.',
    check: async (subject) =>
      (await demandsOn(subject)).flatMap(({ metric, rule, value }) => {
        const problem = value === undefined ? undefined : beyondLimits(value, rule);
        return problem === undefined ? [] : atKey(subject.yaml, ['metrics', metric], `${metric} ${problem}`);
      }),
  },
  {
    id: 'metric-worse',
    level: 'error',
    about:
      'A metric is not worse than that of the version in the stage that noWorseThan names, tolerance apart.',
    check: async (subject) =>
      (
        await Promise.all((await demandsOn(subject)).map((demand) => compareWithStage(subject, demand)))
      ).flat(),
  },
];

const GROUPS = ['inputs', 'outputs', 'tensors', 'metadata'] as const;

/** The interface that is declared, completed by that of the file. The file is read only if a consumer expects more than is declared. */
async function knownInterface(
  { link, fileInterface }: LinkSubject,
  expected: readonly ModelInterface[],
): Promise<ModelInterface> {
  const declared: ModelInterface = link.interface ?? {};
  const isMissing = GROUPS.some(
    (group) => declared[group] === undefined && expected.some((one) => one[group] !== undefined),
  );
  if (!isMissing) return declared;
  // other rules have files that cannot be read
  const found = await fileInterface().catch(() => undefined);
  return { ...found, ...declared };
}

/** What the configuration asks of a metric, and the value of that. */
interface Demand {
  metric: string;
  rule: MetricRule;
  value: number | bigint | undefined;
  /** Why a value that is there cannot be judged. */
  problem: string | undefined;
}

/** What the configuration asks of the metrics of a link. Nothing where they cannot be read: other rules have that. */
async function demandsOn({ artifact, registry, metrics }: LinkSubject): Promise<Demand[]> {
  const rules = rulesFor(artifact, registry.config.metrics).filter(({ rule }) => asksForSomething(rule));
  if (rules.length === 0) return [];
  const found = await metrics().catch(() => undefined);
  if (found === undefined) return [];
  return rules.map(({ metric, rule }) => {
    return { metric, rule, value: found.valueOf(metric), problem: found.problemOf(metric) };
  });
}

/** A rule may say only which way is better. */
const asksForSomething = ({ max, min, noWorseThan }: MetricRule): boolean =>
  max !== undefined || min !== undefined || noWorseThan !== undefined;

async function compareWithStage(
  { artifact, registry, yaml }: LinkSubject,
  { metric, rule, value }: Demand,
): Promise<Complaint[]> {
  const stage = parseStageName(rule.noWorseThan ?? '');
  if (value === undefined || stage === undefined) return [];
  const { stages, problem } = await registry.held(artifact);
  if (problem !== undefined) return atKey(yaml, ['metrics', metric], problem);
  const held = stages.get(stage);
  if (held?.link === undefined) return [];
  // the version in the stage was checked when it came there; without its source there is nothing to compare with
  const commit = (): Promise<Oid> => requireCommit(registry.context, held.commit);
  const there = await metricsOf(registry.context, registry.config, held.link, commit, [metric]).catch(
    () => undefined,
  );
  if (there === undefined) return [];
  const reference = there.valueOf(metric);
  const whose = `${versionLabel(held.version)} in ${stage}`;
  const unjudged = there.problemOf(metric);
  if (reference === undefined) {
    const why = unjudged === undefined ? 'has no such metric' : `has one that ${unjudged}`;
    return atKey(yaml, ['metrics', metric], `${metric} cannot be compared: ${whose} ${why}`);
  }
  const reason = worseThan(value, reference, rule, whose);
  return reason === undefined ? [] : atKey(yaml, ['metrics', metric], `${metric} ${reason}`);
}
