import { formatLink, isOwn } from '../documents/link.js';
import { RegError } from '../errors.js';
import { digestOf } from '../models/digest.js';
import { openHashes } from '../models/hashes.js';
import { type RegistryContext, requireWorkTree } from './context.js';
import { followNow, type Pinned, pin, readWorkLinks, type WorkLink } from './links.js';
import { type MetadataOptions, metadataOf } from './metadata.js';
import type { UpdateRow } from './rows.js';
import { revCommit } from './source-rev.js';

/** Which links to pin again, and to what. */
export interface UpdateOptions extends MetadataOptions {
  /** Another branch, tag, commit id or registry ref than the links name. */
  rev?: string | undefined;
  /** The folder that a relative path of a metrics file starts at; the top of the work tree by default. */
  from?: string | undefined;
}

/**
 * Pins links to what their revs are now, and to the bytes that are there now; comments and everything else in them stay, but
 * for metrics and params of other bytes. Nothing is written unless all of them can be.
 * @param artifacts none for every link of the work tree
 * @throws RegError NOT_PINNED for a link to another commit of this repository without a rev, and what following links throws
 */
export async function update(
  context: RegistryContext,
  artifacts: readonly string[],
  options: UpdateOptions,
): Promise<UpdateRow[]> {
  const workTree = await requireWorkTree(context, 'update writes link files into the work tree');
  const from = options.from ?? workTree.root;
  await context.config(); // a broken configuration stops every write
  const pinned: { row: UpdateRow; text: string }[] = [];
  for (const one of await readWorkLinks(context, artifacts))
    pinned.push(await pinAgain(context, one, { ...options, from }));
  for (const { row, text } of pinned) if (row.changed) await workTree.write(row.path, text);
  return pinned.map(({ row }) => row);
}

async function pinAgain(
  context: RegistryContext,
  work: WorkLink,
  options: UpdateOptions & { from: string },
): Promise<{ row: UpdateRow; text: string }> {
  const { artifact, file, bytes, link } = work;
  const found = await pinNow(context, work, options.rev);
  const { values, dropped } = await metadataOf(link, link.sha256 !== found.sha256, options, options.from);
  const now = { ...link, ...found, ...values };
  const text = formatLink(now, { bytes, file });
  const row = {
    artifact,
    path: file,
    from: link.source.commit ?? null,
    to: found.source.commit ?? null,
    sha256: found.sha256 ?? null,
    size: found.size ?? null,
    changed: JSON.stringify(sorted(now)) !== JSON.stringify(sorted(link)),
    dropped,
  };
  return { row, text };
}

/** The keys of a link in one order, without those that have no value. */
const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, one]) => one !== undefined)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, one]) => [key, sorted(one)]),
      )
    : value;

async function pinNow(
  context: RegistryContext,
  { artifact, link }: WorkLink,
  rev: string | undefined,
): Promise<Pinned> {
  const { source, sha256, size } = link;
  if (source.url !== undefined && rev !== undefined)
    throw new RegError(
      'USAGE',
      `the link of ${artifact} leads to a URL, which has no revs`,
      'leave --rev out',
    );
  const asked = rev ?? source.rev;
  // the commit that is registered says which bytes it is, so that a digest is the only thing to bring up to date
  if (isOwn(source) && rev === undefined) {
    if (sha256 === undefined) return { source, sha256, size };
    const found = await digestOf(
      (await followNow(context, link)).model,
      openHashes(context.cache, context.now),
    );
    return { source, sha256: found.sha256, size: found.size };
  }
  if (source.repo === undefined && source.url === undefined && asked === undefined)
    throw new RegError(
      'NOT_PINNED',
      `the link of ${artifact} names a commit of this repository and no rev that it could be pinned to`,
      `name one with: reg update ${artifact} --rev <rev>; or follow the registry with: reg link ${source.path} ${artifact} --force`,
    );
  const isPinned = sha256 !== undefined && size !== undefined && asked === source.rev && asked !== undefined;
  if (isPinned && source.commit !== undefined && (await revCommit(context, source, asked)) === source.commit)
    return { source, sha256, size };
  return pin(context, asked === undefined ? source : { ...source, rev: asked });
}
