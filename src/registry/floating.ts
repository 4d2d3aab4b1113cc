import type { Config } from '../documents/config.js';
import type { LinkSource } from '../documents/link.js';
import type { RegistryContext } from './context.js';
import { readWorkLinks, withSharedSources } from './links.js';
import { type FoundRev, findRev, registryRef } from './source-rev.js';

/** Whether the rev of a link is a branch, in a registry that does not allow that; false where it cannot be found out. */
export async function isFloating(
  source: LinkSource,
  { revs }: Config,
  find: () => Promise<FoundRev | undefined>,
): Promise<boolean> {
  if (source.url !== undefined || source.rev === undefined || revs === 'floating') return false;
  // a stage and the latest version of a registry move by events that somebody signs for
  if (registryRef(source)) return false;
  const found = await find().catch(() => undefined);
  return found?.commit !== undefined && !found.isFixed;
}

/** What of these artifacts is linked to a branch, of which `validate` will complain; each with its rev. */
export async function floatingLinks(
  given: RegistryContext,
  artifacts: readonly string[],
): Promise<{ artifact: string; rev: string }[]> {
  if (artifacts.length === 0) return [];
  const context = withSharedSources(given);
  const config = await context.config();
  const found: { artifact: string; rev: string }[] = [];
  for (const { artifact, link } of await readWorkLinks(context, artifacts)) {
    const { rev = '' } = link.source;
    if (await isFloating(link.source, config, () => findRev(context, link.source, rev)))
      found.push({ artifact, rev });
  }
  return found;
}
