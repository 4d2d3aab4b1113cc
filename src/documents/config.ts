import * as z from 'zod/mini';
import { betterWay, type MetricRules } from '../domain/metrics.js';
import { parseStageName, type StageName } from '../domain/names.js';
import type { Policy } from '../domain/policy.js';
import { InterfaceSchema } from './link.js';
import { errorOf, FOREIGN, readYaml, requireYaml, STRICT } from './yaml.js';

/** The file of a registry's configuration, from the top of its repository. */
export const CONFIG_FILE = '.reg.yaml';

/** The configuration of a registry, with defaults filled in. */
export interface Config {
  /** The allowed stages, in order of promotion; undefined allows any. */
  stages: readonly StageName[] | undefined;
  remote: string;
  push: boolean;
  links: 'required' | 'optional';
  store: string;
  /** Limits for the metrics of models. */
  metrics: MetricRules;
  /** The path of the file with the metrics of a model, in its source; undefined without such a file. */
  metricsFile: string | undefined;
  /** What consumers of models expect of them. */
  expects: Consumers;
  /** Whether links may name branches and stages, which move. */
  revs: 'fixed' | 'floating';
  /** Levels of the rules of `validate` that replace their own. */
  rules: RuleLevels;
  /** What a version needs to enter a stage. */
  policy: Policy;
  /** The file of allowed signers, from the top of the repository. */
  signers: string;
}

/** The configuration of a repository without `.reg.yaml`. */
export const DEFAULT_CONFIG: Config = {
  stages: undefined,
  remote: 'origin',
  push: false,
  links: 'required',
  store: './store',
  metrics: {},
  metricsFile: undefined,
  expects: {},
  revs: 'floating',
  rules: {},
  policy: {},
  signers: '.reg-signers',
};

/**
 * Reads `.reg.yaml`.
 * @throws RegError INVALID_CONFIG, with the line
 */
export function readConfig(bytes: Uint8Array): Config {
  const yaml = readYaml(bytes, CONFIG_FILE, 'INVALID_CONFIG', STRICT);
  const value = requireYaml(yaml, ConfigSchema, 'INVALID_CONFIG');
  const given = Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
  const config: Config = { ...DEFAULT_CONFIG, ...given };
  const bad = badStage(config.policy);
  if (bad === undefined) return config;
  const message = `policy.${bad} is not a stage name`;
  const problem = {
    message,
    line: yaml.lineOf(['policy', bad]),
    hint: 'a stage has letters, digits, - and _',
  };
  throw errorOf([problem], CONFIG_FILE, 'INVALID_CONFIG');
}

/** A stage that can be written: its name has no `/`. */
const stageNameSchema = z
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

/** `policy` of `.reg.yaml`: by stage, what a version needs to enter it. */
const PolicySchema = z.record(
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

/** The first key of a policy that is not a stage name. The schema does not check keys: it would report them without their line. */
const badStage = (policy: Policy): StageName | undefined =>
  (Object.keys(policy) as StageName[]).find((name) => !stageNameSchema.safeParse(name).success);

const number = z.optional(z.number('is not a number'));

const SHARE = 'is neither a number from 0 on nor a share such as 2%';
const tolerance = z.union(
  [z.number().check(z.nonnegative(SHARE)), z.string().check(z.regex(/^\d+(\.\d+)?%$/, SHARE))],
  SHARE,
);

/** `metrics` of `.reg.yaml`: limits for each metric of a model. */
const MetricRulesSchema = z.record(
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

/** `expects` of `.reg.yaml`: what each consumer of a model sends to it and reads from it. */
const ConsumersSchema = z.record(
  z.string(),
  z.extend(InterfaceSchema, { artifact: z.string('is not the name of an artifact') }),
);

/** What consumers expect, by their names. */
type Consumers = z.output<typeof ConsumersSchema>;

/** `rules` of `.reg.yaml`: levels that replace those of the rules. */
const RuleLevelsSchema = z.record(
  z.string(),
  z.enum(['off', 'info', 'warning', 'error'], 'is not one of off, info, warning and error'),
);

/** Levels by the ids of their rules. */
export type RuleLevels = z.output<typeof RuleLevelsSchema>;

/** The content of `.reg.yaml` (docs/specification.md, section 4); `schema/reg-config.schema.json` is made from it. */
const ConfigSchema = z.strictObject({
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

/** The JSON Schema of `.reg.yaml` for editors: the content of `schema/reg-config.schema.json`. */
export const configJsonSchema = (): unknown => ({
  ...z.toJSONSchema(ConfigSchema),
  title: 'Configuration of a registry',
  description: 'Which stages there are, how models are linked and pushed, and what they have to fulfil.',
});

/** The file of gto's configuration, from the top of the repository. */
export const GTO_FILE = '.gto';

/**
 * The stages that gto's configuration allows; undefined allows any. Names that are not stage names are skipped.
 * @throws RegError INVALID_CONFIG when the file cannot be read
 */
export function stagesOfGto(bytes: Uint8Array): StageName[] | undefined {
  const entries = Object.entries(readYaml(bytes, GTO_FILE, 'INVALID_CONFIG', FOREIGN).content() ?? {});
  const stages: unknown = entries.find(([key]) => key.toLowerCase() === 'stages')?.[1];
  if (!Array.isArray(stages)) return undefined;
  return stages.flatMap((stage) => parseStageName(String(stage)) ?? []);
}
