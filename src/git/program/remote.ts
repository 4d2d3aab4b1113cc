import { setTimeout as sleep } from 'node:timers/promises';
import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { turnRef } from '../../domain/refs.js';
import { RegError } from '../../errors.js';
import { redactorOf } from '../../util/address.js';
import { once } from '../../util/async.js';
import { shellLine } from '../../util/shell.js';
import type { PeeledTagRef, RefTips, RemoteListing, RepositoryInspector } from '../port.js';
import type { GitResult, RunGit } from './run.js';
import { runPastLocks } from './write.js';

/** A remote: what git calls it, and what people are shown, which holds no user-info. */
export interface NamedRemote {
  name: string;
  shown: string;
}

/** A remote, and what runs git to talk to it. */
export interface RemoteAccess {
  git: RunGit;
  remote: NamedRemote;
  /** The same for where pushes go, which need not be where fetches come from; absent where it always is. */
  whereToPush?: () => Promise<RemoteAccess>;
}

/** A remote of a repository's configuration. What is said of its address there is asked for once. */
export function namedAccess(run: RunGit, name: string): RemoteAccess {
  const git = discreetAbout(run, name);
  const remote = { name, shown: name };
  const whereToPush = once(async () => {
    const { stdout } = await git(['config', '--default', '', '--get', `remote.${name}.pushurl`]);
    return { git, remote: { ...remote, name: stdout.toString().trim() || name } };
  });
  return { git, remote, whereToPush };
}

/** What git said of its failure, in one line. */
export const saidBy = ({ code, stderr }: GitResult): string =>
  stderr.replaceAll('\n', ' ') || `git ended with exit code ${code}`;

/** The error for a remote that could not be asked. */
export function remoteFailed(shown: string, result: GitResult): RegError {
  return new RegError(
    'REMOTE_FAILED',
    `cannot reach ${shown}: ${saidBy(result)}`,
    `check the address, the network and your access; git itself must reach it: ${shellLine('git', 'ls-remote', shown)}`,
  );
}

const PREFIX = 'refs/tags/';
const PEELED = '^{}';
const BRANCHES = 'refs/heads/';

/** Every tag of a remote, with what an annotated one leads to; the server sends tags alone. */
export async function listRemoteTags(access: RemoteAccess): Promise<PeeledTagRef[]> {
  return tagsIn(await lsRemote(access, ['--tags'], []));
}

/** Milliseconds between listings that show a push half-way. */
const PAUSES = [50, 100, 200, 400] as const;

/**
 * The tags of one artifact at a remote, and whose turn it is there. A server writes the refs of a push one by one, so that a
 * listing can show the turn that it passes on and not yet its tags. A turn that was passed on by a push of tags is the oid
 * of the last of them: it settles when that one is there. After a deletion it never is, and waiting ends.
 */
export async function listRemoteArtifact(
  access: RemoteAccess,
  artifact: ArtifactName,
): Promise<RemoteListing> {
  let listing = await listOnce(access, artifact);
  for (const pause of PAUSES) {
    if (isSettled(listing)) return listing;
    await sleep(pause);
    listing = await listOnce(access, artifact);
  }
  return listing;
}

/** Whether a listing shows all that the turn in it stands for. */
const isSettled = ({ tags, turn }: RemoteListing): boolean =>
  turn.last === undefined || tags.some(({ oid }) => oid === turn.last);

/** The same at this moment, a push half-way included. */
async function listOnce(access: RemoteAccess, artifact: ArtifactName): Promise<RemoteListing> {
  const starts = ['@', '#'].map((mark) => PREFIX + artifactNameForTag(artifact) + mark);
  const turn = turnRef(artifact);
  const patterns = [...starts.map((start) => `${start}*`), turn, 'HEAD', `${BRANCHES}*`];
  const lines = await lsRemote(access, [], patterns);
  const tips = lines.filter(({ refName }) => refName === 'HEAD' || refName.startsWith(BRANCHES));
  return {
    tips: new Map(tips.map(({ refName, oid }) => [refName, oid])),
    // a pattern also matches further down, as in refs/elsewhere/refs/tags/… (git-ls-remote(1))
    tags: tagsIn(lines.filter(({ refName }) => starts.some((start) => refName.startsWith(start)))),
    turn: { artifact, last: lines.find(({ refName }) => refName === turn)?.oid },
  };
}

