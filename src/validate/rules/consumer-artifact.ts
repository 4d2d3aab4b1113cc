import type { Rule } from '../rule.js';
import type { ConfigSubject } from './config-schema.js';

/** Whoever is a consumer consumes something. */
export const consumerArtifact: Rule<ConfigSubject> = {
  id: 'consumer-artifact',
  level: 'warning',
  about: 'A consumer expects something of an artifact that is declared or registered.',
  check: async ({ yaml, registry }) => {
    const { config, declared } = registry;
    const consumers = Object.entries(config.expects);
    if (consumers.length === 0) return [];
    const known = new Set<string>([...declared, ...(await registry.registered())]);
    return consumers
      .filter(([, { artifact }]) => !known.has(artifact))
      .map(([name, { artifact }]) => ({
        line: yaml.lineOf(['expects', name, 'artifact']),
        message: `${name} expects something of ${artifact}, which nothing declares`,
      }));
  },
};
