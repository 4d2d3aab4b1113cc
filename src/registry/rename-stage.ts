import { planRenameStage } from '../domain/actions.js';
import { type ArtifactName, type StageName, stageName } from '../domain/names.js';
import type { Snapshot } from '../domain/plan.js';
import { didYouMean } from '../domain/suggest.js';
import { parseTagName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import { requireRemote, type TagRef } from '../git/port.js';
import type { RegistryContext } from './context.js';
import { noteOfFork } from './forks.js';
import { type WriteOptions, type Written, writeTogether } from './write.js';
import { writeTargetOf } from './write-target.js';

/**
 * Renames a stage: assigns the current version of every artifact to the new one, and empties the old one. It is one plan for all
 * artifacts, which is carried out in one transaction and one push.
 * @throws RegError USAGE, UNKNOWN_STAGE, NOTHING_IN_STAGE, STAGE_TAKEN, and what a write throws
 */
export async function renameStage(
  context: RegistryContext,
  from: string,
  to: string,
  options: WriteOptions,
): Promise<Written> {
  const [old, wanted] = [stageName(from), stageName(to)];
  if (old === wanted)
    throw new RegError('USAGE', `the stage is called ${old} already`, 'give it another name');
  const parts = (await artifactsOf(context, old, options)).map((artifact) => ({
    artifact,
    decide: (snapshot: Snapshot) => planRenameStage(snapshot, old, wanted, options.message),
  }));
  // commits of the registry are not looked at again
  return writeTogether(context, parts, { ...options, asRegistered: true }, () => nothingIn(old));
}

const nothingIn = (stage: StageName): RegError =>
  new RegError(
    'NOTHING_IN_STAGE',
    `no version of any artifact is in stage ${stage}`,
    `see what is used, with: reg stages --used`,
  );

/**
 * The artifacts with a tag about a stage, here and at the remote that is asked.
 * @throws RegError UNKNOWN_STAGE
 */
async function artifactsOf(
  context: RegistryContext,
  stage: StageName,
  options: WriteOptions,
): Promise<ArtifactName[]> {
  const { repository } = context;
  const { asks, remote } = await writeTargetOf(context, options);
  const there: readonly TagRef[] =
    asks && repository.address === undefined ? await requireRemote(repository, remote).listTags() : [];
  const here = [...(await repository.tags.list('all')).refs];
  const fork = asks ? await noteOfFork(context, remote, () => there, here) : undefined;
  if (fork !== undefined) context.note(fork);
  const artifacts = new Set<ArtifactName>();
  const stages = new Set<StageName>();
  for (const { name } of [...here, ...there]) {
    const event = parseTagName(name);
    if (event === undefined || !('stage' in event)) continue;
    stages.add(event.stage);
    if (event.stage === stage) artifacts.add(event.artifact);
  }
  if (artifacts.size > 0) return [...artifacts].sort();
  throw new RegError(
    'UNKNOWN_STAGE',
    `no artifact was ever in stage ${stage}`,
    didYouMean(stage, [...stages].sort(), 'see what is used, with: reg stages'),
  );
}