/** What refs of a remote hold, by full name, that fit one of these patterns. */
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
  // the line of what a tag leads to follows that of the tag
  for (const { refName, oid } of await lsRemote(access, [], []))
    tips.set(refName.endsWith(PEELED) ? refName.slice(0, -PEELED.length) : refName, oid);
  return tips;
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

/** The line of what a tag leads to follows that of the tag. */
function tagsIn(lines: readonly Line[]): PeeledTagRef[] {
  const tags: PeeledTagRef[] = [];
  for (const { refName, oid } of lines) {
    const last = tags.at(-1);
    if (refName.endsWith(PEELED) && last) last.peeledOid = oid;
    else if (refName.startsWith(PREFIX))
      tags.push({ name: refName.slice(PREFIX.length), oid, peeledOid: undefined });
  }
  return tags;
}

/**
 * Brings the objects of exactly these tags from a remote, with the commits that they lead to.
 * @throws RegError REMOTE_FAILED
 */
export async function fetchTagObjects(
  access: RemoteAccess,
  inspector: RepositoryInspector,
  tags: readonly PeeledTagRef[],
): Promise<void> {
  if (tags.length === 0) return;
  if (!(await inspector.isShallow())) return fetchOids(access, tags, []);
  const types = await inspector.objectTypes(tags.map(commitOf));
  const isHere = (tag: PeeledTagRef): boolean => types.get(commitOf(tag)) !== 'missing';
  // for a commit that is here a depth would make git forget the history that leads to it
  await fetchOids(access, tags.filter(isHere), []);
  await fetchDistant(
    access,
    tags.filter((tag) => !isHere(tag)),
  );
}

const commitOf = ({ peeledOid, oid }: PeeledTagRef): Oid => peeledOid ?? oid;

/**
 * In a shallow clone: a commit from before all that is here comes without its history, which could be long; a later one with
 * all that leads from here to it, without which git could not tell any more that it follows.
 */
async function fetchDistant(access: RemoteAccess, tags: readonly PeeledTagRef[]): Promise<void> {
  if (tags.length === 0) return;
  const { git } = access;
  const dates = await datesOf(git, ['HEAD']);
  const oldest = dates.reduce((least, date) => Math.min(least, date), Number.POSITIVE_INFINITY);
  await fetchOids(access, tags, ['--depth=1']);
  const later: PeeledTagRef[] = [];
  for (const tag of tags) {
    const [date = oldest] = await datesOf(git, ['-1', commitOf(tag)]);
    if (date >= oldest) later.push(tag);
  }
  // any later date would cut off history that is here
  await fetchOids(access, later, [`--shallow-since=@${oldest}`]);
}

/** When commits were made, in seconds since the epoch; nothing for what is no commit. */
async function datesOf(git: RunGit, revs: readonly string[]): Promise<number[]> {
  const { code, stdout } = await git(['log', '--format=%ct', ...revs, '--']);
  return code === 0 ? stdout.toString().split('\n').filter(Boolean).map(Number) : [];
}

async function fetchOids(
  { git, remote }: RemoteAccess,
  tags: readonly PeeledTagRef[],
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
  const result = await runPastLocks(git, ['shallow.lock'], () => git(args, oids));
  if (result.code !== 0) throw remoteFailed(remote.shown, result);
}

/**
 * Makes git keep the logins of a remote's URLs to itself, also where a server repeats them. The URLs are looked up only when
 * something failed, for nothing else that git says is shown.
 */
function discreetAbout(git: RunGit, remote: string): RunGit {
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
