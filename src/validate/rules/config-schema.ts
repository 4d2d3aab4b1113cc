import type { YamlFile } from '../../documents/yaml.js';
import { didYouMean } from '../../domain/suggest.js';
import type { RegistryView } from '../registry-view.js';
import type { Rule, Subject } from '../rule.js';

/** The configuration of a registry. */
export interface ConfigSubject extends Subject {
  yaml: YamlFile;
  registry: RegistryView;
  /** The names of all rules. */
  rules: readonly string[];
}

/** A configuration says what one may say; one that cannot be read is told before any rule is asked. */
export const configSchema: Rule<ConfigSubject> = {
  id: 'config-schema',
  level: 'error',
  about: 'The configuration, .reg.yaml, can be read, and names no rule that there is not.',
  check: ({ yaml, registry, rules }) =>
    Object.keys(registry.config.rules)
      .filter((id) => !rules.includes(id))
      .map((id) => ({
        line: yaml.lineOf(['rules', id]),
        message: `there is no rule '${id}' (${didYouMean(id, rules, 'remove it')})`,
      })),
};
