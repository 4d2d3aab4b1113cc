import { setTimeout as sleep } from 'node:timers/promises';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import type { Plan, Snapshot } from '../domain/plan.js';
import { RegError } from '../errors.js';
import type { Identity, RemoteListing, Rest } from '../git/port.js';
import { type Applied, applyDeletes, applyTags, type Writer } from './apply.js';
import { catchUp, fetchedNote, lackingNote } from './catch-up.js';
import type { RegistryContext } from './context.js';
import { refuseUndeclared } from './declaration.js';
import { type PolicyGuard, policyGuard } from './policy/guard.js';
import { type Reach, reachOf } from './reach.js';
import type { WriteRow } from './rows.js';
import { takeSnapshot } from './snapshot.js';
import type { WriteOptions } from './write-options.js';
import { eventRow, plannedRow } from './write-row.js';

/** What a write did. */
export interface Written {
  rows: WriteRow[];
  /** What else there is to say, such as why there was nothing to do. */
  note: string | undefined;
}

const ATTEMPTS = 50;
/** Milliseconds after which nothing is tried again. */
const PATIENCE = 30_000;
/** How often git may say the same before it is taken for final: other writers make it say different things. */
const STUCK = 10;
/** What to wait for before another attempt, in milliseconds: any time up to that, so that writers come apart. */
const longestPause = (attempt: number): number => Math.min(1000, 20 * 4 ** attempt);

/** What is to be written, and by whom: the same in every attempt. */
interface Errand {
  artifact: ArtifactName;
  decide: (snapshot: Snapshot) => Plan;
  options: WriteOptions;
  reach: Reach;
  identity: Identity;
  sign: boolean;
  guard: PolicyGuard;
  /** Commits that were found to declare the artifact. */
  declaring: Set<Oid>;
}

/**
 * Reads, decides, and does what was decided. When another writer was faster, it starts again from the reading: what is
 * asked may be refused now, or get the next number.
 * @throws RegError what `decide` refuses, POLICY, SIGNING_FAILED, NO_IDENTITY, CONFIRMATION_NEEDED, BUSY when it lost every
 * time, BEHIND_REMOTE, REMOTE_FAILED, REMOTE_REFUSED
 */
export async function write(
  context: RegistryContext,
  artifact: ArtifactName,
  decide: (snapshot: Snapshot) => Plan,
  options: WriteOptions,
): Promise<Written> {
  const reach = await reachOf(context, options);
  const guard = policyGuard(context, reach);
  const { repository, signal } = context;
  const [identity, sign] = await Promise.all([repository.identity(), options.sign ?? repository.signsTags()]);
  const errand = { artifact, decide, options, reach, identity, sign, guard, declaring: new Set<Oid>() };
  const start = context.now();
  const notes = new Set<string>();
  let failure = '';
  let stuck = 0;
  let listed: RemoteListing | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const rest = restAfter(attempt, signal);
    const done = await tryOnce(context, errand, rest, listed);
    for (const note of done.notes) if (note !== undefined) notes.add(note);
    if ('rows' in done) return { rows: done.rows, note: [...notes].join('\n') || undefined };
    stuck = done.failure === failure && !done.isRace ? stuck + 1 : 0;
    failure = done.failure;
    if (attempt === ATTEMPTS || stuck === STUCK || context.now() - start > PATIENCE)
      throw gaveUp(artifact, attempt, failure);
    listed = done.listing;
    // a push that was lost has rested before it asked what the remote has now
    if (listed === undefined) await rest();
  }
}

/** An interruption is noticed by what comes next. */
const restAfter =
  (attempt: number, signal: AbortSignal | undefined): Rest =>
  () =>
    sleep(Math.random() * longestPause(attempt), undefined, { signal }).catch(() => {});

const gaveUp = (artifact: ArtifactName, attempts: number, failure: string): RegError =>
  new RegError(
    'BUSY',
    `the tags of ${artifact} could not be written, tried ${attempts} times: ${failure}`,
    'nothing was written; unless other writers are at work, what git says has to be mended first',
  );

async function tryOnce(
  context: RegistryContext,
  errand: Errand,
  rest: Rest,
  listed: RemoteListing | undefined,
): Promise<Applied & { notes: (string | undefined)[] }> {
  const { artifact, decide, options, reach, guard } = errand;
  const writer = await prepare(context, errand, rest, listed);
  const { remote, view } = writer;
  // there is a note where there is a remote that was not asked
  const mayLack = reach.note !== undefined;
  const snapshot: Snapshot = { ...(await takeSnapshot(context, artifact, writer)), mayLack };
  const plan = decide(snapshot);
  if (!options.unlinked) await refuseUndeclaredCommits(context, errand, plan);
  await guard.refusePlan(plan, snapshot.artifact, writer);
  const { tags, deletes = [], note } = plan;
  const notes = [reach.note, await guard.note(), view && fetchedNote(view, remote), note];
  if (options.dryRun) return { rows: [...tags.map(plannedRow), ...deletes.map(eventRow)], notes };
  const done =
    deletes.length > 0
      ? await applyDeletes(context.repository, deletes, writer, options)
      : await applyTags(context.repository, plan, writer, (oids) =>
          guard.refuseSignatures(oids, plan, snapshot.artifact, writer),
        );
  if (!('rows' in done)) return { ...done, notes: notes.slice(0, 3) };
  const written = done.rows.map((row) => row.tag);
  const lacking = writer.push && view && lackingNote(snapshot.artifact, view, written, remote);
  return { ...done, notes: [...notes, lacking || undefined] };
}

/**
 * What comes before the reading. The turn is taken here: whatever another writer does after that makes this write fail,
 * and start again.
 */
async function prepare(
  { repository }: RegistryContext,
  { artifact, identity, sign, reach: { asks, push, remote } }: Errand,
  rest: Rest,
  listed: RemoteListing | undefined,
): Promise<Writer> {
  const view = asks
    ? await catchUp(repository, artifact, remote, listed).catch(hintAtOffline(push))
    : undefined;
  const turn = push && view ? view.turn : await repository.takeTurn(artifact);
  return { identity, sign, turn, push, remote, view, rest };
}

const hintAtOffline = (push: boolean) => (error: unknown) => {
  if (push || !(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
  const hint = 'nothing was written; --offline decides on the tags that are here, which may be too few';
  throw new RegError(error.code, error.message, hint);
};

/** Looks at the commits that a plan brings into the registry, by registering them or by assigning them as they are. */
async function refuseUndeclaredCommits(
  context: RegistryContext,
  { artifact, declaring }: Errand,
  { tags }: Plan,
): Promise<void> {
  for (const { event, of, commit } of tags) {
    const isNew = event.kind === 'registration' || (event.kind === 'assignment' && of === commit);
    if (!isNew || declaring.has(commit)) continue;
    await refuseUndeclared(context, artifact, commit);
    declaring.add(commit);
  }
}
