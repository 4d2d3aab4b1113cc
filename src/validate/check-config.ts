import { CONFIG_FILE } from '../documents/config.js';
import { readYaml, STRICT } from '../documents/yaml.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import type { WorkTree } from '../util/files.js';
import { ALL_RULES, CONFIG_RULES } from './catalogue.js';
import type { Finding } from './finding.js';
import type { RegistryView } from './registry-view.js';
import { applyRules } from './rule.js';
import { configSchema } from './rules/config-schema.js';

/** What is wrong with a configuration that cannot be read: without it no rule can be asked. */
export async function unreadableConfig(context: RegistryContext): Promise<Finding | undefined> {
  try {
    await context.config();
    return undefined;
  } catch (error) {
    if (!(error instanceof RegError) || error.place?.file !== CONFIG_FILE) throw error;
    const { line } = error.place;
    const message = error.message.replace(`${CONFIG_FILE}:${line}: `, '');
    const { id: rule, level } = configSchema;
    return {
      level,
      rule,
      file: CONFIG_FILE,
      line,
      message: error.hint ? `${message} (${error.hint})` : message,
    };
  }
}

/** Asks the rules about the configuration. */
export async function checkConfig(registry: RegistryView, workTree: WorkTree): Promise<Finding[]> {
  const bytes = await workTree.read(CONFIG_FILE);
  if (bytes === undefined) return [];
  const yaml = readYaml(bytes, CONFIG_FILE, 'INVALID_CONFIG', STRICT);
  const rules = ALL_RULES.map(({ id }) => id);
  return applyRules(CONFIG_RULES, { file: CONFIG_FILE, yaml, registry, rules }, registry.config.rules);
}
