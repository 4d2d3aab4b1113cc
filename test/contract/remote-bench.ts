import { join } from 'node:path';
import { expect } from 'vitest';
import { type ArtifactName, artifactName } from '../../src/domain/names.js';
import { openBinaryRepository } from '../../src/git/binary/repository.js';
import { openUrlRepository } from '../../src/git/binary/url/repository.js';
import type { NewRef, RegistryRepository, RemoteListing, Turn } from '../../src/git/port.js';
import { encodeTag } from '../../src/git/tag-object.js';
import { type Repository, type Sandbox, START } from '../support/repo.js';

export const CHURN = artifactName('churn');

/** How a push may end; a reason is what people are told. */
export const DONE = { outcome: 'done' };
export const LOST = expect.objectContaining({ outcome: 'lost', reason: expect.stringMatching(/\S/) });
export const REFUSED = { outcome: 'refused', reason: expect.stringMatching(/\S/) };

/** A bare repository with two commits on `main`, and nothing else. */
export function makeRemote(box: Sandbox, name: string): Repository {
  const source = box.repository(`${name}-source`);
  for (const content of ['one', 'two']) source.commit({ 'model.bin': content });
  source.git('clone', '--quiet', '--bare', '.', join(box.root, `${name}.git`));
  const remote = box.at(`${name}.git`);
  remote.git('config', 'uploadpack.allowFilter', 'true');
  return remote;
}

/** One who writes at a remote. */
export interface Writer {
  repository: RegistryRepository;
  /** What the remote is called here. */
  origin: string;
  /** Stores a tag object that nobody else has; gives the ref that is to lead to it. */
  draft(tagName: string, rev?: string): Promise<NewRef>;
  /** Whose turn it is at the remote. */
  turn(artifact?: ArtifactName): Promise<Turn>;
  /** The names of the tags of an artifact at the remote. */
  names(artifact?: ArtifactName): Promise<string[]>;
}

let writers = 0;

function writerWith(repository: RegistryRepository, origin: string): Writer {
  writers += 1;
  const tagger = { name: `Writer ${writers}`, email: 'writer@example.com' };
  const list = (artifact: ArtifactName): Promise<RemoteListing> =>
    repository.listRemoteArtifact(origin, artifact);
  return {
    repository,
    origin,
    draft: async (tagName, rev = 'main') => {
      const object = (await repository.resolveCommit(rev)) ?? '';
      const made = { object, type: 'commit', tag: tagName, tagger, date: START, zone: '+0000' } as const;
      return { tagName, oid: await repository.writeTagObject(encodeTag({ ...made, message: 'Said\n' })) };
    },
    turn: async (artifact = CHURN) => (await list(artifact)).turn,
    names: async (artifact = CHURN) => (await list(artifact)).tags.map(({ name }) => name),
  };
}

/** Every adapter that writes at a remote. */
export const WRITERS: readonly (readonly [string, (box: Sandbox, remote: Repository) => Writer])[] = [
  ['a clone', cloneWriter],
  ['a URL', urlWriter],
];

/** Writes from a clone of its own, which has none of the tags. */
export function cloneWriter(box: Sandbox, remote: Repository): Writer {
  const dir = join(box.root, `clone-${writers}`);
  remote.git('clone', '--quiet', '--no-tags', '.', dir);
  return writerWith(openBinaryRepository(dir, box), 'origin');
}

/** Writes with the URL alone, and a cache of its own. */
function urlWriter(box: Sandbox, remote: Repository): Writer {
  const cache = join(box.root, `cache-${writers}`);
  const repository = openUrlRepository(`file://${remote.dir}`, cache, box);
  return writerWith(repository, repository.url ?? '');
}
