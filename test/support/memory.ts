import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Oid } from '../../src/domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../src/domain/names.js';
import { compareText } from '../../src/domain/order.js';
import { tagNameOf } from '../../src/domain/refs.js';
import { parseTagName } from '../../src/domain/tag-name.js';
import { RegError } from '../../src/errors.js';
import {
  type Identity,
  NO_FILES,
  type RegistryRepository,
  type TagReading,
  type TagRef,
  type TreeEntry,
} from '../../src/git/port.js';
import { NO_CONFIG } from '../../src/net/session.js';
import { decodeFound, encodeTag, readingOf, type TagObject } from '../../src/git/tag-object.js';

/** A repository in memory, for tests: the same answers as a real one, without git. */
export interface MemoryRepository extends RegistryRepository {
  /** Adds a commit with these files and makes it HEAD; gives its id. */
  commit(files?: Readonly<Record<string, string>>): Oid;
  /** Adds any object, however broken; gives its id. */
  add(type: string, bytes: Uint8Array): Oid;
  /** Points a tag at any id, whether there is such an object or not. */
  point(tagName: string, oid: Oid): void;
}

interface StoredObject {
  type: string;
  bytes: Uint8Array;
}

/** Makes an empty repository whose writer is `identity`. */
export function memoryRepository(identity: Identity): MemoryRepository {
  const objects = new Map<Oid, StoredObject>();
  const trees = new Map<Oid, Map<string, Oid>>();
  const tags = new Map<string, Oid>();
  const turns = new Map<ArtifactName, Oid | undefined>();
  let head: Oid | undefined;

  const add = (type: string, bytes: Uint8Array): Oid => {
    const oid = createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
    objects.set(oid, { type, bytes });
    return oid;
  };
  const held = (ref: string): Oid | undefined => tags.get(tagNameOf(ref) ?? '');
  const set = (tagName: string, oid: Oid | undefined): void =>
    void (oid === undefined ? tags.delete(tagName) : tags.set(tagName, oid));
  const blobOf = (oid: Oid): Uint8Array => {
    const found = objects.get(oid);
    if (found?.type === 'blob') return found.bytes;
    const why = found ? `a ${found.type}, not a file` : 'missing';
    throw new RegError('SOURCE_PATH', `object ${oid} is ${why}`);
  };
  const entries = (commit: Oid, below: string): TreeEntry[] =>
    [...(trees.get(commit) ?? [])]
      .filter(([path]) => path.startsWith(below))
      .map(([path, oid]) => ({ path, type: 'blob', oid }));

  return {
    address: undefined,
    workTree: async () => undefined,
    defaultBranch: async () => 'main',
    uncommitted: async () => [],
    notCheckedOut: async () => new Map(),
    nextCommit: async () => NO_FILES,
    remotes: async () => ({ names: [] }),
    hasRemote: async () => false,
    add,
    point: (tagName, oid) => void tags.set(tagName, oid),
    commit: (files = {}) => {
      head = add('commit', Buffer.from(`${JSON.stringify(files)} ${head}`));
      trees.set(
        head,
        new Map(Object.entries(files).map(([path, text]) => [path, add('blob', Buffer.from(text))])),
      );
      return head;
    },
    tags: {
      list: async (scope) => {
        const refs = listTags(tags, scope === 'all' ? undefined : scope);
        return {
          refs: refs.map((ref) => ({ ...ref, peeled: peeledAsListed(objects, ref.oid) })),
          known: new Map(scope === 'all' ? [] : refs.map((ref) => [ref.name, readTag(objects, ref)])),
        };
      },
      read: async (refs) => refs.map(({ name, oid }) => readTag(objects, { name, oid })),
    },
    writer: {
      identity: async () => identity,
      signsTags: async () => false,
      store: async (tag, sign) => {
        if (sign)
          throw new RegError('SIGNING_FAILED', `a repository in memory has no key to sign ${tag.tag}`);
        return add('tag', encodeTag(tag));
      },
      turn: async (artifact) => ({ artifact, last: turns.get(artifact) }),
      change: async (refs, ...taken) => {
        const isPassed = taken.some(({ artifact, last }) => turns.get(artifact) !== last);
        const isLost = taken.length
          ? isPassed || refs.some(({ ref, from }) => held(ref) !== from)
          : refs.some(({ ref, from, to }) => held(ref) !== from && held(ref) !== to);
        if (isLost) return { kind: 'lost', reason: 'another writer was faster' };
        for (const { ref, to } of refs) set(tagNameOf(ref) ?? '', to);
        for (const { artifact } of taken) {
          const own = refs.filter(({ ref }) => parseTagName(tagNameOf(ref) ?? '')?.artifact === artifact);
          if (own.length > 0) turns.set(artifact, own.at(-1)?.to ?? randomUUID());
        }
        return { kind: 'done' };
      },
      commitFile: async () => {
        throw new RegError('NO_WORK_TREE', 'a repository in memory has no work tree');
      },
      chooseRemote: async () => undefined,
    },
    remote: (name) => {
      const none = async (): Promise<never> => {
        throw new RegError('REMOTE_FAILED', `a repository in memory has no remote ${name}`);
      };
      return {
        listTags: none,
        listArtifacts: none,
        listRefs: async () => (name === '.' ? new Map() : none()),
        fetch: none,
        push: none,
      };
    },
    branches: {
      // its commits follow each other in one line
      strays: async (_tip, commits) => new Set(commits.filter((oid) => !trees.has(oid))),
      commitDate: async () => identity.now,
    },
    signatures: { check: async () => new Map() },
    objects: {
      commit: async (rev) => (rev === 'HEAD' ? head : commitNamed(trees, rev)),
      entry: async (commit, path) => {
        const isFolder = path === '' || entries(commit, `${path}/`).length > 0;
        return isFolder
          ? { path, type: 'tree', oid: commit }
          : entries(commit, path).find((entry) => entry.path === path);
      },
      entries: async (commit, path) => entries(commit, path === '' ? '' : `${path}/`),
      blob: async (oid, most) => blobOf(oid).subarray(0, most),
      stream: async (oid) => Readable.from([Buffer.from(blobOf(oid))]),
      sizes: async (oids) => new Map(oids.map((oid) => [oid, blobOf(oid).length])),
      types: async (oids) => new Map(oids.map((oid) => [oid, objects.get(oid)?.type ?? 'missing'])),
    },
    history: {
      // what led to a commit is not kept
      between: async () => undefined,
      mergeBase: async () => undefined,
      isShallow: async () => false,
    },
    tips: async () => new Map(head === undefined ? [] : [['HEAD', head]]),
    largeFiles: {
      folders: async () => [],
      remote: async () => undefined,
      setting: async () => undefined,
      web: NO_CONFIG,
      smudge: async () => undefined,
    },
  };
}

