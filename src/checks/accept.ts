import {
  ACCEPTANCES,
  type Acceptance,
  acceptanceMessage,
  isUseless,
  nextAcceptanceName,
  type Rewritten,
  stagesThatAsk,
  stagesWithout,
} from '../domain/acceptance.js';
import type { Break } from '../domain/chain.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import type { Policy } from '../domain/policy.js';
import { tagNameOf, tagRef, turnRef } from '../domain/refs.js';
import type { Signature } from '../domain/signature.js';
import { parseTagName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import { type RefChange, requireRemote, requireWriter, type TagRef } from '../git/port.js';
import { readAcceptances, signaturesOf } from '../registry/acceptances.js';
import { creation, push, pushFailed, tagObject, WRITE_RETRY } from '../registry/apply.js';
import { compareTags, differs, listBothSides } from '../registry/catch-up.js';
import { isClone, type RegistryContext } from '../registry/context.js';
import type { Rules } from '../registry/policy.js';
import { pushWords } from '../registry/remote.js';
import type { AcceptanceRow } from '../registry/rows.js';
import type { WriteOptions } from '../registry/write.js';
import { type WriteTarget, whereItPushes, writeTargetOf } from '../registry/write-target.js';
import { attempts } from '../util/async.js';
import { shellLine } from '../util/shell.js';
import { type Chains, surveyChains } from './verify.js';

/** How to accept. */
export type AcceptOptions = Pick<WriteOptions, 'message' | 'push' | 'offline' | 'sign' | 'dryRun'>;

/** What came of an acceptance. */
export interface AcceptedAs {
  /** One row for each artifact. */
  rows: AcceptanceRow[];
  /** What else there is to say, such as who has to accept too. */
  note: string | undefined;
}

/** What is accepted of one artifact, all of it in one tag. */
interface Part {
  artifact: ArtifactName;
  rewritten: Rewritten[];
  commit: Oid;
}

/**
 * Accepts that tags are gone which events name as the ones before them, under the identity of git: history was rewritten on purpose. An
 * acceptance is an annotated tag and not an event. It holds for exactly what stands there now: a later loss is found again.
 * @param target an artifact, or a part of one; by default all of them
 * @param gone the tag objects, or the beginnings of their ids
 * @throws RegError USAGE without a message, UNKNOWN_REV for what is not gone, AMBIGUOUS, POLICY where the policy would not count it, SIGNING_FAILED,
 * REMOTE_FAILED, REMOTE_REFUSED, BUSY
 */
export async function accept(
  registry: RegistryContext,
  target: string | undefined,
  gone: readonly string[],
  options: AcceptOptions,
): Promise<AcceptedAs> {
  const why = options.message?.trim();
  if (!why) throw new RegError('USAGE', 'why is it accepted?', 'say so with -m');
  if (options.offline && (await isClone(registry)))
    throw new RegError(
      'USAGE',
      'tags that are gone here may still be at the remote, which --offline does not ask',
      'leave out --offline',
    );
  const destination = await writeTargetOf(registry, options);
  const context = destination.push ? whereItPushes(registry) : registry;
  const { chains, rules } = await surveyChains(context, target, options);
  const found = [...new Set(gone.flatMap((text) => breaksNamed(text, chains)))];
  const parts = partsOf(found);
  if (parts.length === 0) return standing(gone, chains, rules);
  await refuseBehind(context, parts, destination);
  const others = await refuseUnfit(context, parts, destination, await rules());
  const note = noteOf(destination.note, others);
  const { identity, sign } = destination;
  for await (const _ of attempts(WRITE_RETRY, context)) {
    const taken = await namesTaken(context, destination);
    const planned = parts.map((part) => ({ ...part, tag: nextAcceptanceName(part.artifact, taken) }));
    const rowOf = (
      { tag, artifact, rewritten }: (typeof planned)[number],
      oid: Oid | null,
    ): AcceptanceRow => ({
      tag,
      artifact,
      gone: rewritten.map(({ parent }) => parent),
      email: identity.email,
      message: why,
      oid,
      pushed: oid !== null && destination.push,
    });
    if (options.dryRun) return { rows: planned.map((one) => rowOf(one, null)), note };
    const rows: AcceptanceRow[] = [];
    for (const one of planned) {
      const message = acceptanceMessage(why, one.rewritten);
      const object = tagObject(
        { tagName: one.tag, commit: one.commit, date: identity.now, message },
        identity,
      );
      rows.push(rowOf(one, await requireWriter(context.repository).store(object, sign)));
    }
    if (sign) await refuseSignatures(context, rows, destination, await rules());
    const refs = rows.map(({ tag, oid }) => creation(tag, oid ?? undefined));
    if (await create(context, { artifacts: parts.map(({ artifact }) => artifact), refs }, destination))
      return { rows, note: noteOf(note, await turnsNote(context, parts, destination)) };
  }
  throw new RegError('BUSY', 'the acceptance could not be written: other writers were faster', 'try again');
}

/** The answer where all of it is accepted already: those acceptances. */
async function standing(
  gone: readonly string[],
  { accepted }: Chains,
  rules: () => Promise<Rules>,
): Promise<AcceptedAs> {
  const named = accepted.filter(({ parent }) => gone.some((text) => parent.startsWith(text.toLowerCase())));
  const { source } = await rules();
  const rows = [...new Set(named.flatMap(({ by }) => by))].map(
    ({ tag, artifact, rewritten, tagger, message, tagOid }): AcceptanceRow => ({
      tag,
      artifact,
      gone: rewritten.map(({ parent }) => parent),
      email: tagger.email,
      message,
      oid: tagOid,
      pushed: source.kind === 'remote',
    }),
  );
  return { rows, note: 'it is accepted already' };
}

/** The breaks that a text means; none where they are accepted already. */
function breaksNamed(text: string, { breaks, accepted }: Chains): Break[] {
  const wanted = text.toLowerCase();
  if (!/^[0-9a-f]{7,}$/.test(wanted))
    throw new RegError(
      'USAGE',
      `'${text}' is not an object id of at least 7 digits`,
      'see what is gone, with: reg verify --json=tag,gone',
    );
  const found = breaks.filter(({ rewritten }) => rewritten?.parent.startsWith(wanted));
  const [first, ...others] = new Set(found.map(({ rewritten }) => rewritten?.parent));
  if (first === undefined && accepted.some(({ parent }) => parent.startsWith(wanted))) return [];
  if (first === undefined)
    throw new RegError(
      'UNKNOWN_REV',
      `no event names ${text} as the one before it, or nothing is broken there`,
      'see what is gone, with: reg verify --json=tag,gone',
    );
  if (others.length > 0)
    throw new RegError(
      'AMBIGUOUS',
      `${text} may be ${[first, ...others].join(' or ')}`,
      'write more of its digits',
    );
  return found;
}

/** Readers take a tag of at most 1 MiB. */
const MOST_PLACES = 5000;

function partsOf(breaks: readonly Break[]): Part[] {
  const parts = new Map<ArtifactName, Part>();
  for (const { event, rewritten } of breaks) {
    if (rewritten === undefined) continue;
    const { artifact, commit } = event;
    const before = parts.get(artifact)?.rewritten ?? [];
    parts.set(artifact, { artifact, commit, rewritten: [...before, rewritten] });
  }
  for (const { artifact, rewritten } of parts.values())
    if (rewritten.length > MOST_PLACES)
      throw new RegError(
        'USAGE',
        `${rewritten.length} gaps of ${artifact} are too many for one tag`,
        `accept at most ${MOST_PLACES} at a time`,
      );
  return [...parts.values()];
}

/**
 * Refuses where the remote has tags of the artifacts that are not here: what it still has is not gone, and a later loss of it would be
 * hidden.
 * @throws RegError BEHIND_REMOTE
 */
async function refuseBehind(
  { repository }: RegistryContext,
  parts: readonly Part[],
  { asks, remote }: WriteTarget,
): Promise<void> {
  if (!asks || repository.address !== undefined) return;
  const { here, there, damaged } = await listBothSides(repository, remote);
  const { wanted, differing } = compareTags(here, there, damaged);
  for (const { artifact } of parts) {
    const isOwn = ({ name }: TagRef): boolean => parseTagName(name)?.artifact === artifact;
    const others = differing.filter(isOwn);
    if (others.length > 0) throw differs(remote, artifact, others);
    const [first] = wanted.map(({ tag }) => tag).filter(isOwn);
    if (first !== undefined)
      throw new RegError(
        'BEHIND_REMOTE',
        `${remote} has ${first.name}, which is not here`,
        'get it first: reg sync',
      );
  }
}

/**
 * Refuses an acceptance that the policy would never count.
 * @returns the note that others have to accept too
 * @throws RegError POLICY
 */
async function refuseUnfit(
  context: RegistryContext,
  parts: readonly Part[],
  { identity, sign }: WriteTarget,
  { policy, source, signers }: Rules,
): Promise<string | undefined> {
  const { email } = identity;
  const mine = { tagger: identity, tagOid: 'mine' };
  const signed = new Map([[mine.tagOid, 'coming' as const]]);
  if (isUseless(policy, mine, sign ? signed : new Map()))
    throw unfit(
      email,
      policy,
      isUseless(policy, mine, signed)
        ? 'ask one of those who may change them'
        : 'sign it: add --sign, or git config tag.gpgSign true',
    );
  const names = parts.map(({ artifact }) => artifact);
  const others = await readAcceptances(context.repository, names, source);
  const signatures = new Map<Oid, Signature | 'coming'>([
    ...(await signaturesOf(context.repository, others, { policy, signers })),
    ...(sign ? signed : []),
  ]);
  const left = parts.flatMap(({ rewritten }) =>
    rewritten.flatMap((one) =>
      stagesWithout(policy, [mine, ...others.filter((other) => isOf(other, one))], signatures),
    ),
  );
  if (left.length === 0) return undefined;
  return `it counts once someone accepts the same who may change ${[...new Set(left)].join(' and ')}`;
}

const isOf = ({ rewritten }: Acceptance, { event, parent, now }: Rewritten): boolean =>
  rewritten.some((one) => one.event === event && one.parent === parent && one.now === now);

const unfit = (email: string, policy: Policy, hint: string): RegError =>
  new RegError(
    'POLICY',
    `an acceptance by ${email} would not count: the policy says who may change ${stagesThatAsk(policy).join(' and ')}`,
    hint,
  );

/** Refuses tags that are signed with a key that does not count. */
async function refuseSignatures(
  { repository }: RegistryContext,
  rows: readonly AcceptanceRow[],
  { identity }: WriteTarget,
  { policy, signers }: Rules,
): Promise<void> {
  const stored = rows.flatMap(({ oid }) => (oid === null ? [] : { tagOid: oid, signed: true }));
  const signatures = await signaturesOf(repository, stored, { policy, signers });
  for (const { tagOid } of stored)
    if (isUseless(policy, { tagger: identity, tagOid }, signatures))
      throw unfit(
        identity.email,
        policy,
        `sign it with a key that the signers have for that address; this one is ${signatures.get(tagOid)?.key ?? 'not known'}`,
      );
}

const noteOf = (...notes: readonly (string | undefined)[]): string | undefined =>
  notes.filter((one) => one !== undefined).join('\n') || undefined;

/**
 * What there is to say where a remote keeps the old history by the refs that hold the last tag of each writer: a secret that was removed
 * can be fetched there.
 */
async function turnsNote(
  { repository }: RegistryContext,
  parts: readonly Part[],
  { push: isPushed, remote }: WriteTarget,
): Promise<string | undefined> {
  if (!isPushed) return undefined;
  const there = requireRemote(repository, remote);
  const [turns, tags] = await Promise.all([
    there.listRefs(parts.map(({ artifact }) => turnRef(artifact))),
    there.listTags(),
  ]);
  const held = new Set(tags.map(({ oid }) => oid));
  const old = [...turns].flatMap(([ref, oid]) => (held.has(oid) ? [] : [ref]));
  if (old.length === 0) return undefined;
  const line = shellLine('git', ...(await pushWords(repository, remote)), remote, '--delete', ...old);
  return `${remote} keeps the old history by ${old.join(' and ')}, which no reader needs; delete it with: ${line}`;
}

/** The names of all acceptances, here and at the remote that is asked. */
async function namesTaken({ repository }: RegistryContext, { asks, remote }: WriteTarget): Promise<string[]> {
  const there = asks ? await requireRemote(repository, remote).listRefs([`${tagRef(ACCEPTANCES)}*`]) : [];
  const here = [...(await repository.tags.list('all')).refs].map(({ name }) => name);
  return [...here, ...[...there].flatMap(([ref]) => tagNameOf(ref) ?? [])];
}

/**
 * Creates the tags, at the remote first when they are to be pushed.
 * @returns false where another writer took a name
 * @throws RegError those of a push
 */
async function create(
  { repository }: RegistryContext,
  { artifacts, refs }: { artifacts: readonly ArtifactName[]; refs: readonly RefChange[] },
  { push: isPushed, remote }: WriteTarget,
): Promise<boolean> {
  if (isPushed) {
    const one = { repository, remote, artifacts, refs };
    const outcome = await push(one);
    if (outcome.kind === 'lost') return false;
    if (outcome.kind !== 'done') throw pushFailed(outcome, one);
  }
  const outcome = await requireWriter(repository).change(refs);
  if (outcome.kind === 'done') return true;
  if (outcome.kind === 'lost' && !isPushed) return false;
  const names = refs.map(({ ref }) => tagNameOf(ref)).join(', ');
  throw new RegError('GIT_FAILED', `git did not write ${names}: ${outcome.reason}`, 'see: git tag');
}
