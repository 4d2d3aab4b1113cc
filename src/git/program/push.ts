import { setTimeout as sleep } from 'node:timers/promises';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import { shellLine } from '../../util/shell.js';
import type { Outcome, RefChange, Turn } from '../port.js';
import { failureOf, listRemoteRefs, type RemoteAccess, remoteFailed } from './remote.js';
import type { GitResult } from './run.js';
import { passTurns } from './write.js';

/**
 * Changes refs at a remote, all or none, and passes the turns on with them. The outcome is read back from the remote, because
 * an acknowledgement can be lost on the way. A push that meets another one is lost, and nothing is read back: the caller
 * lists the remote before it decides again, and finds there what the remote has.
 * @param isMirror whether the remote is one to which git pushes all refs (git-config(1), remote.<name>.mirror)
 * @throws RegError REMOTE_FAILED
 */
export async function push(
  access: RemoteAccess,
  refs: readonly RefChange[],
  turns: readonly Turn[],
  isMirror: boolean,
): Promise<Outcome> {
  if (refs.length === 0) return { kind: 'done' };
  const mirror = isMirror ? ['-c', `remote.${access.remote.name}.mirror=false`] : [];
  const passing = await passTurns(access.git, refs, turns);
  const pushed = await runPush(access, mirror, [...refs, ...passing]);
  const outcome = await readBack(access, refs, passing, pushed);
  // a server that takes no refs but branches and tags, or one ref at a time, has names alone to keep writers apart
  if (outcome !== 'without turn') return outcome;
  const again = await readBack(access, refs, passing, await runPush(access, mirror, refs));
  return again === 'without turn' ? { kind: 'refused', reason: pushed.stderr } : again;
}

const runPush = (
  { git, remote }: RemoteAccess,
  options: readonly string[],
  changes: readonly RefChange[],
): Promise<GitResult> =>
  git([
    ...options,
    'push',
    '--porcelain',
    '--progress',
    '--no-verify',
    '--no-follow-tags',
    '--no-recurse-submodules',
    ...(changes.length > 1 ? ['--atomic'] : []),
    // a lease on every ref; an empty one means that it must not exist (git-push(1))
    ...changes.map(({ ref, from = '' }) => `--force-with-lease=${ref}:${from}`),
    '--end-of-options',
    remote.name,
    ...changes.map(({ ref, to = '' }) => `${to}:${ref}`),
  ]);

async function readBack(
  access: RemoteAccess,
  refs: readonly RefChange[],
  passing: readonly RefChange[],
  pushed: GitResult,
): Promise<Outcome | 'without turn'> {
  const { shown } = access.remote;
  const why = whyRefused(
    pushed,
    passing.map(({ ref }) => ref),
  );
  if (why.kind === 'busy')
    return { kind: 'lost', reason: `another push was in the way at ${shown}: ${why.reason}` };
  const held = await askUntilAnswered(access, refs, passing);
  if (held instanceof RegError) {
    if (why.kind === 'unreached') throw remoteFailed(shown, pushed);
    return { kind: 'unknown', reason: held.message };
  }
  if (areDone(refs, held)) return { kind: 'done' };
  if ([...refs, ...passing].some(({ ref, from }) => held.get(ref) !== from))
    return { kind: 'lost', reason: `another writer was faster at ${shown}` };
  switch (why.kind) {
    case 'turn':
      return 'without turn';
    case 'refused':
      return { kind: 'refused', reason: why.reason };
    case 'unsent':
      throw new RegError(
        'GIT_FAILED',
        `git does not push to ${shown}: ${failureOf(pushed)}`,
        `nothing was sent; see what git is configured to do: ${shellLine('git', 'config', '--list', '--show-origin')}`,
      );
    case 'unanswered':
      return { kind: 'unanswered', reason: failureOf(pushed) };
    default:
      throw remoteFailed(shown, pushed);
  }
}

/** How often a remote is asked what came of a push. */
const QUESTIONS = 3;
/** After the first question without an answer; longer after each further one. */
const PAUSE_MS = 500;

/**
 * What the refs of a push hold at the remote now, by full name; the error when it does not answer. This has to be known: a
 * remote that does not answer is asked again. So is one that is still writing: it shows the turn that this push passes on,
 * and not yet its tags.
 */
