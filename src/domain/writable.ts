import { RegError } from '../errors.js';
import { type ArtifactState, stagesUsed } from './artifact.js';
import { type ArtifactName, artifactNameForTag, type StageName } from './names.js';
import type { Snapshot } from './plan.js';
import { refFormatProblem, tagRef } from './refs.js';
import { didYouMean } from './suggest.js';
import { FIRST_VERSION } from './version.js';

/**
 * Refuses an artifact name that git would not accept in a ref. Such a name may be read, but not written
 * (docs/specification.md, 1 Tags).
 * @throws RegError INVALID_NAME
 */
export function refuseUnwritableName(artifact: ArtifactName): void {
  refuseUnwritableTag(`${artifactNameForTag(artifact)}@${FIRST_VERSION}`, artifact);
}

/**
 * Refuses a tag name that git would not accept in a ref.
 * @throws RegError INVALID_NAME
 */
export function refuseUnwritableTag(tagName: string, artifact: ArtifactName): void {
  const problem = refFormatProblem(tagRef(tagName));
  if (problem === undefined) return;
  throw new RegError(
    'INVALID_NAME',
    `'${tagName}' cannot be a tag of ${artifact}: ${problem}`,
    'choose another name',
  );
}

/**
 * Refuses a new artifact whose name differs from another one by letter case alone.
 * @throws RegError NAME_CASE
 */
export function refuseOtherCase({
  artifact,
  tagNames,
  otherArtifacts,
}: Pick<Snapshot, 'tagNames' | 'otherArtifacts'> & { artifact: Pick<ArtifactState, 'name'> }): void {
  if (tagNames.size > 0) return;
  const lower = artifact.name.toLowerCase();
  const other = otherArtifacts.find((name) => name !== artifact.name && name.toLowerCase() === lower);
  if (other === undefined) return;
  throw new RegError(
    'NAME_CASE',
    `'${artifact.name}' differs from the artifact '${other}' by letter case alone`,
    `use '${other}', or a name that no file system can confuse with it`,
  );
}

/**
 * Refuses a stage that may be read but not written, or that the configuration does not list.
 * @throws RegError INVALID_STAGE, UNKNOWN_STAGE
 */
export function refuseUnwritableStage(stage: StageName, { stages }: Pick<Snapshot, 'stages'>): void {
  if (stage.includes('/'))
    throw new RegError(
      'INVALID_STAGE',
      `a stage has no '/': '${stage}'`,
      `write ${stage.replaceAll('/', '-')} instead`,
    );
  if (stages === undefined || stages.includes(stage)) return;
  throw new RegError(
    'UNKNOWN_STAGE',
    `'${stage}' is not among the stages that the configuration allows`,
    didYouMean(stage, stages, 'add it to stages: in .reg.yaml'),
  );
}

/**
 * Refuses a new stage of an artifact that differs from another one by letter case alone, unless the configuration lists the
 * stages.
 * @throws RegError NAME_CASE
 */
export function refuseStageInOtherCase(
  stage: StageName,
  { artifact, stages }: Pick<Snapshot, 'artifact' | 'stages'>,
): void {
  if (stages !== undefined) return;
  const used = stagesUsed(artifact);
  const other = used.find((name) => name.toLowerCase() === stage.toLowerCase());
  if (other === undefined || used.includes(stage)) return;
  throw new RegError(
    'NAME_CASE',
    `'${stage}' differs from the stage '${other}' of ${artifact.name} by letter case alone`,
    `use '${other}', or list both as stages: in .reg.yaml`,
  );
}
