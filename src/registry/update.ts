import { formatLink } from '../documents/link.js';
import { RegError } from '../errors.js';
import { type RegistryContext, requireWorkTree } from './context.js';
import { pin, readWorkLinks, type WorkLink } from './links.js';
import type { UpdateRow } from './rows.js';
import { revCommit } from './source-rev.js';

/** Which links to pin again, and to what. */
export interface UpdateOptions {
  /** Another branch, tag, commit id or registry ref than the links name. */
  rev?: string | undefined;
}

/**
 * Pins links to what their revs are now, and to the bytes that are there now; comments and everything else in them stay.
 * Nothing is written unless all of them can be.
 * @param artifacts none for every link of the work tree
 * @throws RegError NOT_PINNED for a link without a rev, and what following links throws
 */
export async function update(
  context: RegistryContext,
  artifacts: readonly string[],
  { rev }: UpdateOptions,
): Promise<UpdateRow[]> {
  const workTree = await requireWorkTree(context, 'update writes link files into the work tree');
  await context.config(); // a broken configuration stops every write
  const pinned: { row: UpdateRow; text: string }[] = [];
  for (const one of await readWorkLinks(context, artifacts)) pinned.push(await pinAgain(context, one, rev));
  for (const { row, text } of pinned) if (row.changed) await workTree.write(row.path, text);
  return pinned.map(({ row }) => row);
}

async function pinAgain(
  context: RegistryContext,
  { artifact, file, bytes, link }: WorkLink,
  rev: string | undefined,
): Promise<{ row: UpdateRow; text: string }> {
  const { source } = link;
  const asked = rev ?? source.rev;
  if (source.url !== undefined && rev !== undefined)
    throw new RegError(
      'USAGE',
      `the link of ${artifact} leads to a URL, which has no revs`,
      'leave --rev out',
    );
  if (source.url === undefined && asked === undefined)
    throw new RegError(
      'NOT_PINNED',
      `the link of ${artifact} names no rev that it could be pinned to`,
      `name one with: reg update ${artifact} --rev <rev>`,
    );
  const isPinned = link.sha256 !== undefined && link.size !== undefined && asked === source.rev;
  if (
    isPinned &&
    source.commit !== undefined &&
    (await revCommit(context, source, asked ?? '')) === source.commit
  ) {
    const { sha256 = '', size = 0 } = link;
    const row = {
      artifact,
      path: file,
      from: source.commit,
      to: source.commit,
      sha256,
      size,
      changed: false,
    };
    return { row, text: '' };
  }
  const found = await pin(context, asked === undefined ? source : { ...source, rev: asked });
  const { sha256 = '', size = 0 } = found;
  const to = found.source.commit ?? null;
  const changed =
    source.commit !== found.source.commit ||
    asked !== source.rev ||
    link.sha256 !== sha256 ||
    link.size !== size;
  const row = { artifact, path: file, from: source.commit ?? null, to, sha256, size, changed };
  return { row, text: formatLink({ ...link, ...found }, { bytes, file }) };
}
