import { setTimeout as sleep } from 'node:timers/promises';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { turnRef } from '../../domain/refs.js';
import type { PeeledTagRef, RefTips, RemoteListing } from '../port.js';
import { type RemoteAccess, remoteFailed } from './remote-access.js';

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
