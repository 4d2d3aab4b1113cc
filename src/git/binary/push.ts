import { setTimeout as sleep } from 'node:timers/promises';
import { RegError } from '../../errors.js';
import type { PushResult } from '../port.js';
import { whyRefused } from './push-report.js';
import type { RefChange } from './ref-change.js';
import { type RemoteAccess, remoteFailed, saidBy } from './remote-access.js';
import { readRemoteRefs } from './remote-listing.js';
import type { GitResult } from './run-git.js';

/**
 * Changes tags at a remote, all or none, and passes the turn on with them. What came of it is read back from the remote,
 * because an acknowledgement can be lost on the way, and two writers can send the same object.
 * @throws RegError REMOTE_FAILED
 */
export async function push(
  access: RemoteAccess,
  tags: readonly RefChange[],
  turn: RefChange | undefined,
): Promise<PushResult> {
  const pushed = await runPush(access, withTurn(tags, turn));
  const result = await outcome(access, tags, turn, pushed);
  // a server that takes no refs but branches and tags, or one ref at a time, has names alone to keep writers apart
  if (result !== 'without turn') return result;
  const again = await outcome(access, tags, turn, await runPush(access, tags));
  return again === 'without turn' ? { outcome: 'refused', reason: pushed.stderr } : again;
}

async function outcome(
  access: RemoteAccess,
  tags: readonly RefChange[],
  turn: RefChange | undefined,
  pushed: GitResult,
): Promise<PushResult | 'without turn'> {
  const there = await askUntilAnswered(access, tags, turn);
  const why = whyRefused(pushed, turn?.refName);
  if (there instanceof RegError) {
    if (why.kind === 'unreached') throw remoteFailed(access.remote.shown, pushed);
    return { outcome: 'unknown', reason: there.message };
  }
  if (areDone(tags, there)) return { outcome: 'done' };
  // somebody has changed since what this write was decided upon
  if (withTurn(tags, turn).some(({ refName, from }) => there.get(refName) !== from))
    return { outcome: 'lost', reason: `another writer was faster at ${access.remote.shown}` };
  switch (why.kind) {
    case 'turn':
      return 'without turn';
    case 'busy':
      return { outcome: 'lost', reason: `${access.remote.shown} is busy: ${why.reason}` };
    case 'refused':
      return { outcome: 'refused', reason: why.reason };
    case 'unanswered':
      return { outcome: 'unanswered', reason: saidBy(pushed) };
    default:
      throw remoteFailed(access.remote.shown, pushed);
  }
}

/** Tags that are no events are nobody's turn. */
const withTurn = (tags: readonly RefChange[], turn: RefChange | undefined): readonly RefChange[] =>
  turn === undefined ? tags : [...tags, turn];

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

/**
 * What the remote has now; the error when it does not answer. It has to be known, so a remote that does not answer is asked
 * again, and so is one that is still writing: it shows the turn that this push passes on, and not yet its tags.
 */
async function askUntilAnswered(
  access: RemoteAccess,
  tags: readonly RefChange[],
  turn: RefChange | undefined,
): Promise<Map<string, string> | RegError> {
  const asked = await pushAccess(access);
  const refNames = withTurn(tags, turn).map(({ refName }) => refName);
  for (let time = 1; ; time += 1) {
    try {
      const there = await readRemoteRefs(asked, refNames);
      const isHalfWay = turn !== undefined && there.get(turn.refName) === turn.to && !areDone(tags, there);
      if (!isHalfWay || time === ASKED) return there;
    } catch (error) {
      if (!(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
      if (time === ASKED) return error;
    }
    await sleep(PAUSE * time);
  }
}

const areDone = (tags: readonly RefChange[], there: ReadonlyMap<string, string>): boolean =>
  tags.every(({ refName, to }) => there.get(refName) === to);

/** Where pushes go, which need not be where fetches come from. */
async function pushAccess({ git, remote }: RemoteAccess): Promise<RemoteAccess> {
  const { code, stdout } = await git(['config', '--get', `remote.${remote.name}.pushurl`]);
  return code === 0 ? { git, remote: { ...remote, name: stdout.toString().trim() } } : { git, remote };
}
