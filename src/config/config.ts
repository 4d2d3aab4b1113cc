import type { MetricRules } from '../domain/metrics.js';
import type { StageName } from '../domain/names.js';
import type { Policy } from '../domain/policy.js';
import { RegError } from '../errors.js';
import { requireYaml } from '../yaml/check.js';
import { readYaml, STRICT } from '../yaml/read.js';
import type { Consumers } from './consumers.js';
import { badStage } from './policy.js';
import type { RuleLevels } from './rule-levels.js';
import { ConfigSchema } from './schema.js';

/** Where a repository's configuration is, from its top. */
export const CONFIG_FILE = '.reg.yaml';

/** The configuration of a registry, defaults filled in. */
export interface Config {
  /** The stages allowed, in order of promotion; undefined for any. */
  stages: readonly StageName[] | undefined;
  remote: string;
  push: boolean;
  links: 'required' | 'optional';
  store: string;
  /** How good models have to be. */
  metrics: MetricRules;
  /** The file of a source, by its path there, that says the metrics of a model; undefined for none. */
  metricsFile: string | undefined;
  /** What those who use models expect of them. */
  expects: Consumers;
  /** Whether links may name branches and stages, which move on. */
  revs: 'fixed' | 'floating';
  /** Levels of rules of `validate`, where their own do not suit. */
  rules: RuleLevels;
  /** What stages ask of what they take. */
  policy: Policy;
  /** The file that says who may sign, from the top of the repository. */
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
  revs: 'fixed',
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
  const line = yaml.lineOf(['policy', bad]);
  const message = `${CONFIG_FILE}:${line}: policy.${bad} is not a stage name`;
  throw new RegError('INVALID_CONFIG', message, 'a stage has letters, digits, - and _', {
    file: CONFIG_FILE,
    line,
  });
}
