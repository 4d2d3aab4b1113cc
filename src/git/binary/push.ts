import { setTimeout as sleep } from 'node:timers/promises';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { PushResult, RemoteListing, Rest, Turn } from '../port.js';
import type { GitResult } from '../program/run.js';
import { whyRefused } from './push-report.js';
import { type RefChange, tagRef, turnChange, turnRef } from './ref-change.js';
import { type RemoteAccess, remoteFailed, saidBy } from './remote-access.js';
import { isSettled, listOnce, listRemoteRefs } from './remote-listing.js';

/** What a remote is to change: tags, all or none, and the turn with them; tags that are no events are nobody's turn. */
interface Errand {
  access: RemoteAccess;
  tags: readonly RefChange[];
  passing: Passing | undefined;
}

/** A turn that is passed on. */
interface Passing {
  turn: Turn;
  /** What is to stand for it. */
  next: Oid;
}

/**
 * Changes tags at a remote, all or none, and passes the turn on with them. What came of it is read back from the remote,
 * because an acknowledgement can be lost on the way, and two writers can send the same object.
 * @param rest comes before the question when another writer seems to have been faster
 * @throws RegError REMOTE_FAILED
 */
export async function push(
  access: RemoteAccess,
  tags: readonly RefChange[],
  passing: Passing | undefined,
  rest: Rest = async () => undefined,
): Promise<PushResult> {
  const errand = { access, tags, passing };
  const pushed = await runPush(access, changesOf(errand));
  const result = await outcome(errand, pushed, rest);
  // a server that takes no refs but branches and tags, or one ref at a time, has names alone to keep writers apart
  if (result !== 'without turn') return result;
  const again = await outcome(errand, await runPush(access, tags), rest);
  return again === 'without turn' ? { outcome: 'refused', reason: pushed.stderr } : again;
}

async function outcome(errand: Errand, pushed: GitResult, rest: Rest): Promise<PushResult | 'without turn'> {
  const { access, tags, passing } = errand;
  const { shown } = access.remote;
  const why = whyRefused(pushed, passing && turnRef(passing.turn.artifact));
  // what the remote has after the rest is also what to decide upon next
  if (pushed.code > 0 && (why.kind === 'busy' || why.kind === 'turn')) await rest();
  const there = await askUntilAnswered(errand);
  if (there instanceof RegError) {
    if (why.kind === 'unreached') throw remoteFailed(shown, pushed);
    return { outcome: 'unknown', reason: there.message };
  }
  const { held, listing } = there;
  if (areDone(tags, held)) return { outcome: 'done' };
  // somebody has changed since what this write was decided upon
  if (changesOf(errand).some(({ refName, from }) => held.get(refName) !== from))
    return { outcome: 'lost', reason: `another writer was faster at ${shown}`, listing };
  switch (why.kind) {
    case 'turn':
      return 'without turn';
    case 'busy':
      return { outcome: 'lost', reason: `${shown} is busy: ${why.reason}`, listing };
    case 'refused':
      return { outcome: 'refused', reason: why.reason };
    case 'unanswered':
      return { outcome: 'unanswered', reason: saidBy(pushed) };
    default:
      throw remoteFailed(shown, pushed);
  }
}

const changesOf = ({ tags, passing }: Errand): readonly RefChange[] =>
  passing === undefined ? tags : [...tags, turnChange(passing.turn, passing.next)];

const runPush = ({ git, remote }: RemoteAccess, changes: readonly RefChange[]): Promise<GitResult> =>
  git([
    'push',
    '--porcelain',
    '--progress',
    '--no-verify',
    '--no-follow-tags',
    '--no-recurse-submodules',
    ...(changes.length > 1 ? ['--atomic'] : []),
    // a lease on every ref; an empty one means that it must not exist (git-push(1))
    ...changes.map(({ refName, from = '' }) => `--force-with-lease=${refName}:${from}`),
    '--end-of-options',
    remote.name,
    ...changes.map(({ refName, to = '' }) => `${to}:${refName}`),
  ]);

const ASKED = 3;
/** Milliseconds before a remote that did not answer is asked again. */
const PAUSE = 500;

/** What a remote answers after a push. */
interface Answer {
  /** What the refs hold that the push was about, by full name. */
  held: ReadonlyMap<string, Oid>;
  /** The whole artifact; undefined where it shows a push of somebody else half-way, or is not what writes are decided upon. */
  listing: RemoteListing | undefined;
}

/**
 * What the remote has now; the error when it does not answer. It has to be known, so a remote that does not answer is asked
 * again, and so is one that is still writing: it shows the turn that this push passes on, and not yet its tags.
 */
async function askUntilAnswered(errand: Errand): Promise<Answer | RegError> {
  const { access, tags, passing } = errand;
  const asked = (await access.whereToPush?.()) ?? access;
  for (let time = 1; ; time += 1) {
    try {
      const there = await ask(asked, errand);
      const isHalfWay =
        passing !== undefined &&
        there.held.get(turnRef(passing.turn.artifact)) === passing.next &&
        !areDone(tags, there.held);
      if (!isHalfWay || time === ASKED) return there;
    } catch (error) {
      if (!(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
      if (time === ASKED) return error;
    }
    await sleep(PAUSE * time);
  }
}

async function ask(access: RemoteAccess, errand: Errand): Promise<Answer> {
  const { tags, passing } = errand;
  if (passing === undefined) {
    const refNames = tags.map(({ refName }) => refName);
    return { held: await listRemoteRefs(access, refNames), listing: undefined };
  }
  const listing = await listOnce(access, passing.turn.artifact);
  const { last } = listing.turn;
  const held = new Map(listing.tags.map(({ name, oid }) => [tagRef(name), oid]));
  if (last !== undefined) held.set(turnRef(passing.turn.artifact), last);
  // what fetches come from may lack what pushes go to
  const isForDeciding = isSettled(listing) && access.remote.name === errand.access.remote.name;
  return { held, listing: isForDeciding ? listing : undefined };
}

const areDone = (tags: readonly RefChange[], held: ReadonlyMap<string, Oid>): boolean =>
  tags.every(({ refName, to }) => held.get(refName) === to);
