import { setTimeout as sleep } from 'node:timers/promises';
import type { Oid } from '../domain/event.js';
import type { ArtifactName, StageName } from '../domain/names.js';
import { messageOf, type Plan, type PlannedTag, type Snapshot } from '../domain/plan.js';
import { artifactStateOf, type VersionId } from '../domain/state.js';
import type { EventKind } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import type { Identity, NewRef, RegistryRepository } from '../git/port.js';
import { encodeTag } from '../git/tag-object.js';
import type { RegistryContext } from './context.js';
import { refuseUndeclared } from './declaration.js';
import { readArtifactNames, readEvents } from './read.js';

/** One tag that a write made, or would make: the `--json` of writes (SPEC §5). */
export interface WriteRow {
  tag: string;
  event: EventKind;
  artifact: ArtifactName;
  version: VersionId | null;
  stage: StageName | null;
  commit: string;
  /** Null in a dry run, where no tag object exists. */
  oid: string | null;
  pushed: boolean;
}

/** What a write did. */
export interface Written {
  rows: WriteRow[];
  /** Why there was nothing to do. */
  note: string | undefined;
}

/** Options that all writes share. */
export interface WriteOptions {
  message?: string | undefined;
  /** Decides and tells, and writes nothing. */
  dryRun?: boolean | undefined;
  /** Lets a commit be registered that does not declare the artifact. */
  unlinked?: boolean | undefined;
}

const ATTEMPTS = 20;

/**
 * Reads, decides, and does what was decided. When another writer was faster, it starts again from the reading: what is
 * asked may be refused now, or get the next number.
 * @throws RegError what `decide` refuses, NO_IDENTITY, TAG_EXISTS when it lost every time
 */
export async function write(
  context: RegistryContext,
  artifact: ArtifactName,
  decide: (snapshot: Snapshot) => Plan,
  { dryRun, unlinked }: WriteOptions,
): Promise<Written> {
  const { repository } = context;
  let reason = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const identity = await repository.identity();
    const plan = decide(await takeSnapshot(context, artifact, identity.now));
    if (!unlinked) for (const commit of newCommits(plan)) await refuseUndeclared(context, artifact, commit);
    if (dryRun || plan.tags.length === 0)
      return { rows: plan.tags.map((tag) => writeRow(tag, null)), note: plan.note };
    const refs = await writeObjects(repository, plan.tags, identity);
    const failure = await repository.createTags(
      refs,
      plan.tags.flatMap((tag) => tag.rivals),
    );
    if (failure === undefined)
      return {
        rows: plan.tags.map((tag, index) => writeRow(tag, refs[index]?.oid ?? null)),
        note: plan.note,
      };
    reason = failure;
    await sleep(Math.random() * 20 * attempt);
  }
  throw new RegError(
    'TAG_EXISTS',
    `git did not create the tags of ${artifact}: ${reason}`,
    'try again; nothing was written',
  );
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

/** Stores the tag objects in order, so that each can name the one before it; no ref leads to them yet. */
async function writeObjects(
  repository: RegistryRepository,
  tags: readonly PlannedTag[],
  { name, email, zone }: Identity,
): Promise<NewRef[]> {
  const refs: NewRef[] = [];
  for (const tag of tags) {
    const message = messageOf(tag, tag.parent === 'previous' ? refs.at(-1)?.oid : tag.parent);
    const { commit: object, tagName, date } = tag;
    const bytes = encodeTag({
      object,
      type: 'commit',
      tag: tagName,
      tagger: { name, email },
      date,
      zone,
      message,
    });
    refs.push({ tagName, oid: await repository.writeTagObject(bytes) });
  }
  return refs;
}

const writeRow = (tag: PlannedTag, oid: string | null): WriteRow => ({
  tag: tag.tagName,
  event: tag.event.kind,
  artifact: tag.event.artifact,
  version: tag.of ?? null,
  stage: 'stage' in tag.event ? tag.event.stage : null,
  commit: tag.commit,
  oid,
  pushed: false,
});
