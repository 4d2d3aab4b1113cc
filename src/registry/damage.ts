import type { ArtifactName } from '../domain/names.js';
import { tagRef } from '../domain/refs.js';
import { RegError } from '../errors.js';
import { isBrokenRef, type TagRef } from '../git/port.js';
import { short } from '../util/oid.js';
import { shellLine } from '../util/shell.js';
import { isClone, type RegistryContext } from './context.js';

// Missing is not absent (docs/specification.md, 1 Tags): where the object of an event cannot be read, its artifact is damaged, and no
// answer is given that the object could change.

/** What is wrong with a tag whose object cannot be read. */
export const damageOf = ({ name, oid }: TagRef): string =>
  isBrokenRef({ oid })
    ? `the file of its ref ${tagRef(name)} holds no object id`
    : `object ${short(oid)} of ${tagRef(name)} is missing or corrupt`;

/** The error for an artifact with a tag whose object cannot be read. */
export async function damaged(
  context: RegistryContext,
  artifact: ArtifactName,
  tag: TagRef,
): Promise<RegError> {
  return new RegError('DAMAGED', `${artifact} is damaged: ${damageOf(tag)}`, await restoring(context, tag));
}

/** How to get back the object of a tag. */
async function restoring(context: RegistryContext, { name }: TagRef): Promise<string> {
  const { address } = context.repository;
  if (address !== undefined) return `restore it at ${address}: git fsck there names what is damaged`;
  if (await isClone(context)) return 'restore it from the remote with: reg sync';
  const there = shellLine('git', 'remote', 'add', 'origin');
  return `restore ${tagRef(name)} from another clone: ${there} PATH-OR-URL && reg sync`;
}
