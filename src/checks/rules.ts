import { CONFIG_FILE, GTO_FILE } from '../documents/config.js';
import { problemOf } from '../documents/yaml.js';
import { versionLabel } from '../domain/find.js';
import type { ArtifactName } from '../domain/names.js';
import { didYouMean } from '../domain/suggest.js';
import { exclusionIn } from '../registry/exclusion.js';
import type { Finding } from '../registry/rows.js';
import { DECLARATION_RULES } from './declarations.js';
import { atKey, atTop, complaintOf, type Rule, type RuleInfo } from './finding.js';
import { FILE_RULES, SOURCE_RULES } from './link-rules.js';
import { MODEL_RULES } from './model-rules.js';
import type { ConfigSubject, LinkSubject, RegistryView, RemovedSubject } from './subject.js';
import { TAG_RULES } from './tag-rules.js';
import { requiresLinks } from './trusted-config.js';

/** Rules about links that can be read. */
export const LINK_RULES: readonly Rule<LinkSubject>[] = [...SOURCE_RULES, ...MODEL_RULES];

/** Rules about links that a change removes. */
export const REMOVED_RULES: readonly Rule<RemovedSubject>[] = [
  {
    id: 'change-removed',
    level: 'error',
    about: 'A link is not removed while a version of its artifact is in a stage (with --base).',
    check: async ({ artifact, registry }) => {
      const { stages, problem } = await registry.held(artifact);
      if (problem !== undefined) return atTop(problem);
      if (stages.size > 0 && (await isRenamed(artifact, registry))) return [];
      const held = [...stages].map(([stage, { version }]) => `${versionLabel(version)} in ${stage}`);
      if (held.length === 0) return [];
      return atTop(
        `the link is removed, but ${artifact} is in use: ${held.join(', ')}; unassign it first, rename it with reg rename, or keep the link`,
      );
    },
  },
];

/** Whether an artifact was renamed, perhaps more than once, to one that is declared. */
async function isRenamed(artifact: ArtifactName, registry: RegistryView): Promise<boolean> {
  const seen = new Set<ArtifactName>();
  for (let name = artifact; !seen.has(name); ) {
    seen.add(name);
    const { successor } = await registry.held(name);
    if (successor === undefined) return false;
    const { renamedFrom, problem } = await registry.held(successor);
    if (problem !== undefined || !renamedFrom.has(name)) return false;
    if (registry.declared.includes(successor)) return true;
    name = successor;
  }
  return false;
}

/** The rule about the content of the configuration. A configuration that cannot be read breaks it before any rule is asked. */
const CONFIG_SCHEMA: Rule<ConfigSubject> = {
  id: 'config-schema',
  level: 'error',
  about:
    'The configuration, .reg.yaml or .gto with the variables of gto, can be read, and names no unknown rule.',
  check: ({ yaml, registry, rules }) =>
    Object.keys(registry.trusted.own.rules)
      .filter((id) => !rules.includes(id))
      .flatMap((id) =>
        atKey(yaml, ['rules', id], `there is no rule '${id}' (${didYouMean(id, rules, 'remove it')})`),
      ),
};

/** The rule about a repository that has to declare something. */
const DECLARED: Rule<ConfigSubject> = {
  id: 'config-links',
  level: 'error',
  about: 'Where the configuration says links: required, some file declares an artifact.',
  check: ({ yaml, registry: { declared, trusted } }) => {
    if (!(trusted.requiresLinks || requiresLinks(yaml)) || declared.length > 0) return [];
    return atKey(yaml, ['links'], 'links are required, and no file declares an artifact');
  },
};

/**
 * The finding of a configuration that cannot be read. Rules need a configuration, so there is no other finding then.
 * Any other error is thrown again.
 */
export function unreadableConfig(error: unknown): Finding {
  const file = [CONFIG_FILE, GTO_FILE].find((one) => problemOf(error, one) !== undefined);
  const problem = file === undefined ? undefined : problemOf(error, file);
  if (file === undefined || problem === undefined) throw error;
  const { id: rule, level } = CONFIG_SCHEMA;
  return { level, rule, file, ...complaintOf(problem) };
}

/** Rules about the configuration. */
export const CONFIG_RULES: readonly Rule<ConfigSubject>[] = [
  CONFIG_SCHEMA,
  DECLARED,
  {
    id: 'config-ignored',
    level: 'warning',
    about: 'Every key of .reg.yaml has an effect.',
    check: ({ registry }) => registry.trusted.own.notes.map(complaintOf),
  },
  {
    id: 'config-change',
    level: 'info',
    about:
      'What the configuration changes of the rules holds once it is on the default branch of the remote.',
    check: ({ yaml, registry: { trusted } }) =>
      trusted.changed.flatMap((key) =>
        atKey(
          yaml,
          [key],
          `${key} is not that of ${trusted.asked}, which holds; this one takes effect once it is merged`,
        ),
      ),
  },
  {
    id: 'config-exclude',
    level: 'warning',
    about: 'No file declares an artifact that artifacts.exclude excludes.',
    check: ({ yaml, registry: { trusted, declared } }) => {
      const isExcluded = exclusionIn(trusted.own.artifacts.exclude);
      return declared
        .filter((name) => isExcluded?.(name))
        .flatMap((name) =>
          atKey(
            yaml,
            ['artifacts', 'exclude'],
            `a file declares ${name}, and this excludes it: it is no artifact`,
          ),
        );
    },
  },
  {
    id: 'consumer-artifact',
    level: 'warning',
    about: 'A consumer expects something of an artifact that is declared or registered.',
    check: async ({ yaml, registry }) => {
      const { trusted, declared } = registry;
      const consumers = Object.entries(trusted.own.expects);
      if (consumers.length === 0) return [];
      const known = new Set<string>([...declared, ...(await registry.registered())]);
      return consumers.flatMap(([name, { artifact }]) =>
        known.has(artifact)
          ? []
          : atKey(
              yaml,
              ['expects', name, 'artifact'],
              `${name} expects something of ${artifact}, which nothing declares`,
            ),
      );
    },
  },
];

/** Every rule, in the order of docs/rules.md. */
export const ALL_RULES: readonly RuleInfo[] = [
  ...FILE_RULES,
  ...LINK_RULES,
  ...REMOVED_RULES,
  ...Object.values(DECLARATION_RULES),
  ...CONFIG_RULES,
  ...Object.values(TAG_RULES),
];
