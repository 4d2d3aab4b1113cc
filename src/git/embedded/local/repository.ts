import { join } from 'node:path';
import type { Oid } from '../../../domain/event.js';
import { RegError } from '../../../errors.js';
import { isFolder, readIfThere } from '../../../util/files.js';
import { isSet, type Settings, setting } from '../../files/settings.js';
import type { RefTips, RegistryRepository, RepositoryInspector, SourceRepository } from '../../port.js';
import { tagsByReader } from '../../tags-by-reader.js';
import { eachObject, type Objects } from '../found-object.js';
import { embeddedHistory, mergeBase } from '../history.js';
import { objectReader, requireAll } from '../object-reader.js';
import { refusing } from '../refusing.js';
import { openObjectStore } from '../store/object-store.js';
import { peel } from '../tag-readings.js';
import { localLargeFiles } from './large-files.js';
import { findPlace, type Place } from './place.js';
import { openRefs, type Refs } from './refs.js';
import { resolveLocalCommit } from './resolve-commit.js';
import { localTagReader } from './tags.js';

/**
 * Opens the repository that a folder is in, to read it without the git program: a work tree, a folder inside one, a linked
 * work tree, a bare repository.
 * @throws RegError NO_REPOSITORY, GIT_MISSING when it is stored in a way that only the git program knows; every call throws
 * GIT_MISSING for what only the git program can do, writing above all
 */
export async function openLocalRepository(
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<RegistryRepository> {
  const place = await findPlace(folder, env);
  const refs = openRefs(place.gitDir, place.commonDir);
  const objects = objectsOf(place);
  return {
    url: undefined,
    workTree: async () => place.workTree,
    tags: tagsByReader(localTagReader(refs, objects)),
    ...localTagReader(refs, objects),
    ...objectReader(whole(objects), (rev) => resolveLocalCommit(refs, objects, () => cutOff(place), rev)),
    ...embeddedHistory(objects.read, async () => (await cutOff(place)).size > 0),
    largeFiles: localLargeFiles(place),
    listTips: () => listTips(refs, objects),
    ...localInspector(place),
    ...refusing,
  };
}

async function listTips(refs: Refs, objects: Objects): Promise<RefTips> {
  const stored = await refs.list('refs/');
  const tips = await eachObject(stored, async ({ oid, peeled }) => peeled ?? (await endOf(objects, oid)));
  const head = await refs.read('HEAD');
  const all: [string, Oid][] = [...tips].map(([{ name }, oid]) => [name, oid]);
  return new Map(head === undefined ? all : [['HEAD', head], ...all]);
}

/** What a tag leads to, or the object itself. */
async function endOf(objects: Objects, oid: Oid): Promise<Oid> {
  const head = await objects.head(oid);
  return (head && (await peel(objects, { type: head.type, oid })))?.oid ?? oid;
}

/**
 * Opens a folder as the source of models.
 * @throws RegError NO_REPOSITORY, GIT_MISSING
 */
export async function openLocalSource(folder: string): Promise<SourceRepository> {
  const nowhere = new RegError(
    'NO_REPOSITORY',
    `there is no git repository at ${folder}`,
    'check --source, or source.repo of the link',
  );
  if (!(await isFolder(folder))) throw nowhere;
  return openLocalRepository(folder, {}).catch((error: unknown) => {
    throw error instanceof RegError && error.code === 'NO_REPOSITORY' ? nowhere : error;
  });
}

function localInspector(place: Place): RepositoryInspector {
  const all = openObjectStore(join(place.commonDir, 'objects'));
  return {
    isShallow: async () => (await cutOff(place)).size > 0,
    objectTypes: async (oids) => {
      const heads = await eachObject(oids, all.head);
      return new Map(oids.map((oid) => [oid, heads.get(oid)?.type ?? 'missing']));
    },
    mergeBase: (one, other) => mergeBase(objectsOf(place).read, one, other),
    hasRemote: async (name) => setting(place.settings, `remote.${name}.url`) !== undefined,
  };
}

/** The commits at which history was cut off when it was cloned, one a line (gitrepository-layout(5), `shallow`). */
async function cutOff({ commonDir }: Place): Promise<ReadonlySet<Oid>> {
  const bytes = await readIfThere(join(commonDir, 'shallow'));
  return new Set(
    Buffer.from(bytes ?? '')
      .toString()
      .split('\n')
      .filter(Boolean),
  );
}

function objectsOf({ commonDir, settings }: Place): Objects {
  const objects = openObjectStore(join(commonDir, 'objects'));
  return isPartial(settings) ? requireAll(objects) : objects;
}

/** A clone whose remote promised to send the rest when it is asked (gitformat-pack(5), partial clones). */
const isPartial = (settings: Settings): boolean =>
  settings.has('extensions.partialclone') ||
  [...settings.keys()].some((key) => /^remote\..*\.promisor$/.test(key) && isSet(settings, key));

const nothing = async (): Promise<void> => undefined;
/** Everything is here already. */
const whole = (objects: Objects) => ({ objects, obtainTrees: nothing, obtainFiles: nothing });
