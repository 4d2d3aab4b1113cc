import { setImmediate } from 'node:timers/promises';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { parseTagName } from '../domain/tag-name.js';
import { type Objects, refOf, type TagReading, type TagRef, type TreeEntry } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';
import { annotatedTags, readAllTags } from '../registry/read.js';
import { memoize } from '../util/async.js';

/**
 * The registry as it is now. Tags are read once: all answers are of the same moment, and a site of a thousand artifacts does not
 * read them a thousand times.
 */
export async function snapshotOf(context: RegistryContext): Promise<RegistryContext> {
  const readings = await readAllTags(annotatedTags(context), 'all');
  const byArtifact = new Map<ArtifactName, TagReading[]>();
  for (const reading of readings) {
    const artifact = parseTagName(refOf(reading).name)?.artifact;
    if (artifact === undefined) continue;
    const own = byArtifact.get(artifact);
    if (own) own.push(reading);
    else byArtifact.set(artifact, [reading]);
  }
  const of = (artifact: ArtifactName): TagReading[] => byArtifact.get(artifact) ?? [];
  const noted = new Set<string>();
  return {
    ...context,
    // several parts of a site ask the same
    note: (text) => {
      if (!noted.has(text)) context.note(text);
      noted.add(text);
    },
    repository: {
      ...context.repository,
      objects: sharedReader(context.repository.objects),
      tags: {
        list: async (scope) => {
          const own = scope === 'all' ? readings : of(scope);
          const known = new Map(own.map((reading) => [refOf(reading).name, reading]));
          return { refs: own.map((reading) => ({ ...refOf(reading), peeled: peeledOf(reading) })), known };
        },
        read: async (refs) => {
          const names = new Set(refs.map(({ name }) => name));
          return readings.filter((reading) => names.has(refOf(reading).name));
        },
      },
    },
  };
}

const peeledOf = (reading: TagReading): TagRef['peeled'] => {
  if ('tag' in reading) return reading.tag.commit;
  return reading.defect === 'lightweight' ? undefined : 'unknown';
};

/** How many answers are kept: those about a few artifacts. */
const LISTINGS = 32;
/** Entries of trees that are kept, in all. */
const ENTRIES = 100_000;
const BLOBS = 500;

/** A larger file is read on its own, as far as it is wanted. */
const SMALL = 64 * 1024;

/**
 * Reads each object once, and those that are asked for at the same time in one go. A site reads the link of every version, and looks for
 * cards in several places; each question alone would be a run of git.
 */
function sharedReader(objects: Objects): Objects {
  const { many } = objects;
  const listingOf = memoize((commit: Oid) => objects.entries(commit, ''), { most: LISTINGS });
  const sizeOf = memoize(
    together((oids: readonly Oid[]) => objects.sizes(oids)),
    { most: BLOBS },
  );
  const entries: Objects['entries'] = async (commit, path) => {
    const listing = await listingOf(commit);
    return path === '' ? listing : listing.filter((entry) => entry.path.startsWith(`${path}/`));
  };
  const sizes: Objects['sizes'] = async (oids) => {
    const found = await Promise.all(oids.map(async (oid) => [oid, await sizeOf(oid)] as const));
    return new Map(found.filter((one): one is [Oid, number] => one[1] !== undefined));
  };
  if (many === undefined) return { ...objects, entries, sizes };
  const treeOf = keptTrees(together(many.trees));
  const smallBlob = memoize(together(many.blobs), { most: BLOBS });
  return {
    ...objects,
    entries,
    sizes,
    entry: async (commit, path) => {
      let found: TreeEntry = { path: '', type: 'tree', oid: commit };
      for (const part of path === '' ? [] : path.split('/')) {
        if (found.type !== 'tree') return undefined;
        const tree = await treeOf(found.oid);
        // the one question says what is wrong with it
        if (tree === undefined) return objects.entry(commit, path);
        const next = tree.find((one) => one.path === part);
        if (next === undefined) return undefined;
        found = next;
      }
      return { ...found, path };
    },
    blob: async (oid, most) => {
      const size = await sizeOf(oid);
      const bytes = size !== undefined && size <= SMALL ? await smallBlob(oid) : undefined;
      return bytes?.subarray(0, most) ?? objects.blob(oid, most);
    },
    many: {
      trees: (oids) => answered(oids, treeOf),
      blobs: (oids) => answered(oids, smallBlob),
    },
  };
}

/** Keeps the trees that were read last, up to so many entries: a tree may have two of them or thousands. */
function keptTrees(
  ask: (oid: Oid) => Promise<TreeEntry[] | undefined>,
): (oid: Oid) => Promise<TreeEntry[] | undefined> {
  const kept = new Map<Oid, Promise<TreeEntry[] | undefined>>();
  const sizes = new Map<Oid, number>();
  let total = 0;
  return (oid) => {
    const known = kept.get(oid);
    if (known !== undefined) return known;
    const asked = ask(oid);
    kept.set(oid, asked);
    asked.then(
      (entries = []) => {
        sizes.set(oid, entries.length);
        total += entries.length;
        for (const [oldest, size] of sizes) {
          if (total <= ENTRIES || oldest === oid) break;
          total -= size;
          sizes.delete(oldest);
          kept.delete(oldest);
        }
      },
      () => kept.delete(oid),
    );
    return asked;
  };
}

async function answered<T>(
  oids: readonly Oid[],
  ask: (oid: Oid) => Promise<T | undefined>,
): Promise<Map<Oid, T>> {
  const answers = new Map<Oid, T>();
  for (const [index, answer] of (await Promise.all(oids.map(ask))).entries())
    if (answer !== undefined) answers.set(oids[index] ?? '', answer);
  return answers;
}

/** Asks one thing at a time: what is asked for at the same moment, or while an answer is on its way, goes together. */
function together<T>(
  ask: (oids: readonly Oid[]) => Promise<Map<Oid, T>>,
): (oid: Oid) => Promise<T | undefined> {
  let waiting = new Set<Oid>();
  let next: Promise<Map<Oid, T>> | undefined;
  let running: Promise<unknown> = Promise.resolve();
  const askAfter = async (before: Promise<unknown>): Promise<Map<Oid, T>> => {
    await before.catch(() => undefined);
    // callers that were answered may have another question first
    await setImmediate();
    const oids = [...waiting];
    waiting = new Set();
    next = undefined;
    return ask(oids);
  };
  return async (oid) => {
    waiting.add(oid);
    if (next === undefined) {
      next = askAfter(running);
      running = next;
    }
    return (await next).get(oid);
  };
}
