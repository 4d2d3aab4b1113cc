import * as z from 'zod/mini';
import { CONFIG_FILE } from '../domain/config-file.js';
import { betterWay, type MetricRules } from '../domain/metrics.js';
import { parseStageName, type StageName } from '../domain/names.js';
import type { Policy } from '../domain/policy.js';
import { didYouMean } from '../domain/suggest.js';
import { RegError } from '../errors.js';
import { isHostOrNetwork } from '../util/address.js';
import { shellLine } from '../util/shell.js';
import { InterfaceSchema } from './link.js';
import { errorOf, FOREIGN, keysOf, readYaml, requireYaml, STRICT, type YamlProblem } from './yaml.js';

export { CONFIG_FILE };

/** The configuration of a registry, with defaults filled in. */
export interface Config {
  /** The allowed stages, in order of promotion; undefined allows any. */
  stages: readonly StageName[] | undefined;
  /** The types that a declaration may have, from gto's configuration; undefined allows any. */
  types: readonly string[] | undefined;
  push: boolean;
  links: 'required' | 'optional';
  store: string;
  /** Limits for the metrics of models. */
  metrics: MetricRules;
  /** The path of the file with the metrics of a model, in its source; undefined without such a file. */
  metricsFile: string | undefined;
  /** Patterns for the names of metrics and parameters whose values are private, and left out of everything that is shown. */
  evidence: { hide?: readonly string[] | undefined };
  /** What consumers of models expect of them. */
  expects: Consumers;
  /** Whether links may name branches and stages, which move. */
  revs: 'fixed' | 'floating';
  /** Levels of the rules of `validate` that replace their own. */
  rules: RuleLevels;
  /** Hosts and networks with private addresses that links may lead to. */
  hosts: Allowed;
  /** Folders outside the repository that links may lead to where a machine checks them. */
  sources: Allowed;
  /** Names that no artifact has, as patterns: their tags are those of other tools. */
  artifacts: { exclude?: readonly string[] | undefined };
  /** What a version needs to enter a stage. */
  policy: Policy;
  /** The file of allowed signers, from the top of the repository. */
  signers: string;
  /** Whether `which` and `load` answer with verified events alone. */
  verify: boolean;
  /** What the file says without effect, in sentences. */
  notes: readonly ConfigNote[];
}

/** What is allowed beyond the usual. */
interface Allowed {
  allow?: readonly string[] | undefined;
}

/** A part of a configuration file that has no effect. */
interface ConfigNote extends YamlProblem {
  file: string;
}

/** The configuration of a repository without `.reg.yaml`. */
export const DEFAULT_CONFIG: Config = {
  stages: undefined,
  types: undefined,
  push: false,
  links: 'required',
  store: './store',
  metrics: {},
  metricsFile: undefined,
  evidence: {},
  expects: {},
  revs: 'floating',
  rules: {},
  hosts: {},
  sources: {},
  artifacts: {},
  policy: {},
  signers: '.reg-signers',
  verify: false,
  notes: [],
};

/**
 * Reads `.reg.yaml`.
 * @throws RegError INVALID_CONFIG, with the line
 */
export function readConfig(bytes: Uint8Array): Config {
  const yaml = readYaml(bytes, CONFIG_FILE, 'INVALID_CONFIG', STRICT);
  const { remote, ...value } = requireYaml(yaml, ConfigSchema, 'INVALID_CONFIG', SHOWN);
  const given = Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
  const notes = remote === undefined ? [] : [remoteNote(remote, yaml.lineOf(['remote']))];
  const config: Config = { ...DEFAULT_CONFIG, ...given, notes };
  const bad = badStage(config.policy);
  if (bad !== undefined)
    throw errorOf(
      [
        {
          message: `policy.${bad} is not a stage name`,
          line: yaml.lineOf(['policy', bad]),
          hint: 'a stage has letters, digits, - and _',
        },
      ],
      CONFIG_FILE,
      'INVALID_CONFIG',
    );
  const unlisted = config.stages && unlistedStage(config.policy, config.stages);
  if (unlisted === undefined) return config;
  const message = `the policy names the stage '${unlisted}', which stages: does not list`;
  const hint = didYouMean(unlisted, config.stages ?? [], 'add it to stages:');
  throw errorOf([{ message, line: yaml.lineOf(['policy', unlisted]), hint }], CONFIG_FILE, 'INVALID_CONFIG');
}