async function askUntilAnswered(
  access: RemoteAccess,
  refs: readonly RefChange[],
  passing: readonly RefChange[],
): Promise<ReadonlyMap<string, Oid> | RegError> {
  const asked = await access.whereToPush();
  const names = [...refs, ...passing].map(({ ref }) => ref);
  for (let question = 1; ; question += 1) {
    try {
      const held = await listRemoteRefs(asked, names);
      const isHalfWay = passing.length > 0 && areDone(passing, held) && !areDone(refs, held);
      if (!isHalfWay || question === QUESTIONS) return held;
    } catch (error) {
      if (!(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
      if (question === QUESTIONS) return error;
    }
    await sleep(PAUSE_MS * question);
  }
}

const areDone = (refs: readonly RefChange[], held: ReadonlyMap<string, Oid>): boolean =>
  refs.every(({ ref, to }) => held.get(ref) === to);

/** Why a push failed, as far as git reports it. */
export type WhyRefused =
  /** The server has its reasons; asking again would not change them. */
  | { kind: 'refused'; reason: string }
  /** Another push was being written at that moment. */
  | { kind: 'busy'; reason: string }
  /** The server can take the tags, but not the turns beside them. */
  | { kind: 'turn' }
  /** Git itself refuses what it was asked or configured to do; nothing was sent. */
  | { kind: 'unsent' }
  /** The remote was not reached; nothing was sent. */
  | { kind: 'unreached' }
  /** Something may have been sent, and there was no answer. */
  | { kind: 'unanswered' };

/**
 * Reads why a push failed. That it failed is known from the remote; this gives people the reason, and says whether another
 * try makes sense. It is the one place that looks at what git prints, because git has no codes for it.
 */
export function whyRefused({ code, stdout, stderr }: GitResult, turnRefs: readonly string[]): WhyRefused {
  const rejected = rejections(stdout.toString());
  // a git that was ended early does not report how far it came
  if (code < 0) return { kind: 'unanswered' };
  if (rejected.length === 0) return code === USAGE ? { kind: 'unsent' } : withoutReport(stderr);
  const guilty = rejected.filter(({ reason }) => !INNOCENT.test(reason));
  const { reason } = guilty[0] ?? { reason: 'atomic push failed' };
  const isTurnAlone = guilty.length > 0 && guilty.every(({ ref }) => turnRefs.includes(ref));
  // out of date although it was read just now: the server does not show such refs
  if (isTurnAlone && (reason === 'stale info' || !BUSY.test(reason))) return { kind: 'turn' };
  if (guilty.every((one) => BUSY.test(one.reason)) && !IN_THE_WAY.test(stderr))
    return { kind: 'busy', reason: withRemarks(reason, stderr) };
  return { kind: 'refused', reason: withRemarks(reason, stderr) };
}

/** A tag `churn` where `churn/x` is to be written: another try would not help. */
const IN_THE_WAY = /exists; cannot create/;
/** What receive-pack reports of refs that it would have taken (git's builtin/receive-pack.c). */
const INNOCENT = /^atomic (push failure|push failed)$/;
/** What it reports when another push holds the lock of a ref, and what git-push reports for a lease that is out of date. */
const BUSY =
  /^(atomic transaction failed|failed to update ref|failed to lock|cannot lock ref .*|stale info|reference already exists|incorrect old value provided|reference does not exist)$/;

interface Rejection {
  ref: string;
  reason: string;
}

/** Lines such as `!<TAB>0123…:refs/tags/x<TAB>[remote rejected] (pre-receive hook declined)` (git-push(1), OUTPUT). */
function rejections(stdout: string): Rejection[] {
  return stdout.split('\n').flatMap((line) => {
    const [flag, names = '', summary = ''] = line.split('\t');
    if (flag !== '!') return [];
    const reason = /\((.*)\)\s*$/.exec(summary)?.[1] ?? summary;
    return [{ ref: names.slice(names.indexOf(':') + 1), reason }];
  });
}

/** A reason, after the messages of the server and its hooks. */
function withRemarks(reason: string, stderr: string): string {
  const remarks = stderr
    .split('\n')
    .flatMap((line) => (line.startsWith('remote: ') ? [line.slice('remote: '.length).trim()] : []))
    .filter((line) => line !== '')
    .join(' ');
  return remarks === '' ? reason : `${remarks} (${reason})`;
}

/** Git gave up before the server looked at a ref. */
function withoutReport(stderr: string): WhyRefused {
  if (/does not support --atomic/.test(stderr)) return { kind: 'turn' };
  if (CANNOT_PUSH.test(stderr))
    return { kind: 'refused', reason: 'git does not push to what is there, such as a bundle' };
  const isForbidden =
    /returned error: 40[0-9]|Authentication failed|could not read (Username|Password)|Permission denied|access denied|not allowed|not enabled|protected|denied to|Repository not found|read[- ]only/i;
  if (isForbidden.test(stderr)) return { kind: 'refused', reason: stderr.replaceAll('\n', ' ') };
  if (UNSENT.test(stderr)) return { kind: 'unsent' };
  return { kind: UNREACHED.test(stderr) && !BEGUN.test(stderr) ? 'unreached' : 'unanswered' };
}

/** How git fails where it has no way to push, as to a bundle (its transport.c). */
const CANNOT_PUSH =
  /^fatal: underlying transport does not support |^error: failed to push some refs to '[^']*'$/;
/** The exit code of git for options that do not go together (its parse-options.c). */
const USAGE = 129;
/** How git refuses options, refs and configuration before it sends anything (its builtin/push.c, send-pack.c and config.c). */
const UNSENT =
  /^(fatal: (--mirror can't be combined|the receiving end does not support (--signed push|push options)|bad (boolean|numeric|config)|invalid (refspec|value for)|.* cannot be used together)|error: src refspec )/m;

/**
 * How git fails before it knows the refs of the remote (its remote-curl.c and connect.c). It may say the same about the
 * commits that it asks for first, and then go on to push.
 */
const UNREACHED =
  /unable to (access|connect to|look up) |Could not read from remote repository|hung up upon initial contact|does not appear to be a git repository|repository '.*' not found|^ssh: (connect to host|Could not resolve) /m;
/** How it fails from then on. */
const BEGUN = /RPC failed|unexpected disconnect|hung up unexpectedly/;
