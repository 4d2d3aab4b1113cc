import { isDeepStrictEqual } from 'node:util';
import { CONFIG_FILE, type Config, DEFAULT_CONFIG } from '../documents/config.js';
import { readYaml, STRICT, type YamlFile } from '../documents/yaml.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import type { DeclaringFiles } from '../registry/declared.js';
import { configIn, readerAt } from '../registry/load-config.js';
import { type RulesSource, readRules, rulesSourceOf } from '../registry/policy.js';

// A change under review may not choose what it is checked by: that comes from where its branch will be merged.

/** The keys of a configuration that decide what is right. */
const JUDGING = [
  'rules',
  'revs',
  'metrics',
  'metricsFile',
  'expects',
  'links',
  'types',
  'hosts',
  'sources',
  'artifacts',
] as const;

/** The configuration that a check goes by. */
export interface TrustedConfig {
  /** That of the work tree, with the judging keys of the default branch. */
  config: Config;
  /** That of the work tree. */
  own: Config;
  /** The judging keys that differ between the two. */
  changed: readonly (keyof Config)[];
  /** Whose default branch it is, in words. */
  asked: string;
  /** What is to be known of it. */
  note: string | undefined;
  /** Whether the default branch says `links: required` in so many words. */
  requiresLinks: boolean;
}

/**
 * Reads the configuration that a check goes by (docs/specification.md, section 4).
 * @param read reads the files that are checked
 * @param offline goes by the remote-tracking branch
 * @throws RegError INVALID_CONFIG for that of the work tree; REMOTE_FAILED, GIT_MISSING
 */
export async function trustedConfig(
  context: RegistryContext,
  read: DeclaringFiles['read'],
  offline: boolean | undefined,
): Promise<TrustedConfig> {
  const [own, source] = await Promise.all([
    configIn(read, context.around.env),
    rulesSourceOf(context, offline),
  ]);
  const there = await configThere({ ...context, config: async () => own }, source);
  const config = { ...own, ...Object.fromEntries(JUDGING.map((key) => [key, there.config[key]])) };
  const changed = JUDGING.filter((key) => !isDeepStrictEqual(own[key], config[key]));
  return { ...there, config, own, changed, asked: askedOf(source) };
}

/** The configuration of the default branch. One that cannot be read is repaired by a change, which has to pass then. */
async function configThere(
  context: RegistryContext,
  source: RulesSource,
): Promise<Pick<TrustedConfig, 'config' | 'note' | 'requiresLinks'>> {
  try {
    const { config, head } = await readRules(context, source);
    const note =
      source.kind === 'tracking'
        ? `warning: ${source.remote} was not asked, so the rules are those of its default branch when it was last fetched`
        : undefined;
    const bytes = await readerAt(context.repository, head)(CONFIG_FILE);
    return { config, note, requiresLinks: bytes !== undefined && saysRequired(bytes) };
  } catch (error) {
    if (!(error instanceof RegError) || source.kind === 'here') throw error;
    if (error.code === 'INVALID_CONFIG')
      return {
        config: DEFAULT_CONFIG,
        requiresLinks: false,
        note: `warning: the configuration of ${askedOf(source)} cannot be read, so rules have their default levels: ${error.message}`,
      };
    if (source.kind === 'tracking' && error.code === 'REMOTE_FAILED')
      return {
        config: DEFAULT_CONFIG,
        requiresLinks: false,
        note: `warning: ${askedOf(source)} is not here, so rules have their default levels`,
      };
    if (error.code !== 'REMOTE_FAILED' && error.code !== 'GIT_MISSING') throw error;
    const hint = 'the rules are those of its default branch; to go by what is here, add --offline';
    throw new RegError(error.code, error.message, hint);
  }
}

const saysRequired = (bytes: Uint8Array): boolean =>
  requiresLinks(readYaml(bytes, CONFIG_FILE, 'INVALID_CONFIG', STRICT));

/** Whether a configuration says that links are required, which is also the default. */
export const requiresLinks = (yaml: YamlFile): boolean =>
  (yaml.content() as { links?: unknown } | null)?.links === 'required';

const askedOf = (source: RulesSource): string =>
  source.kind === 'here' ? 'this repository' : `the default branch of ${source.remote}`;
