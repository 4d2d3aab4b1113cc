import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import { TAG_REFS, tagNameOf, turnRef } from '../../domain/refs.js';
import { parseTagName } from '../../domain/tag-name.js';
import { RegError } from '../../errors.js';
import { type Identity, isBrokenRef, type Outcome, type RefChange, type Turn, type Writer } from '../port.js';
import { encodeTag, type TagObject } from '../tag-object.js';
import { removeBrokenRef } from './restore.js';
import { expectSuccess, type GitResult, type RunGit } from './run.js';
import type { Signer } from './signatures.js';

/** Writes tags with the git program. */
export function gitTagWriter(git: RunGit, { signsTags, signTag }: Signer): Omit<Writer, 'commitFile'> {
  return {
    identity: () => identity(git),
    signsTags,
    store: (tag, sign) => (sign ? signTag(tag) : storeUnsigned(git, tag)),
    turn: (artifact) => takeTurn(git, artifact),
    change: (refs, turn) => changeRefs(git, refs, turn),
  };
}

async function identity(git: RunGit): Promise<Identity> {
  const result = await git(['var', 'GIT_COMMITTER_IDENT']);
  const [, name = '', email = '', seconds, zone = '+0000'] =
    /^(.*) <(.*)> (\d+) ([+-]\d{4})\s*$/.exec(result.stdout.toString()) ?? [];
  if (result.code === 0 && name !== '' && seconds !== undefined)
    return { name, email, now: Number(seconds), zone };
  if (result.code < 0) expectSuccess(result, 'asking who you are');
  throw new RegError(
    'NO_IDENTITY',
    'git does not know who you are, and every event is signed with a name',
    'run: git config --global user.name "Your Name" && git config --global user.email you@example.com',
  );
}

async function storeUnsigned(git: RunGit, tag: TagObject): Promise<Oid> {
  const result = await git(['mktag', '--strict'], encodeTag(tag));
  if (/insufficient permission|permission denied|read-only file system/i.test(result.stderr))
    throw new RegError(
      'GIT_FAILED',
      'nothing can be written to this repository: permission denied',
      'see that its files are yours to write, and that their file system is not read-only',
    );
  return expectSuccess(result, 'writing a tag object').toString().trim();
}

async function takeTurn(git: RunGit, artifact: ArtifactName): Promise<Turn> {
  const { code, stdout } = await git(['rev-parse', '--verify', '--quiet', turnRef(artifact)]);
  return { artifact, last: code === 0 ? stdout.toString().trim() : undefined };
}

async function changeRefs(git: RunGit, refs: readonly RefChange[], turn: Turn | undefined): Promise<Outcome> {
  if (refs.length === 0) return { kind: 'done' };
  if (turn === undefined) return followRemote(git, refs);
  const failure = await updateRefs(git, [...refs, await passTurn(git, refs, turn)]);
  return failure === undefined ? { kind: 'done' } : { kind: 'lost', reason: failure };
}

/** The change that passes a turn on: of two writers with the same one, the second finds it changed. */
export async function passTurn(git: RunGit, refs: readonly RefChange[], turn: Turn): Promise<RefChange> {
  // after a deletion the turn holds an object that is new: an earlier one would make an old turn good again
  const to = refs.at(-1)?.to ?? (await unusedOid(git));
  return { ref: turnRef(turn.artifact), from: turn.last, to };
}

/** The oid of an object that never existed before. */
async function unusedOid(git: RunGit): Promise<Oid> {
  const result = await git(['hash-object', '-w', '--stdin'], crypto.randomUUID());
  return expectSuccess(result, 'making an object').toString().trim();
}

/** Changes refs in one transaction, all or none. Gives the message of git when it was none. */
async function updateRefs(
  git: RunGit,
  changes: readonly LocalChange[],
  options: readonly string[] = [],
): Promise<string | undefined> {
  const input = changes.map(commandOf).join('');
  const locks = changes.map(({ ref }) => `${ref}.lock`);
  const result = await runPastLocks(git, locks, () =>
    git([...options, 'update-ref', '--stdin', '-z'], input),
  );
  return result.code === 0 ? undefined : result.stderr;
}

type LocalChange = Omit<RefChange, 'from'> & { from: RefChange['from'] | 'anything' };

/** A missing value means that anything may be there (git-update-ref(1), -z). */
function commandOf({ ref, from, to }: LocalChange): string {
  if (to === undefined) return `delete ${ref}\0${from}\0`;
  if (from === undefined) return `create ${ref}\0${to}\0`;
  return `update ${ref}\0${to}\0${from === 'anything' ? '' : from}\0`;
}

/** A writer that follows a remote has nothing to decide again, so git waits longer for locks (git-config(1)). */
const WAIT_FOR_LOCKS = ['-c', 'core.filesRefLockTimeout=2000'] as const;

