import { join } from 'node:path';
import { expect } from 'vitest';
import { type ArtifactName, artifactName } from '../../src/domain/names.js';
import { openUrlRepository } from '../../src/git/open-with-git.js';
import {
  type Outcome,
  type RefChange,
  type RegistryRepository,
  type RemoteListing,
  requireRemote,
  requireWriter,
  type Turn,
} from '../../src/git/port.js';
import { openGitRepository } from '../../src/git/program/repository.js';
import { type Repository, type Sandbox, START } from '../support/repo.js';
import { creating } from './bench.js';

export { DONE, deleting, LOST } from './bench.js';

export const CHURN = artifactName('churn');

/** What a server says that will not. */
export const REFUSED = { kind: 'refused', reason: expect.stringMatching(/\S/) };

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
  /** Stores a tag object that no other writer has; gives the change that creates its ref. */
  draft(tagName: string, rev?: string): Promise<RefChange>;
  /** Whose turn it is at the remote. */
  turn(artifact?: ArtifactName): Promise<Turn>;
  /** The names of the tags of an artifact at the remote. */
  names(artifact?: ArtifactName): Promise<string[]>;
}

/** Pushes as a write does: what a lost push was about is looked for at the remote before anything is decided again. */
export async function push(
  { repository, origin }: Writer,
  refs: readonly RefChange[],
  turn: Turn,
): Promise<Outcome> {
  const outcome = await requireRemote(repository, origin).push(refs, turn);
  if (outcome.kind !== 'lost') return outcome;
  const held = await requireRemote(repository, origin).listRefs(refs.map(({ ref }) => ref));
  return refs.every(({ ref, to }) => held.get(ref) === to) ? { kind: 'done' } : outcome;
}

let writers = 0;

function writerWith(repository: RegistryRepository, origin: string): Writer {
  writers += 1;
  const tagger = { name: `Writer ${writers}`, email: 'writer@example.com' };
  const list = (artifact: ArtifactName): Promise<RemoteListing> =>
    requireRemote(repository, origin).listArtifact(artifact);
  return {
    repository,
    origin,
    draft: async (tagName, rev = 'main') => {
      const object = (await repository.objects.commit(rev)) ?? '';
      const made = { object, type: 'commit', tag: tagName, tagger, date: START, zone: '+0000' } as const;
      return creating(tagName, await requireWriter(repository).store({ ...made, message: 'Said\n' }, false));
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
  return writerWith(openGitRepository(dir, box), 'origin');
}

/** Writes with the URL alone, and a cache of its own. */
function urlWriter(box: Sandbox, remote: Repository): Writer {
  const cache = join(box.root, `cache-${writers}`);
  const repository = openUrlRepository(`file://${remote.dir}`, cache, box);
  return writerWith(repository, repository.address ?? '');
}
