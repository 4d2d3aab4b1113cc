import { RegError } from '../../errors.js';
import { artifactNameForTag, type StageName } from '../names.js';
import type { Snapshot } from '../plan.js';
import { refFormatProblem } from '../ref-format.js';
import { didYouMean } from '../suggest.js';

/**
 * Refuses an artifact name that may be read but not written (SPEC §1): one that git would not take as a ref, and a new
 * one that differs from another artifact's by letter case alone.
 * @throws RegError INVALID_NAME, NAME_CASE
 */
export function refuseUnwritableName({ artifact, tagNames, otherArtifacts }: Snapshot): void {
  const problem = refFormatProblem(`refs/tags/${artifactNameForTag(artifact.name)}@v0.0.1`);
  if (problem)
    throw new RegError(
      'INVALID_NAME',
      `'${artifact.name}' cannot be a tag's name: ${problem}`,
      'choose another name',
    );
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
 * Refuses a stage that may be read but not written (SPEC §1), or that the configuration does not list.
 * @throws RegError INVALID_STAGE, UNKNOWN_STAGE
 */
export function refuseUnwritableStage(stage: StageName, { stages }: Snapshot): void {
  if (stage.includes('/'))
    throw new RegError(
      'INVALID_STAGE',
      `a stage has no '/': '${stage}'`,
      `write ${stage.replaceAll('/', '-')} instead`,
    );
  if (stages === undefined || stages.includes(stage)) return;
  throw new RegError(
    'UNKNOWN_STAGE',
    `'${stage}' is not among the stages that .reg.yaml allows`,
    didYouMean(stage, stages, 'add it to stages: in .reg.yaml'),
  );
}
