import { setTimeout as sleep } from 'node:timers/promises';
import type { Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import { tagNameOf, tagRefsOf, turnRef } from '../../domain/refs.js';
import { settingBehind } from '../../domain/refusals.js';
import { RegError } from '../../errors.js';
import { redactorOf, shownAddress } from '../../util/address.js';
import { limiter, once } from '../../util/async.js';
import { shellLine } from '../../util/shell.js';
import {
  type History,
  isBrokenRef,
  type Objects,
  type RefTips,
  type RemoteListing,
  type TagRef,
} from '../port.js';
import { runWithLocks } from './locks.js';
import { type GitResult, oneLine, type RunGit, trustAdvice } from './run.js';

/** A remote, by its name for git and by its name in messages, which has no user-info. */
export interface NamedRemote {
  name: string;
  shown: string;
}

/** A remote, and git to talk to it. */
export interface RemoteAccess {
  git: RunGit;
  remote: NamedRemote;
  /**
   * The same remote at the address that pushes go to; this access itself where that is the one that fetches come from.
   * @throws RegError INVALID_CONFIG where pushes go to several addresses
   */
  whereToPush(): Promise<RemoteAccess>;
  /** Runs what fetches, one at a time: git locks the file where the history of a shallow clone begins, and does not wait for it. */
  inTurn<T>(fetch: () => Promise<T>): Promise<T>;
}

/** A remote in the configuration of a repository. Its addresses are read there once. */
export const namedAccess = (run: RunGit, name: string): RemoteAccess =>
  accessTo(withoutLoginsOf(run, name), { name, shown: name });

/** Access to a remote that git's configuration names. */
export function accessTo(git: RunGit, remote: NamedRemote): RemoteAccess {
  const inTurn = limiter(1);
  const access: RemoteAccess = { git, remote, inTurn, whereToPush: once(() => pushAccess(access)) };
  return access;
}

/** Reads both addresses of a remote from git, which has applied `insteadOf` and `pushInsteadOf` to them (git-config(1)). */
async function pushAccess(access: RemoteAccess): Promise<RemoteAccess> {
  const { git, remote, inTurn } = access;
  const addresses = { fetch: [] as string[], push: [] as string[] };
  const { stdout } = await git(['remote', '--verbose']);
  for (const line of stdout.toString().split('\n')) {
    const [, name, url = '', side] = /^(.*?)\t(.*) \((fetch|push)\)/.exec(line) ?? [];
    if (name === remote.name && (side === 'fetch' || side === 'push')) addresses[side].push(url);
  }
  const [url, ...others] = new Set(addresses.push);
  if (url === undefined || (others.length === 0 && addresses.fetch[0] === url)) return access;
  if (others.length > 0) throw severalAddresses(remote, [url, ...others]);
  // git rewrites an address once, so that an alias stands for exactly this one; a key with = cannot be given here
  const [name, alias] = url.includes('=') ? [url, []] : [ALIAS, ['-c', `url.${url}.insteadOf=${ALIAS}`]];
  const there: RemoteAccess = {
    git: (args, input) => git([...alias, ...args], input),
    remote: { name, shown: shownAddress(url) },
    whereToPush: async () => there,
    inTurn,
  };
  return there;
}

/** What git takes for the address of pushes where it is asked to read from there. */
const ALIAS = 'reg-push:';

function severalAddresses({ name, shown }: NamedRemote, urls: readonly string[]): RegError {
  const [first = '', ...others] = urls.map(shownAddress);
  return new RegError(
    'INVALID_CONFIG',
    `pushes to ${shown} go to several addresses, and a write is decided at one: ${[first, ...others].join(', ')}`,
    `keep one of them, and push to the others with git: ${shellLine('git', 'config', '--replace-all', `remote.${name}.pushurl`, first)}`,
  );
}

/** The messages of git about its failure, in one line. */
export const failureOf = ({ code, stderr }: GitResult): string =>
  oneLine(stderr) || `git ended with exit code ${code}`;

/** The error for a repository at a URL whose ids are SHA-256. */
const longIds = (shown: string): RegError =>
  new RegError(
    'SOURCE_UNSUPPORTED',
    `${shown} has SHA-256 ids, and those are read in a clone alone`,
    `clone it: ${shellLine('git', 'clone', shown)}`,
  );

/**
 * Refuses the tags of a repository at a URL whose ids are SHA-256: the repository of the cache has others.
 * @throws RegError SOURCE_UNSUPPORTED
 */
export function refuseLongIds(tags: TagRef[], shown: string): TagRef[] {
  if (tags.some(({ oid }) => oid.length > 40)) throw longIds(shown);
  return tags;
}

/** The error for a remote that cannot be reached. */
export function remoteFailed(shown: string, result: GitResult): RegError {
  // git has one exit code for all failures
  if (/mismatched algorithms|couldn't find remote ref [0-9a-f]{64}$/m.test(result.stderr))
    return longIds(shown);
  return new RegError(
    'REMOTE_FAILED',
    `cannot reach ${shown}: ${failureOf(result)}`,
    trustAdvice(result.stderr) ??
      settingBehind(result.stderr) ??
      `check the address, the network and your access; git itself must reach it: ${shellLine('git', 'ls-remote', shown)}`,
  );
}

const PEELED = '^{}';
const BRANCHES = 'refs/heads/';

/** Every tag of a remote, and what an annotated one leads to. The server sends tags alone. */
export async function listRemoteTags(access: RemoteAccess): Promise<TagRef[]> {
  return tagsIn(await lsRemote(access, ['--tags'], []));
}

/** Milliseconds between listings that show a push half-way. */
const PAUSES = [50, 100, 200, 400] as const;

/**
 * The tags of artifacts at a remote, and their turns there. A server writes the refs of a push one by one, so a listing can
 * show the turn that a push passes on and not yet its tags. After a push of tags the turn of an artifact is the oid of its last tag:
 * the listing is complete once that tag is there. After a deletion it never is, and waiting ends.
 */
export async function listRemoteArtifacts(
  access: RemoteAccess,
  artifacts: readonly ArtifactName[],
): Promise<RemoteListing[]> {
  let listings = await listOnce(access, artifacts);
  for (const pause of PAUSES) {
    if (listings.every(isSettled)) return listings;
    await sleep(pause);
    listings = await listOnce(access, artifacts);
  }
  return listings;
}

/** Whether a listing shows the tags that the turn in it stands for. */
const isSettled = ({ tags, turn }: RemoteListing): boolean =>
  turn.last === undefined || tags.some(({ oid }) => oid === turn.last);

/** More artifacts than these may be too long for one command line. */
const MANY = 100;

/** Lists the tags and turns as they are at this moment, even in the middle of a push. */
async function listOnce(access: RemoteAccess, artifacts: readonly ArtifactName[]): Promise<RemoteListing[]> {
  const patterns = artifacts.flatMap((one) => [...tagRefsOf(one).map((start) => `${start}*`), turnRef(one)]);
  const asked = artifacts.length > MANY ? [] : [...patterns, 'HEAD', `${BRANCHES}*`];
  const lines = await lsRemote(access, [], asked);
  const heads = lines.filter(({ refName }) => refName === 'HEAD' || refName.startsWith(BRANCHES));
  const tips = new Map(heads.map(({ refName, oid }) => [refName, oid]));
  return artifacts.map((artifact) => {
    const starts = tagRefsOf(artifact);
    const turn = turnRef(artifact);
    return {
      tips,
      // a pattern also matches further down, as in refs/elsewhere/refs/tags/… (git-ls-remote(1))
      tags: tagsIn(lines.filter(({ refName }) => starts.some((start) => refName.startsWith(start)))),
      turn: { artifact, last: lines.find(({ refName }) => refName === turn)?.oid },
    };
  });
}

/** What the refs of a remote that match one of these patterns hold, by full name. */
export async function listRemoteRefs(
  access: RemoteAccess,
  patterns: readonly string[],
): Promise<Map<string, string>> {
  const lines = await lsRemote(access, [], patterns);
  const held = lines.filter(({ refName }) => !refName.endsWith(PEELED));
  return new Map(held.map(({ refName, oid }) => [refName, oid]));
}

/** What every ref of a remote leads to. */
export async function listTips(access: RemoteAccess): Promise<RefTips> {
  const tips = new Map<string, string>();
  // the line of the peeled tag follows the line of the tag
  for (const { refName, oid } of await lsRemote(access, [], []))
    tips.set(refName.endsWith(PEELED) ? refName.slice(0, -PEELED.length) : refName, oid);
  return tips;
}

/** The branch that HEAD of a remote is on; undefined where it is on none, and where an old server does not tell. */
export async function readHead({ git, remote }: RemoteAccess): Promise<string | undefined> {
  const result = await git(['ls-remote', '--symref', '--end-of-options', remote.name, 'HEAD']);
  if (result.code !== 0) throw remoteFailed(remote.shown, result);
  return /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(result.stdout.toString())?.[1];
}

interface Line {
  refName: string;
  oid: string;
}

async function lsRemote(
  { git, remote }: RemoteAccess,
  options: readonly string[],
  patterns: readonly string[],
): Promise<Line[]> {
  const result = await git(['ls-remote', ...options, '--end-of-options', remote.name, ...patterns]);
  if (result.code !== 0) throw remoteFailed(remote.shown, result);
  return result.stdout
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const tab = line.indexOf('\t');
      return { oid: line.slice(0, tab), refName: line.slice(tab + 1) };
    });
}

