import { posix } from 'node:path';
import { LINK_SUFFIX } from '../documents/link-path.js';
import { artifactName } from '../domain/names.js';
import type { ObjectReader } from '../git/port.js';
import { pagesAt } from '../registry/browse.js';
import { openSource } from '../registry/context.js';
import { linkAt } from '../registry/link-at.js';
import type { Description } from '../registry/rows.js';
import { sourceFolder } from '../registry/source-rev.js';
import type { VersionPage } from '../web/page.js';
import type { SiteParts } from './site.js';

/** More of a card is cut off: a page is to be read. */
const LONGEST = 64 * 1024;

/**
 * The model card of a version: a README beside its link, else one beside the model. A folder of several links has no card
 * of one of them. Whatever goes wrong, there is no card.
 * @param asksElsewhere whether the version is worth asking a source that is not on this machine
 */
export async function cardOf(
  parts: SiteParts,
  description: Description,
  asksElsewhere: boolean,
): Promise<VersionPage['card']> {
  try {
    return (await besideLink(parts, description)) ?? (await besideModel(parts, description, asksElsewhere));
  } catch {
    return null;
  }
}

async function besideLink(
  { context, frame }: SiteParts,
  description: Description,
): Promise<VersionPage['card']> {
  const { commit, file } = description;
  const { repository } = context;
  const folder = folderOf(file);
  const named = `${file.slice(0, -LINK_SUFFIX.length)}.md`;
  const own = file.endsWith(LINK_SUFFIX) ? await readCard(repository, commit, named, frame.address) : null;
  if (own) return own;
  const links = (await repository.entriesBelow(commit, folder)).filter(
    ({ path }) => path.endsWith(LINK_SUFFIX) && folderOf(path) === folder,
  );
  return links.length > 1
    ? null
    : readCard(repository, commit, posix.join(folder, 'README.md'), frame.address);
}

async function besideModel(
  { context, frame, askSource }: SiteParts,
  description: Description,
  asksElsewhere: boolean,
): Promise<VersionPage['card']> {
  const { source, path } = description;
  if (path === null || source?.url !== undefined) return null;
  // a model in a folder: the README may be inside it, or beside it
  const places = [posix.join(path, 'README.md'), posix.join(posix.dirname(path), 'README.md')];
  const commit = source?.commit ?? description.commit;
  const read = async (repository: ObjectReader): Promise<VersionPage['card']> => {
    for (const place of places) {
      const card = await readCard(repository, commit, place, source?.repo ?? frame.address);
      if (card) return card;
    }
    return null;
  };
  if (source?.repo === undefined) return read(context.repository);
  if (source.commit === undefined) return null;
  if (await sourceFolder(context, source)) return read(await openSource(context, source.repo));
  if (!asksElsewhere) return null;
  // a description does not show the login that a link may hold
  const link = await linkAt(context, artifactName(description.artifact), description.commit);
  return askSource(link.source.repo ?? source.repo, commit, read);
}

async function readCard(
  repository: ObjectReader,
  commit: string,
  file: string,
  address: string | undefined,
): Promise<VersionPage['card']> {
  const entry = await repository.entryAt(commit, file);
  if (entry?.type !== 'blob') return null;
  const size = (await repository.blobSizes([entry.oid])).get(entry.oid) ?? 0;
  // a README of megabytes is none
  if (size > 16 * LONGEST) return null;
  const text = Buffer.from(await repository.readBlob(entry.oid))
    .toString('utf8')
    .slice(0, LONGEST);
  const { readMarkdown } = await import('./markdown.js');
  const pages = await pagesAt(address);
  const base = (path: string): string | null => pages?.file(commit, posix.join(folderOf(file), path)) ?? null;
  return { file, nodes: readMarkdown(text, base) };
}

const folderOf = (file: string): string => (posix.dirname(file) === '.' ? '' : posix.dirname(file));
