import { posix } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LINK_SUFFIX } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { Objects } from '../git/port.js';
import { pagesAt } from '../registry/browse.js';
import { openSource, type RegistryContext } from '../registry/context.js';
import { linkIn, withSharedSources } from '../registry/links.js';
import type { Description } from '../registry/rows.js';
import { siteAddress } from '../registry/site-address.js';
import { sourceFolder } from '../registry/source-rev.js';
import { shownAddress } from '../util/address.js';
import { limiter, once } from '../util/async.js';
import type { SiteParts } from './pages.js';
import type { VersionPage } from './web/page.js';

/** A card is cut off here, in characters: a page is for reading. */
const MOST_LENGTH = 64 * 1024;

/**
 * The model card of a version: a README beside its link, or else one beside the model. A README in a folder of several links is
 * not the card of one of them. A card that cannot be read is left out.
 * @param asksElsewhere whether to ask a source that is not on this machine
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
  const { objects } = context.repository;
  const folder = folderOf(file);
  const named = `${file.slice(0, -LINK_SUFFIX.length)}.md`;
  const own = file.endsWith(LINK_SUFFIX) ? await readCard(objects, commit, named, frame.address) : null;
  if (own) return own;
  const links = (await filesIn(objects, commit, folder)).filter((path) => path.endsWith(LINK_SUFFIX));
  return links.length > 1 ? null : readCard(objects, commit, posix.join(folder, 'README.md'), frame.address);
}

/** The names of the files in a folder, without those in folders below it. */
async function filesIn(objects: Objects, commit: string, folder: string): Promise<string[]> {
  if (objects.many === undefined)
    return (await objects.entries(commit, folder)).flatMap(({ path }) =>
      folderOf(path) === folder ? posix.basename(path) : [],
    );
  const tree = await objects.entry(commit, folder);
  const entries = tree && (await objects.many.trees([tree.oid])).get(tree.oid);
  return (entries ?? []).flatMap(({ type, path }) => (type === 'tree' ? [] : path));
}

async function besideModel(
  { context, frame, askSource }: SiteParts,
  description: Description,
  asksElsewhere: boolean,
): Promise<VersionPage['card']> {
  const { source, path } = description;
  if (path === null || source?.url !== undefined) return null;
  // a model may be a folder, with the README inside or beside it
  const places = [posix.join(path, 'README.md'), posix.join(posix.dirname(path), 'README.md')];
  const commit = source?.commit ?? description.commit;
  const address = source?.repo === undefined ? frame.address : await siteAddress(context, source.repo);
  const read = async (objects: Objects): Promise<VersionPage['card']> => {
    for (const place of places) {
      const card = await readCard(objects, commit, place, address);
      if (card) return card;
    }
    return null;
  };
  if (source?.repo === undefined) return read(context.repository.objects);
  if (source.commit === undefined) return null;
  if (await sourceFolder(context, source)) return read((await openSource(context, source.repo)).objects);
  if (!asksElsewhere) return null;
  // a link may hold a login, which a description does not show
  const link = await linkIn(context.repository.objects, description.commit, description.file);
  return askSource(link.source.repo ?? source.repo, commit, read);
}

async function readCard(
  objects: Objects,
  commit: string,
  file: string,
  address: string | undefined,
): Promise<VersionPage['card']> {
  const entry = await objects.entry(commit, file);
  if (entry?.type !== 'blob') return null;
  const size = (await objects.sizes([entry.oid])).get(entry.oid) ?? 0;
  // a README of megabytes is not a card
  if (size > 16 * MOST_LENGTH) return null;
  const text = Buffer.from(await objects.blob(entry.oid))
    .toString('utf8')
    .slice(0, MOST_LENGTH);
  const { readMarkdown } = await import('./markdown.js');
  const pages = await pagesAt(address);
  const base = (path: string): string | null => pages?.file(commit, posix.join(folderOf(file), path)) ?? null;
  return { file, nodes: readMarkdown(text, base) };
}

const folderOf = (file: string): string => (posix.dirname(file) === '.' ? '' : posix.dirname(file));

/** Reads from a commit of the source repository at a URL; null where that is not possible. */
export type AskSource = <T>(
  url: string,
  commit: Oid,
  read: (objects: Objects) => Promise<T | null>,
) => Promise<T | null>;

/** How to ask sources. */
export interface AskingOptions {
  /** Called with a message for each source that cannot be reached; without secrets. */
  onNote?: ((text: string) => void) | undefined;
  /** Milliseconds to wait for an answer. A later answer is there for the next question. */
  timeout?: number | undefined;
  /** Milliseconds after the first question in which more are asked. */
  budget?: number | undefined;
}

/** Questions that are asked at a time. */
const AT_ONCE = 4;

const LATE =
  'some model cards of other repositories are left out: their time was over; the next run has more, or one with a greater REG_TIMEOUT';

/** Codes of a source that cannot be reached. */
const UNREACHED: ReadonlySet<string> = new Set(['REMOTE_FAILED', 'GIT_MISSING']);

/** Asks sources on other machines for cards, a few at a time. A source that cannot be reached is not asked again. */
export function sourceAsker(
  context: RegistryContext,
  { onNote = () => undefined, timeout, budget = Number.POSITIVE_INFINITY }: AskingOptions,
): AskSource {
  const { openSource } = withSharedSources(context).sources;
  const inTurn = limiter(AT_ONCE);
  const firsts = new Map<string, Promise<unknown>>();
  const unreached = new Set<string>();
  const deadline = once(async () => context.now() + budget);
  const noteLate = once(async () => onNote(LATE));
  const attempt: AskSource = async (url, commit, read) => {
    if (unreached.has(url)) return null;
    const end = await deadline();
    if (context.now() >= end) return noteLate().then(() => null);
    try {
      const { objects } = await openSource({ kind: 'url', url });
      return (await objects.commit(commit)) === undefined ? null : await read(objects);
    } catch (error) {
      if (!(error instanceof RegError) || !UNREACHED.has(error.code)) throw error;
      if (!unreached.has(url)) onNote(`no model cards from ${shownAddress(url)}: ${error.message}`);
      unreached.add(url);
      return null;
    }
  };
  return async (url, commit, read) => {
    const first = firsts.get(url);
    const asked = (async () => {
      // the first question finds out for all whether the source can be reached
      await first?.catch(() => undefined);
      return inTurn(() => attempt(url, commit, read));
    })();
    if (first === undefined) firsts.set(url, asked);
    return timeout === undefined ? asked : Promise.race([asked, setTimeout(timeout, null, { ref: false })]);
  };
}