function tagsIn(lines: readonly Line[]): TagRef[] {
  const tags: TagRef[] = [];
  for (const { refName, oid } of lines) {
    const [last, name] = [tags.at(-1), tagNameOf(refName)];
    if (refName.endsWith(PEELED) && last) last.peeled = oid;
    else if (name !== undefined)
      tags.push({ name, oid, peeled: isBrokenRef({ oid }) ? 'unknown' : undefined });
  }
  return tags;
}

/**
 * Brings the objects of exactly these tags from a remote, with the commits that they lead to.
 * @throws RegError REMOTE_FAILED
 */
export async function fetchTagObjects(
  access: RemoteAccess,
  objects: Objects,
  history: History,
  tags: readonly TagRef[],
): Promise<void> {
  if (tags.length === 0) return;
  if (!(await history.isShallow())) return fetchOids(access, tags, []);
  const types = await objects.types(tags.map(commitOf));
  const isHere = (tag: TagRef): boolean => types.get(commitOf(tag)) !== 'missing';
  // for a commit that is here a depth would make git forget the history that leads to it
  await fetchOids(access, tags.filter(isHere), []);
  await fetchDistant(
    access,
    tags.filter((tag) => !isHere(tag)),
  );
}

const commitOf = ({ peeled, oid }: TagRef): Oid => peeled ?? oid;

