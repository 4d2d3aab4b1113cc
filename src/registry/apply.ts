import { messageOf, type Plan, type PlannedTag } from '../domain/plan.js';
import type { ResolvedEvent } from '../domain/state.js';
import { RegError } from '../errors.js';
import type { Identity, NewRef, PushResult, RegistryRepository, Turn } from '../git/port.js';
import { encodeTag } from '../git/tag-object.js';
import { shellLine } from '../shell.js';
import type { RegistryContext } from './context.js';
import type { WriteOptions } from './write-options.js';
import { eventRow, plannedRow, type WriteRow } from './write-row.js';

/** Who writes, and the turn that was taken for it. */
export interface Writer {
  identity: Identity;
  turn: Turn;
}

/** What came of a plan; a failure may be another writer's doing and is worth another try. */
export type Applied = { rows: WriteRow[] } | { failure: string };

/** Creates the tags of a plan, at the remote first when they are to be pushed: no local tag that it has not got. */
export async function applyTags(
  context: RegistryContext,
  { tags, standing }: Plan,
  { identity, turn }: Writer,
  { push }: WriteOptions,
): Promise<Applied> {
  const { repository } = context;
  const { remote } = await context.config();
  const pushed = push === true;
  if (tags.length === 0)
    return { rows: standing && pushed ? [await pushStanding(repository, remote, standing)] : [] };
  const refs = await writeObjects(repository, tags, identity);
  if (pushed) requireTaken(await repository.pushTags(remote, refs), remote);
  const failure = pushed
    ? await createPushed(repository, refs, turn)
    : await repository.createTags(refs, turn);
  if (failure !== undefined && pushed) throw onlyAtRemote(remote, refs, failure);
  if (failure !== undefined) return { failure };
  return { rows: tags.map((tag, index) => ({ ...plannedRow(tag), oid: refs[index]?.oid ?? null, pushed })) };
}

/** What is so here already need not be so at the remote: that tag is sent, and no new one is made. */
async function pushStanding(
  repository: RegistryRepository,
  remote: string,
  event: ResolvedEvent,
): Promise<WriteRow> {
  requireTaken(await repository.pushTags(remote, [{ tagName: event.tag, oid: event.tagOid }]), remote);
  return { ...eventRow(event), pushed: true };
}

/** What a remote has taken is written here whoever's turn it is. */
async function createPushed(
  repository: RegistryRepository,
  refs: readonly NewRef[],
  { artifact }: Turn,
): Promise<string | undefined> {
  let failure: string | undefined;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    failure = await repository.createTags(refs, await repository.takeTurn(artifact));
    if (failure === undefined) return undefined;
  }
  return failure;
}

/** After a push nothing may be tried again: the remote has the tags, and they count. */
function onlyAtRemote(remote: string, refs: readonly NewRef[], failure: string): RegError {
  const names = refs.map(({ tagName }) => tagName);
  return new RegError(
    'GIT_FAILED',
    `${remote} has ${names.join(' and ')}, but git did not write ${names.length === 1 ? 'it' : 'them'} here: ${failure}`,
    `get what is missing: git fetch ${remote} --tags`,
  );
}

/** Deletes the tags of events, after somebody agreed. */
export async function applyDeletes(
  context: RegistryContext,
  events: readonly ResolvedEvent[],
  { turn }: Writer,
  { confirm, push }: WriteOptions,
): Promise<Applied> {
  const { repository } = context;
  const { remote } = await context.config();
  const pushed = push === true;
  const rows = events.map((event) => ({ ...eventRow(event), pushed }));
  if (!(await confirm?.(rows)))
    throw new RegError(
      'CONFIRMATION_NEEDED',
      `nothing was deleted; --delete would remove ${rows.map((row) => row.tag).join(', ')}`,
      'history that is deleted cannot be asked about any more; add --yes if that is what you want',
    );
  const refs = events.map((event) => ({ tagName: event.tag, oid: event.tagOid }));
  if (pushed) requireTaken(await repository.deleteRemoteTags(remote, refs), remote);
  const failure = await repository.deleteTags(refs, turn);
  return failure === undefined ? { rows } : { failure };
}

function requireTaken(result: PushResult, remote: string): void {
  switch (result.outcome) {
    case 'done':
      return;
    case 'taken':
      throw new RegError(
        'TAG_EXISTS',
        `${remote} already has another tag ${result.tagName}`,
        `nothing was written; get it with: ${shellLine('git', 'fetch', '--no-tags', remote, `refs/tags/${result.tagName}:refs/tags/${result.tagName}`)}`,
      );
    default:
      throw new RegError(
        'REMOTE_REFUSED',
        `${remote} refused the push: ${result.reason}`,
        'nothing was written; the server decides who may push which tags',
      );
  }
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
