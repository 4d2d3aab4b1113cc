import type { Link } from '../documents/link.js';
import type { YamlFile } from '../documents/yaml.js';
import { versionLabel } from '../domain/find.js';
import type { ArtifactName } from '../domain/names.js';
import { didYouMean } from '../domain/suggest.js';
import { shownUrl } from '../util/address.js';
import type { Rule, RuleInfo, Subject } from './finding.js';
import {
  linkBytes,
  linkCase,
  linkCommit,
  linkEditor,
  linkFloating,
  linkName,
  linkParse,
  linkPath,
  linkPlace,
  linkResolves,
  linkRev,
  linkSchema,
  linkSuffix,
} from './link-rules.js';
import {
  interfaceFile,
  interfaceFits,
  metricFile,
  metricLimit,
  metricMissing,
  metricWorse,
} from './model-rules.js';
import type { FileSubject, LinkSubject, RegistryView } from './subject.js';
import { TAG_RULES } from './tag-rules.js';

/** What a name stood for, it stands for still. */
const changeBytes: Rule<LinkSubject> = {
  id: 'change-bytes',
  level: 'error',
  about: 'A change of the bytes of a link is a change of its rev, path or URL too (with --base).',
  check: ({ link, before, yaml, registry }) => {
    if (before?.sha256 === undefined || link.sha256 === undefined || before.sha256 === link.sha256) return [];
    if (NAMES.some((key) => before.source[key] !== link.source[key])) return [];
    const isBranch = registry.config.revs === 'floating' && before.source.commit !== link.source.commit;
    if (isBranch) return [];
    const [key, name] = nameOf(link);
    const message = `the bytes change, but source.${key} is '${name}' still: what it names was replaced`;
    return [{ line: yaml.lineOf(['sha256']), message }];
  },
};

/** What names the bytes of a link. */
const NAMES = ['repo', 'rev', 'path', 'url'] as const;

const nameOf = ({ source: { url, rev, path = '' } }: Link): [key: string, name: string] => {
  if (url !== undefined) return ['url', shownUrl(url)];
  return rev === undefined ? ['path', path] : ['rev', rev];
};

/** A link file that a change removes. */
interface RemovedSubject extends Subject {
  artifact: ArtifactName;
  registry: RegistryView;
}

/** What is in use stays declared. */
const changeRemoved: Rule<RemovedSubject> = {
  id: 'change-removed',
  level: 'error',
  about: 'A link is not removed while a version of its artifact is in a stage (with --base).',
  check: async ({ artifact, registry }) => {
    const { stages, problem } = await registry.held(artifact);
    if (problem !== undefined) return [{ line: 1, message: problem }];
    const held = [...stages].map(([stage, { version }]) => `${versionLabel(version)} in ${stage}`);
    if (held.length === 0) return [];
    const message = `the link is removed, but ${artifact} is in use: ${held.join(', ')}; unassign it first, or keep the link`;
    return [{ line: 1, message }];
  },
};

/** The configuration of a registry. */
interface ConfigSubject extends Subject {
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

/** Whoever is a consumer consumes something. */
const consumerArtifact: Rule<ConfigSubject> = {
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

/** Rules about link files, whatever they hold. */
export const FILE_RULES: readonly Rule<FileSubject>[] = [
  linkSuffix,
  linkPlace,
  linkName,
  linkCase,
  linkParse,
  linkSchema,
  linkEditor,
];

/** Rules about links that can be read. */
export const LINK_RULES: readonly Rule<LinkSubject>[] = [
  linkRev,
  linkCommit,
  linkFloating,
  linkResolves,
  linkPath,
  linkBytes,
  changeBytes,
  interfaceFile,
  interfaceFits,
  metricFile,
  metricMissing,
  metricLimit,
  metricWorse,
];

/** Rules about the configuration. */
export const CONFIG_RULES: readonly Rule<ConfigSubject>[] = [configSchema, consumerArtifact];

/** Rules about links that are gone. */
export const REMOVED_RULES: readonly Rule<RemovedSubject>[] = [changeRemoved];

/** Every rule, in the order of their documentation. */
export const ALL_RULES: readonly RuleInfo[] = [
  ...FILE_RULES,
  ...LINK_RULES,
  ...REMOVED_RULES,
  ...CONFIG_RULES,
  ...Object.values(TAG_RULES),
];
