import { posix } from 'node:path';
import { linkPathOf } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import { type ArtifactName, artifactName } from '../domain/names.js';
import type { Snapshot } from '../domain/plan.js';
import { planNewName, planOldName } from '../domain/rename.js';
import { RegError } from '../errors.js';
import { shellLine } from '../util/shell.js';
import { type RegistryContext, requireCommit } from './context.js';
import { findDeclaration } from './declared.js';
import { meantInWrite } from './meant.js';
import { requireArtifact } from './queries.js';
import { type WriteOptions, type Written, writeTogether } from './write.js';

/** How to rename. */
export interface RenameOptions extends Omit<WriteOptions, 'unlinked' | 'delete' | 'confirm'> {
  /** Allows the name of an artifact that is in use, and what gto cannot read. */
  force?: boolean | undefined;
}

/**
 * Gives an artifact another name. Only tags are written: the current versions and the latest are registered and assigned under the new name,
 * and the old one is deprecated. HEAD must declare the new name.
 * @throws RegError USAGE, NOT_DECLARED, UNKNOWN_ARTIFACT, ALREADY_REGISTERED, STAGE_TAKEN, and what a write throws
 */
export async function rename(
  context: RegistryContext,
  from: string,
  to: string,
  options: RenameOptions,
): Promise<Written> {
  const [old, wanted] = [
    await meantInWrite(context, artifactName(from)),
    await meantInWrite(context, artifactName(to)),
  ];
  if (old === wanted) throw new RegError('USAGE', `${old} is called that already`, 'give it another name');
  await requireDeclared(context, old, wanted);
  const { message, force } = options;
  const parts = [
    {
      artifact: wanted,
      decide: (snapshot: Snapshot, _: unknown, others: ReadonlyMap<ArtifactName, Snapshot>) =>
        planNewName(snapshot, others.get(old) as Snapshot, { message, force }),
    },
    { artifact: old, decide: (snapshot: Snapshot) => planOldName(snapshot, wanted, { message }) },
  ];
  // the commits were looked at when they were registered under the old name
  return writeTogether(context, parts, { ...options, asRegistered: true });
}

/**
 * Refuses to rename before the files say the new name, which the next registration needs.
 * @throws RegError NOT_DECLARED with the commands that come first
 */
async function requireDeclared(
  context: RegistryContext,
  old: ArtifactName,
  wanted: ArtifactName,
): Promise<void> {
  const { objects } = context.repository;
  const head = await requireCommit(context, 'HEAD');
  if ((await findDeclaration(objects, head, wanted)) !== undefined) return;
  const hint = await moveHint(context, head, old, wanted);
  if (hint === undefined) await requireArtifact(context, old);
  throw new RegError(
    'NOT_DECLARED',
    `cannot rename ${old}: HEAD does not declare ${wanted}`,
    hint ?? `declare it first: reg link <path> ${wanted}, then commit the link`,
  );
}

/** How another name is written into a file of DVC or gto, which has names without their folder. */
function rewriteHint(file: string, old: ArtifactName, wanted: ArtifactName, commit: string): string {
  const [folder, name] = parted(wanted);
  const [ownFolder, ownName] = parted(old);
  return folder === ownFolder
    ? `write ${name} in the place of ${ownName} in ${file}, then: ${shellLine('git', 'add', file)} && ${commit}`
    : `take ${ownName} out of ${file}, declare ${name} in the dvc.yaml of ${folder || 'the top folder'}, and commit both`;
}

const parted = (name: ArtifactName): [folder: string, name: string] => {
  const end = name.lastIndexOf(':');
  return [name.slice(0, Math.max(0, end)), name.slice(end + 1)];
};

/** How the declaration of the old name becomes that of the new one; undefined where HEAD does not declare the old one. */
async function moveHint(
  context: RegistryContext,
  head: Oid,
  old: ArtifactName,
  wanted: ArtifactName,
): Promise<string | undefined> {
  const { repository } = context;
  const declaration = await findDeclaration(repository.objects, head, old);
  if (declaration === undefined) return undefined;
  const commit = shellLine('git', 'commit', '-m', `Rename ${old} to ${wanted}`);
  const link = linkPathOf(wanted);
  if (declaration.kind === 'link' && link === undefined)
    return `no link file declares a name with '/'; did you mean ${shellLine('reg', 'rename', old, wanted.replaceAll('/', ':'))}?`;
  if (declaration.kind !== 'link' || link === undefined)
    return rewriteHint(declaration.file, old, wanted, commit);
  const folder = await context.folder();
  const here = (path: string): string => posix.relative(`/${folder}`, `/${path}`);
  const parent = posix.dirname(link);
  const isThere = parent === '.' || (await repository.objects.entry(head, parent)) !== undefined;
  const make = isThere ? '' : `${shellLine('mkdir', '-p', here(parent))} && `;
  const move = shellLine('git', 'mv', here(declaration.file), here(link));
  const where = (await context.workTree()) === undefined ? 'in a clone, ' : '';
  return `${where}move its link first: ${make}${move} && ${commit}`;
}