const commitNamed = (commits: ReadonlyMap<Oid, unknown>, rev: string): Oid | undefined =>
  /^[0-9a-f]{4,40}$/.test(rev) ? [...commits.keys()].find((oid) => oid.startsWith(rev)) : undefined;

function listTags(tags: ReadonlyMap<string, Oid>, artifact: ArtifactName | undefined): TagRef[] {
  const starts =
    artifact === undefined ? [''] : ['@', '#'].map((mark) => artifactNameForTag(artifact) + mark);
  const listed = [...tags].filter(([name]) => starts.some((start) => name.startsWith(start)));
  return listed.map(([name, oid]) => ({ name, oid })).sort((a, b) => compareText(a.name, b.name));
}

function readTag(objects: ReadonlyMap<Oid, StoredObject>, ref: TagRef): TagReading {
  const found = objects.get(ref.oid);
  const decoded = decodeFound({ ref, object: found && { ...found, bytes: Buffer.from(found.bytes) } });
  return 'object' in decoded ? readingOf(decoded, peel(objects, decoded.object)) : decoded;
}

/** Like git it asks no more of a tag on the way than its first lines. */
function peel(
  objects: ReadonlyMap<Oid, StoredObject>,
  { type, object: oid }: Pick<TagObject, 'type' | 'object'>,
): { type: string; oid: Oid } | undefined {
  if (type !== 'tag') return { type, oid };
  const end = followAsGit(objects, oid);
  return end === undefined ? undefined : { type: objects.get(end)?.type ?? 'commit', oid: end };
}

/** What a listing says that a ref leads to. */
function peeledAsListed(objects: ReadonlyMap<Oid, StoredObject>, oid: Oid): TagRef['peeled'] {
  const found = objects.get(oid);
  if (found !== undefined && found.type !== 'tag') return undefined;
  return followAsGit(objects, oid) ?? 'unknown';
}

/** What git follows a tag to: it is content with three header lines, whatever else is wrong. */
function followAsGit(objects: ReadonlyMap<Oid, StoredObject>, oid: Oid): Oid | undefined {
  const found = objects.get(oid);
  if (found?.type !== 'tag') return undefined;
  const text = Buffer.from(found.bytes).toString();
  const [, target, type] = /^object ([0-9a-f]{40})\ntype ([a-z]+)\ntag /.exec(text) ?? [];
  return target !== undefined && type === 'tag' ? followAsGit(objects, target) : target;
}