/**
 * In a shallow clone. A commit older than all commits here comes without its history, which could be long. A later commit
 * comes with its history back to here, so that git still knows that it follows.
 */
async function fetchDistant(access: RemoteAccess, tags: readonly TagRef[]): Promise<void> {
  if (tags.length === 0) return;
  const { git } = access;
  const dates = await datesOf(git, ['HEAD']);
  const oldest = dates.reduce((least, date) => Math.min(least, date), Number.POSITIVE_INFINITY);
  await fetchOids(access, tags, ['--depth=1']);
  const later: TagRef[] = [];
  const commits = [...new Set(tags.map(commitOf))];
  const when = await commitDates(git, commits);
  for (const tag of tags) if ((when.get(commitOf(tag)) ?? oldest) >= oldest) later.push(tag);
  // any later date would cut off history that is here
  await fetchOids(access, later, [`--shallow-since=@${oldest}`]);
}

/** When each of these commits was made, in seconds since the epoch. */
async function commitDates(git: RunGit, commits: readonly Oid[]): Promise<Map<Oid, number>> {
  const input = commits.map((oid) => `${oid}\n`).join('');
  const { code, stdout } = await git(['log', '--no-walk=unsorted', '--format=%H %ct', '--stdin'], input);
  const lines = code === 0 ? stdout.toString().split('\n').filter(Boolean) : [];
  return new Map(lines.map((line) => line.split(' ')).map(([oid = '', date]) => [oid, Number(date)]));
}

/** When commits were made, in seconds since the epoch. */
async function datesOf(git: RunGit, revs: readonly string[]): Promise<number[]> {
  const { code, stdout } = await git(['log', '--format=%ct', ...revs, '--']);
  return code === 0 ? stdout.toString().split('\n').filter(Boolean).map(Number) : [];
}

async function fetchOids(
  { git, remote, inTurn }: RemoteAccess,
  tags: readonly TagRef[],
  options: readonly string[],
): Promise<void> {
  if (tags.length === 0) return;
  const args = [
    'fetch',
    '--progress',
    '--no-tags',
    '--no-prune',
    '--no-write-fetch-head',
    '--no-auto-maintenance',
    '--no-recurse-submodules',
    ...options,
    '--stdin',
    '--end-of-options',
    remote.name,
  ];
  const oids = tags.map(({ oid }) => `${oid}\n`).join('');
  const fetched = await inTurn(async () => {
    for (let waited = 0; ; waited += PAUSE_MS) {
      const result = await runWithLocks(git, [{ path: 'shallow.lock' }], args, oids);
      if (result.code === 0 || waited >= LONGEST_WAIT_MS || !IN_THE_WAY.test(result.stderr)) return result;
      await sleep(PAUSE_MS);
    }
  });
  if (fetched.code !== 0) throw remoteFailed(remote.shown, fetched);
}

/** How git says that another fetch changes where the history of this clone begins (its shallow.c). */
const IN_THE_WAY = /shallow\.lock': File exists|shallow file has changed since we read it/;
const PAUSE_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/**
 * Takes the logins of a remote's URLs out of the messages of git, also where a server repeats them. The URLs are looked up
 * only after a failure, because messages are shown only then.
 */
function withoutLoginsOf(git: RunGit, remote: string): RunGit {
  const redactors = once(async () => (await urlsOf(git, remote)).map(redactorOf));
  return async (args, input) => {
    const result = await git(args, input);
    if (result.code === 0) return result;
    const each = await redactors();
    const redact = (text: string): string => each.reduce((rest, one) => one(rest), text);
    const stdout = Buffer.from(redact(result.stdout.toString()));
    return { ...result, stdout, stderr: redact(result.stderr) };
  };
}

async function urlsOf(git: RunGit, remote: string): Promise<string[]> {
  const asked = [[], ['--push']].map((which) => git(['remote', 'get-url', ...which, '--all', '--', remote]));
  const answers = await Promise.all(asked);
  return answers.flatMap(({ stdout }) => stdout.toString().split('\n').filter(Boolean));
}
