import { setTimeout as sleep } from 'node:timers/promises';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import type { Plan, Snapshot } from '../domain/plan.js';
import { artifactStateOf } from '../domain/state.js';
import { RegError } from '../errors.js';
import { type Applied, applyDeletes, applyTags, type Writer } from './apply.js';
import type { RegistryContext } from './context.js';
import { refuseUndeclared } from './declaration.js';
import { readArtifactNames, readEvents } from './read.js';
import { alsoToPush, refuseBehindRemote } from './remote-check.js';
import type { WriteOptions } from './write-options.js';
import { eventRow, plannedRow, type WriteRow } from './write-row.js';

/** What a write did. */
export interface Written {
  rows: WriteRow[];
  /** Why there was nothing to do. */
  note: string | undefined;
}

const ATTEMPTS = 20;
/** How often git may say the same before it is taken for final: other writers make it say different things. */
const STUCK = 10;

/**
 * Reads, decides, and does what was decided. When another writer was faster, it starts again from the reading: what is
 * asked may be refused now, or get the next number.
 * @throws RegError what `decide` refuses, NO_IDENTITY, CONFIRMATION_NEEDED, TAG_EXISTS when it lost every time,
 * REMOTE_FAILED, REMOTE_REFUSED
 */
export async function write(
  context: RegistryContext,
  artifact: ArtifactName,
  decide: (snapshot: Snapshot) => Plan,
  options: WriteOptions,
): Promise<Written> {
  const { remote, push: always } = await context.config();
  const { push = always, dryRun } = options;
  const lacking = push && !dryRun ? await refuseBehindRemote(context, artifact, remote) : [];
  let failure = '';
  let stuck = 0;
  for (let attempt = 1; attempt <= ATTEMPTS && stuck < STUCK; attempt += 1) {
    const done = await tryOnce(context, artifact, decide, { ...options, push });
    if ('rows' in done) {
      const notes = [done.note, alsoToPush(lacking, done.rows, remote)].filter((note) => note !== undefined);
      return { rows: done.rows, note: notes.join('\n') || undefined };
    }
    stuck = done.failure === failure ? stuck + 1 : 0;
    failure = done.failure;
    await sleep(Math.random() * 20 * attempt);
  }
  throw new RegError(
    'TAG_EXISTS',
    `git did not write the tags of ${artifact}: ${failure}`,
    'nothing was written; unless another writer is at work, what git says has to be mended first',
  );
}

async function tryOnce(
  context: RegistryContext,
  artifact: ArtifactName,
  decide: (snapshot: Snapshot) => Plan,
  options: WriteOptions,
): Promise<Applied & { note?: string | undefined }> {
  const writer = await takeTurn(context, artifact);
  const plan = decide(await takeSnapshot(context, artifact, writer.identity.now));
  if (!options.unlinked)
    for (const commit of newCommits(plan)) await refuseUndeclared(context, artifact, commit);
  const { tags, deletes = [], note } = plan;
  if (options.dryRun) return { rows: [...tags.map(plannedRow), ...deletes.map(eventRow)], note };
  const done =
    deletes.length > 0
      ? await applyDeletes(context, deletes, writer, options)
      : await applyTags(context, plan, writer, options);
  return { ...done, note };
}

/** The turn is taken before anything is read: what comes after it makes the write fail, and start again. */
async function takeTurn({ repository }: RegistryContext, artifact: ArtifactName): Promise<Writer> {
  const [identity, turn] = await Promise.all([repository.identity(), repository.takeTurn(artifact)]);
  return { identity, turn };
}

/** The commits that a plan brings into the registry, by registering them or by assigning them as they are. */
const newCommits = ({ tags }: Plan): Oid[] =>
  tags
    .filter(
      ({ event, of, commit }) =>
        event.kind === 'registration' || (event.kind === 'assignment' && of === commit),
    )
    .map(({ commit }) => commit);

/** Everything that a decision about one artifact may depend on. */
async function takeSnapshot(
  context: RegistryContext,
  artifact: ArtifactName,
  now: number,
): Promise<Snapshot> {
  const { events, tagNames } = await readEvents(context.repository, artifact);
  const otherArtifacts = tagNames.size === 0 ? await readArtifactNames(context.repository) : [];
  const { stages } = await context.config();
  return { artifact: artifactStateOf(artifact, events), tagNames, otherArtifacts, stages, now };
}