/** Changes refs as a remote has changed them already. All or none: what another process did meanwhile is left out. */
async function followRemote(git: RunGit, refs: readonly RefChange[]): Promise<Outcome> {
  let left: readonly LocalChange[] = refs.map((one) =>
    one.from !== undefined && isBrokenRef({ oid: one.from }) ? { ...one, from: 'anything' } : one,
  );
  for (const { ref, from } of left) if (from === 'anything') await removeBrokenRef(git, ref);
  for (;;) {
    const failure = await updateRefs(git, [...left, ...(await endTurns(git, left))], WAIT_FOR_LOCKS);
    if (failure === undefined) return { kind: 'done' };
    const held = await heldBy(git, left);
    const rest = left.filter(({ ref, to }) => held.get(ref) !== to);
    if (rest.length === 0) return { kind: 'done' };
    if (rest.length === left.length) return { kind: 'lost', reason: failure };
    left = rest;
  }
}

/** The changes that end every turn of artifacts that was taken before: those writers have to decide again. */
async function endTurns(git: RunGit, refs: readonly LocalChange[]): Promise<LocalChange[]> {
  const last = new Map<ArtifactName, Oid | undefined>();
  for (const { ref, to } of refs) {
    const name = parseTagName(tagNameOf(ref) ?? '');
    if (name) last.set(name.artifact, to);
  }
  const changes: LocalChange[] = [];
  for (const [artifact, to] of last)
    changes.push({ ref: turnRef(artifact), from: 'anything', to: to ?? (await unusedOid(git)) });
  return changes;
}

/** More names than that may be too long for one command line. */
const MANY = 500;

async function heldBy(git: RunGit, refs: readonly LocalChange[]): Promise<Map<string, Oid>> {
  const names = refs.length > MANY ? [TAG_REFS] : refs.map(({ ref }) => ref);
  const result = await git(['for-each-ref', '--format=%(refname)%00%(objectname)', ...names]);
  const lines = expectSuccess(result, 'looking at tags').toString().split('\n').slice(0, -1);
  return new Map(lines.map((line) => line.split('\0') as [string, Oid]));
}

/** How long a running writer may hold a lock: it writes a few lines meanwhile. */
const LIVE_LOCK_MS = 1000;
/** After this age, the process that made a lock counts as dead. */
const STALE_LOCK_MS = 10_000;
const PAUSE_MS = 250;

/**
 * Runs git, and runs it again after waiting for a stale lock. A git that was killed leaves its locks behind, and git never
 * removes them. Only writers of an event hold locks of its refs.
 * @param locks files of the repository, such as `refs/tags/churn@v1.0.0.lock`
 */
export async function runPastLocks(
  git: RunGit,
  locks: readonly string[],
  run: () => Promise<GitResult>,
): Promise<GitResult> {
  for (;;) {
    const result = await run();
    if (result.code === 0 || !(await outwaited(git, locks))) return result;
  }
}

/** Waits a little for an old lock, or removes it; false without an old lock. */
async function outwaited(git: RunGit, locks: readonly string[]): Promise<boolean> {
  const { code, stdout } = await git(['rev-parse', '--path-format=absolute', '--git-common-dir']);
  if (code !== 0) return false;
  const folder = stdout.toString().trim();
  const times = await Promise.all(locks.map((lock) => changedAt(join(folder, lock))));
  if (times.every((time) => time === undefined)) return false;
  const now = await timeIn(folder);
  const old = locks.filter((_, index) => now - (times[index] ?? now) > STALE_LOCK_MS);
  if (old.length > 0) return removed(old.map((lock) => join(folder, lock)));
  if (times.every((time) => now - (time ?? now) < LIVE_LOCK_MS)) return false;
  await sleep(PAUSE_MS);
  return true;
}

const changedAt = async (path: string): Promise<number | undefined> =>
  (await stat(path).catch(() => undefined))?.mtimeMs;

/** The clock of the file system, which need not be that of this machine. */
async function timeIn(folder: string): Promise<number> {
  const probe = join(folder, `reg-${crypto.randomUUID()}`);
  await writeFile(probe, '').catch(() => undefined);
  const time = await changedAt(probe);
  await rm(probe, { force: true });
  return time ?? 0;
}

const removed = (paths: readonly string[]): Promise<boolean> =>
  Promise.all(paths.map((path) => rm(path, { force: true }))).then(
    () => true,
    () => false,
  );

/**
 * Commits one file of the work tree alone, whatever else is staged; hooks and signing are the user's. Where the file is
 * committed as it is, nothing is done.
 * @param path from the top of the work tree
 * @returns the commit that brought the file as it is
 * @throws RegError GIT_FAILED with the message of git or of a hook
 */
export async function commitFile(git: RunGit, path: string, message: string): Promise<Oid> {
  const file = `:(top,literal)${path}`;
  expectSuccess(await git(['add', '--', file]), `adding ${path}`);
  const same = await git(['diff', '--cached', '--quiet', 'HEAD', '--', file]);
  if (same.code !== 0)
    expectSuccess(
      await git(['commit', '--quiet', '--only', '--message', message, '--', file]),
      `committing ${path}`,
    );
  const last = await git(['log', '-1', '--format=%H', '--', file]);
  return expectSuccess(last, 'finding the commit').toString().trim();
}
