import { pagesAt } from '../registry/browse.js';
import type { Description } from '../registry/rows.js';
import type { CompareLink, ComparePage } from '../web/page.js';

/**
 * Where the source of a model is shown; null where nobody is known to.
 * @param home the address of the registry's own repository
 */
export async function sourceUrl(
  { source, path, commit }: Description,
  home: string | undefined,
): Promise<string | null> {
  if (source?.url !== undefined) return /^https?:\/\//i.test(source.url) ? source.url : null;
  const [address, at] =
    source?.repo === undefined ? [home, source?.commit ?? commit] : [source.repo, source.commit];
  if (at === undefined || path === null) return null;
  return (await pagesAt(address))?.file(at, path) ?? null;
}

/** Where the commits between two versions are shown: those of the registry, and those of every source. */
export async function compareLinks(
  home: string | undefined,
  descriptions: readonly Description[],
): Promise<ComparePage['logs']> {
  const addresses = new Set(descriptions.flatMap(({ source }) => source?.repo ?? []));
  const links = await Promise.all(
    [...addresses].map(async (address) => [address, await compareLink(address)] as const),
  );
  const known = links.filter((one): one is [string, CompareLink] => one[1] !== null);
  return { registry: await compareLink(home), sources: Object.fromEntries(known) };
}

async function compareLink(address: string | undefined): Promise<CompareLink | null> {
  // neither is a part of an address that a host makes
  const [before, between] = (await pagesAt(address))?.compare?.(' ', ' ').split(' ') ?? [];
  return before === undefined || between === undefined ? null : { before, between };
}