/** A file of the checkout chooses no remote: its author would choose where tags and policies come from. */
const remoteNote = (remote: string, line: number): ConfigNote => ({
  file: CONFIG_FILE,
  message: 'remote: is ignored, because the configuration of git names the remote',
  line,
  hint: `where you trust ${remote}, name it with: ${shellLine('git', 'config', 'reg.remote', remote)}`,
});

/** A value in a message about it. */
const SHOWN = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

/** A stage that can be written: its name has no `/`. */
const stageNameSchema = z
  .string('is not a stage name')
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
      approvers: z.optional(z.array(address, 'is not a list of addresses')),
    },
    'is not a mapping, such as {after: staging, branch: main}',
  ),
  'is not a mapping of stages, such as {prod: {after: staging}}',
);

/** The first key of a policy that is not a stage name. The schema does not check keys: it would report them without their line. */
const badStage = (policy: Policy): StageName | undefined =>
  (Object.keys(policy) as StageName[]).find((name) => !stageNameSchema.safeParse(name).success);

/** The first stage that a policy names and a list of stages lacks: nothing ever enters it. */
const unlistedStage = (policy: Policy, stages: readonly string[]): string | undefined =>
  Object.entries(policy)
    .flatMap(([name, { after }]) => [name, ...(after === undefined ? [] : [after])])
    .find((name) => !stages.includes(name));

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

const host = z
  .string('is not a host')
  .check(z.refine(isHostOrNetwork, 'is neither a host nor a network such as 10.0.0.0/8'));

const folder = z
  .string('is not a folder')
  .check(
    z.refine(
      (text) => text !== '' && !/^(?!file:\/\/\/)[a-z][a-z0-9+.-]*:\/\//i.test(text),
      'is not a folder',
    ),
  );

const namePattern = z
  .string('is not a name')
  .check(
    z.refine(
      (text) => /^[\w\-./:=@*?]{1,200}$/.test(text),
      'is not the name of an artifact, in which * stands for any characters and ? for one',
    ),
  );

const allowing = (one: typeof host) =>
  z.strictObject(
    { allow: z.optional(z.array(one, 'is not a list')) },
    'is not a mapping, such as {allow: […]}',
  );

/** The content of `.reg.yaml` (docs/specification.md, section 4); `schema/reg-config.schema.json` is made from it. */
const ConfigSchema = z.strictObject(
  {
    stages: z.optional(z.array(stageNameSchema, 'is not a list of stage names')),
    remote: z.optional(z.string('is not the name of a remote')),
    push: z.optional(z.boolean('is neither true nor false')),
    links: z.optional(z.enum(['required', 'optional'], 'is neither required nor optional')),
    store: z.optional(z.string('is not a URL or a folder')),
    metrics: z.optional(MetricRulesSchema),
    metricsFile: z.optional(z.string('is not a path')),
    evidence: z.optional(
      z.strictObject(
        { hide: z.optional(z.array(z.string('is not a pattern'), 'is not a list of patterns')) },
        "is not a mapping, such as {hide: ['*host*']}",
      ),
    ),
    expects: z.optional(ConsumersSchema),
    revs: z.optional(z.enum(['fixed', 'floating'], 'is neither fixed nor floating')),
    rules: z.optional(RuleLevelsSchema),
    hosts: z.optional(allowing(host)),
    sources: z.optional(allowing(folder)),
    artifacts: z.optional(
      z.strictObject(
        { exclude: z.optional(z.array(namePattern, 'is not a list of names')) },
        'is not a mapping, such as {exclude: [nightly]}',
      ),
    ),
    policy: z.optional(PolicySchema),
    signers: z.optional(z.string('is not the path of a file')),
    verify: z.optional(z.boolean('is neither true nor false')),
  },
  'is not a mapping of keys',
);

/** The JSON Schema of `.reg.yaml` for editors: the content of `schema/reg-config.schema.json`. */
export const configJsonSchema = (): unknown => ({
  ...z.toJSONSchema(ConfigSchema),
  title: 'Configuration of a registry',
  description: 'Which stages there are, how models are linked and pushed, and what they have to fulfil.',
});

/** The file of gto's configuration, from the top of the repository. */
export const GTO_FILE = '.gto';

/** What gto's configuration allows. */
export interface GtoConfig {
  /** The allowed stages; undefined allows any. */
  stages: StageName[] | undefined;
  /** The allowed types of artifacts; undefined allows any. */
  types: string[] | undefined;
}

/**
 * Reads gto's configuration as gto 1.x does (gto, `config.py`): variables win over the file, and letter case of keys does not
 * count. A null is no value. Whatever gto refuses is refused.
 * @param bytes the content of `.gto`; undefined without the file
 * @throws RegError INVALID_CONFIG, with the line or the name of the variable
 */
