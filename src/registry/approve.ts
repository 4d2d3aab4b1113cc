import { encodeWho, formatApprovalName } from '../domain/approval.js';
import { artifactStateOf, type VersionState } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import { findNamed, unknownArtifact, versionLabel } from '../domain/find.js';
import { type ArtifactName, stageName } from '../domain/names.js';
import { tagRef } from '../domain/refs.js';
import { joinMessage } from '../domain/trailers.js';
import { refuseUnwritableStage, refuseUnwritableTag } from '../domain/writable.js';
import { RegError } from '../errors.js';
import { requireRemote, requireWriter } from '../git/port.js';
import { shellLine } from '../util/shell.js';
import { versionTarget } from './actions.js';
import { creation, push, pushFailed, tagObject } from './apply.js';
import { catchUp } from './catch-up.js';
import type { RegistryContext } from './context.js';
import { refuseFork } from './forks.js';
import { hintAtSwapped } from './meant.js';
import { readAllTags, wholeEventsIn } from './read.js';
import { pushWords } from './remote.js';
import type { ApprovalRow } from './rows.js';
import type { WriteOptions } from './write.js';
import { type WriteTarget, whereItPushes, writeTargetOf } from './write-target.js';

/** How to approve. */
export interface ApproveOptions extends Omit<WriteOptions, 'unlinked' | 'confirm'> {
  version?: string | undefined;
}

/** What came of an approval. */
export interface Approved {
  row: ApprovalRow;
  /** What else there is to say, such as that it was there already. */
  note: string | undefined;
}

/**
 * Approves of a version for a stage, under the identity of git. An approval is an annotated tag and not an event: it changes no
 * state, and only the policy of a stage may ask for it.
 * @throws RegError UNKNOWN_ARTIFACT, UNKNOWN_VERSION, DEREGISTERED, UNKNOWN_STAGE, COMMIT_TAKEN, SIGNING_FAILED, REMOTE_REFUSED
 */
export async function approve(
  registry: RegistryContext,
  target: string,
  stage: string,
  options: ApproveOptions,
): Promise<Approved> {
  const { artifact, id } = await versionTarget(registry, target, options.version);
  const wanted = stageName(stage);
  refuseUnwritableStage(wanted, await registry.config());
  const destination = await writeTargetOf(registry, options);
  const context = destination.push ? whereItPushes(registry) : registry;
  const { repository } = context;
  const { identity, sign, asks, push: isPushed, remote } = destination;
  const version = await findApprovable(context, artifact, id, destination).catch(
    hintAtSwapped(context, target, stage, 'approve', stage, target),
  );
  const { commit } = version;
  const tagName = formatApprovalName({
    artifact,
    version: version.id,
    stage: wanted,
    who: encodeWho(identity.email),
  });
  refuseUnwritableTag(tagName, artifact);
  const about = { tag: tagName, artifact, version: version.id, stage: wanted, commit, email: identity.email };
  const there = asks ? await findOwn(context, tagName, commit, remote) : undefined;
  if (there !== undefined) return { row: { ...about, oid: there, pushed: true }, note: ALREADY };
  const here = repository.address === undefined ? await findOwn(context, tagName, commit, '.') : undefined;
  if (here !== undefined && !isPushed) return { row: { ...about, oid: here, pushed: false }, note: ALREADY };
  if (options.dryRun) return { row: { ...about, oid: null, pushed: false }, note: undefined };
  const subject = `Approve ${artifact} ${versionLabel(version.id)} for ${wanted}`;
  const message = joinMessage(options.message?.trim() || subject, []);
  const object = tagObject({ tagName, commit, date: identity.now, message }, identity);
  const oid = here ?? (await requireWriter(repository).store(object, sign));
  await create(context, about, oid, destination);
  return { row: { ...about, oid, pushed: isPushed }, note: countsFor(identity.email) };
}

const ALREADY = 'you approved of it already';

/** People do not approve of what they assign themselves. */
const countsFor = (email: string): string => `it counts where someone other than ${email} assigns`;

async function findApprovable(
  context: RegistryContext,
  name: ArtifactName,
  id: string | undefined,
  { asks, push, remote }: WriteTarget,
): Promise<VersionState> {
  const { repository } = context;
  const view = asks ? await catchUp(repository, name, remote) : undefined;
  if (view?.tags.length === 0) {
    const here = [...(await repository.tags.list(name)).refs].map((ref) => ref.name);
    const note = await refuseFork(context, name, { remote, push }, new Set(here));
    if (note !== undefined) context.note(note);
  }
  const readings = view?.readings ?? (await readAllTags(repository.tags, name));
  const artifact = artifactStateOf(name, (await wholeEventsIn(context, readings, name)).events);
  if (artifact.events.length === 0) throw unknownArtifact(name, [], !asks);
  const version = findNamed(artifact, id === undefined ? { kind: 'latest' } : { kind: 'version', id });
  const { tag } = version.event;
  if (push && version.registered && !view?.tags.some((one) => one.name === tag))
    throw new RegError(
      'UNKNOWN_VERSION',
      `${name} ${version.id} is registered here, and not at ${remote}`,
      `push its registration first: ${shellLine('git', ...(await pushWords(repository, remote)), remote, tagRef(tag))}`,
    );
  if (version.active) return version;
  throw new RegError(
    'DEREGISTERED',
    `${name} ${version.id} is not registered any more`,
    'approve of another version',
  );
}

/** The approval of the same person at a remote, or with `.` here, if it is there. */
async function findOwn(
  { repository }: RegistryContext,
  tagName: string,
  commit: string,
  remote: string,
): Promise<string | undefined> {
  const refName = tagRef(tagName);
  const oid = (await requireRemote(repository, remote).listRefs([refName])).get(refName);
  if (oid === undefined) return undefined;
  if (remote !== '.' && repository.address === undefined)
    await requireRemote(repository, remote).fetch([{ name: tagName, oid, peeled: undefined }]);
  const [reading] = await repository.tags.read([{ name: tagName, oid }]);
  if (reading !== undefined && 'tag' in reading && reading.tag.commit === commit) return oid;
  throw new RegError(
    'COMMIT_TAKEN',
    `your approval ${tagName} is of another commit than the version is now`,
    `approve of a version with a number of its own, or delete it where that is allowed: ${shellLine('git', ...(remote === '.' ? ['update-ref', '-d'] : ['push', '--delete', remote]), refName)}`,
  );
}

/**
 * Creates the tag, at the remote first when it is to be pushed.
 * @throws RegError BUSY, GIT_FAILED, and those of a push
 */
async function create(
  context: RegistryContext,
  { artifact, tag, commit }: Pick<ApprovalRow, 'artifact' | 'tag' | 'commit'>,
  oid: Oid,
  { push: isPushed, remote }: WriteTarget,
): Promise<void> {
  const { repository } = context;
  const refs = [creation(tag, oid)];
  if (isPushed) {
    const one = { repository, remote, artifacts: [artifact], refs };
    const outcome = await push(one);
    if (outcome.kind === 'lost') {
      if ((await findOwn(context, tag, commit, remote)) !== oid)
        throw new RegError('BUSY', `${tag} was not pushed: ${outcome.reason}`, 'try again');
    } else if (outcome.kind !== 'done') throw pushFailed(outcome, one);
  }
  const outcome = await requireWriter(repository).change(refs);
  if (outcome.kind !== 'done')
    throw new RegError('GIT_FAILED', `git did not write ${tag}: ${outcome.reason}`, 'see: git tag');
}
