import type { Config } from '../documents/config.js';
import type { LinkSource } from '../documents/link.js';
import type { RegistryContext } from './context.js';
import { readWorkLinks, withSharedSources } from './links.js';
import { type FoundRev, findRev, registryRef } from './source-rev.js';

/** Whether the rev of a link is a branch, in a registry whose links may not follow one; false where it cannot be found out. */
export async function isFloating(
  source: LinkSource,
  { revs }: Config,
  find: () => Promise<FoundRev | undefined>,
): Promise<boolean> {
  if (source.url !== undefined || source.rev === undefined || revs !== 'fixed') return false;
  // a stage and the latest version of a registry move only by events, and each event has an author
  if (registryRef(source)) return false;
  const found = await find().catch(() => undefined);
  return found?.commit !== undefined && !found.isFixed;
}

/** Those of the artifacts that are linked to a branch, each with its rev. `validate` complains about them. */
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
