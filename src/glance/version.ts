import type { ArtifactName, StageName } from '../domain/names.js';
import { confirms } from '../domain/outline.js';
import type { VersionId } from '../domain/state.js';
import { filesAtOnce } from '../git/files/repository-files.js';
import { saidIn } from '../git/tag-claim.js';
import { versionByNames } from '../registry/by-names.js';

/**
 * The current version in a stage, or without a stage the latest version, of an artifact of the repository that a folder is in: where
 * its files are plain, and names with an object or two tell it. Otherwise undefined, and the question is to be asked in full: of what
 * is not there, of what is unusual, and of what is wrong.
 * @throws Error where something is broken
 */
export function versionAtAGlance(
  folder: string,
  env: NodeJS.ProcessEnv,
  artifact: ArtifactName,
  stage: StageName | undefined,
): VersionId | undefined {
  const files = filesAtOnce(folder, env);
  const listing = files.listPeeledArtifact(artifact);
  const told = listing && versionByNames(listing, artifact, stage);
  const objects = told && files.readObjects(told.witnesses.map(({ tag }) => listing.oid(tag)));
  const isConfirmed = told?.witnesses.every((witness, index) => {
    const object = objects?.[index];
    return object?.type === 'tag' && confirms(witness, saidIn(object.bytes));
  });
  return isConfirmed ? told?.version : undefined;
}