export function readGto(bytes: Uint8Array | undefined, env: Readonly<NodeJS.ProcessEnv>): GtoConfig {
  const given = {
    ...(bytes === undefined ? {} : gtoFile(bytes)),
    ...gtoVariables(env),
  };
  return { stages: given.stages ?? undefined, types: given.types ?? undefined };
}

function gtoFile(bytes: Uint8Array): GtoValues {
  const yaml = readYaml(bytes, GTO_FILE, 'INVALID_CONFIG', FOREIGN);
  const keys = new Map(keysOf(yaml).map((key) => [key.toLowerCase(), key]));
  const repeated = keysOf(yaml).find((key) => keys.get(key.toLowerCase()) !== key);
  if (repeated !== undefined) {
    const message = `the key '${repeated.toLowerCase()}' is repeated`;
    throw errorOf([{ message, line: yaml.lineOf([repeated]), hint: undefined }], GTO_FILE, 'INVALID_CONFIG');
  }
  const inLowerCase = {
    ...yaml,
    content: (): unknown => {
      const content = yaml.content();
      if (typeof content !== 'object' || content === null || Array.isArray(content)) return content;
      return Object.fromEntries(Object.entries(content).map(([key, value]) => [key.toLowerCase(), value]));
    },
    lineOf: ([key, ...rest]: readonly PropertyKey[]): number =>
      yaml.lineOf(key === undefined ? [] : [keys.get(String(key)) ?? key, ...rest]),
  };
  return requireYaml(inLowerCase, GtoSchema, 'INVALID_CONFIG', SHOWN) as GtoValues;
}

/** The values of gto's variables, `GTO_STAGES` and so on. gto ignores variables that it does not know. */
function gtoVariables(env: Readonly<NodeJS.ProcessEnv>): GtoValues {
  const values: Record<string, unknown> = {};
  for (const [variable, text] of Object.entries(env)) {
    const key = /^gto_(.+)$/i.exec(variable)?.[1]?.toLowerCase() as keyof typeof GTO_KEYS | undefined;
    if (key === undefined || !Object.hasOwn(GTO_KEYS, key)) continue;
    const value = LISTS.has(key) ? jsonOf(text) : text;
    if (value === null) continue;
    const checked = GTO_KEYS[key].safeParse(value);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      const example = LISTS.has(key) ? `, such as ["dev","prod"] in JSON` : '';
      const message = `${variable}: ${issue?.message ?? 'is not valid'}${example}: ${SHOWN(text)}`;
      throw new RegError('INVALID_CONFIG', message, `unset ${variable}`, { file: GTO_FILE, line: 1 });
    }
    values[key] = checked.data;
  }
  return values;
}

const jsonOf = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return text;
  }
};

const gtoName = z
  .string('is not a name')
  .check(z.refine((text) => parseStageName(text) !== undefined, 'is not a name that gto allows'));
const gtoNames = z.optional(z.nullable(z.array(gtoName, 'is not a list of names')));
const NO_FLAG = 'is neither true nor false';
/** True or false, in the spellings that gto takes (pydantic, "Booleans"). */
const gtoFlag = z.optional(
  z.union(
    [
      z.boolean(),
      z.literal([0, 1]),
      z.string().check(z.regex(/^(?:0|1|off|on|f|t|false|true|n|y|no|yes)$/i, NO_FLAG)),
    ],
    NO_FLAG,
  ),
);
const gtoText = z.optional(z.string('is not a text'));
const enrichment = z.looseObject(
  {
    type: z.string('is not a text'),
    config: z.optional(z.record(z.string(), z.unknown(), 'is not a mapping')),
  },
  'is not a mapping',
);

/** The keys of gto's configuration (gto 1.10, `NoFileConfig`), in lower case. */
const GTO_KEYS = {
  stages: gtoNames,
  types: gtoNames,
  index: gtoText,
  config_file_name: z.optional(z.nullable(z.string('is not a text'))),
  log_level: gtoText,
  debug: gtoFlag,
  emojis: gtoFlag,
  enrichments: z.optional(z.array(enrichment, 'is not a list')),
  autoload_enrichments: gtoFlag,
};
const LISTS: ReadonlySet<string> = new Set(['stages', 'types', 'enrichments']);
const GtoSchema = z.strictObject(GTO_KEYS, 'is not a mapping of keys');
type GtoValues = { stages?: StageName[] | null | undefined; types?: string[] | null | undefined };
