import { planRenameStage } from '../domain/actions.js';
import { type ArtifactName, type StageName, stageName } from '../domain/names.js';
import { didYouMean } from '../domain/suggest.js';
import { parseTagName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import { requireRemote, type TagRef } from '../git/port.js';
import { shellLine } from '../util/shell.js';
import type { RegistryContext } from './context.js';
import { noteOfFork } from './forks.js';
import { type WriteOptions, type Written, write } from './write.js';
import { writeTargetOf } from './write-target.js';

/**
 * Renames a stage: assigns the current version of every artifact to the new one, and empties the old one. The tags of all artifacts
 * are planned and judged before the first one is written. Each artifact is written in one transaction; where one of them fails, those
 * before it are done, and the same call goes on with the others.
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
  const move = (artifact: ArtifactName, dryRun: boolean): Promise<Written> =>
    write(context, artifact, (snapshot) => planRenameStage(snapshot, old, wanted, options.message), {
      ...options,
      dryRun,
      // commits of the registry are not looked at again
      unlinked: true,
    });
  const planned: [ArtifactName, Written][] = [];
  for (const artifact of await artifactsOf(context, old, options)) {
    const plan = await move(artifact, true);
    if (plan.rows.length > 0) planned.push([artifact, plan]);
  }
  if (planned.length === 0)
    throw new RegError(
      'NOTHING_IN_STAGE',
      `no version of any artifact is in stage ${old}`,
      `see what is used, with: reg stages --used`,
    );
  if (options.dryRun) return together(planned.map(([, plan]) => plan));
  const done: Written[] = [];
  for (const [artifact] of planned)
    done.push(await move(artifact, false).catch(sayingWhatIsDone(done, old, wanted)));
  return together(done);
}

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

const together = (all: readonly Written[]): Written => ({
  rows: all.flatMap(({ rows }) => rows),
  along: all.flatMap(({ along }) => along),
  note: [...new Set(all.flatMap(({ note }) => note?.split('\n') ?? []))].join('\n') || undefined,
});

const sayingWhatIsDone =
  (done: readonly Written[], from: StageName, to: StageName) =>
  (error: unknown): never => {
    const [first, ...others] = done.flatMap(({ rows }) => rows.map(({ tag }) => tag));
    if (!(error instanceof RegError) || first === undefined) throw error;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    throw new RegError(
      error.code,
      `${error.message}; ${first}${more} ${others.length === 0 ? 'is' : 'are'} written`,
      `${error.hint === undefined ? '' : `${error.hint}; `}the rest is done by: ${shellLine('reg', 'stages', 'rename', from, to)}`,
    );
  };
