import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type ArtifactName, artifactName } from '../../src/domain/names.js';
import { openUrlRepository } from '../../src/git/open-with-git.js';
import {
  listArtifact,
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
import { type Turns, turnsOf } from '../support/soak.js';
import { creating } from './bench.js';

export { DONE, deleting, LOST } from './bench.js';

export const CHURN = artifactName('churn');

/** What a server says that will not. */
export const REFUSED = { kind: 'refused', reason: expect.stringMatching(/\S/) };

/** What the repositories of a sandbox are copied from. */
interface Originals {
  source: Repository;
  remote: Repository;
  clone: Repository;
}
const originals = new WeakMap<Sandbox, Originals>();

function originalsOf(box: Sandbox): Originals {
  const known = originals.get(box);
  if (known !== undefined) return known;
  const source = box.repository('original-source');
  for (const content of ['one', 'two']) source.commit({ 'model.bin': content });
  source.git('clone', '--quiet', '--bare', '.', '../original.git');
  const remote = box.at('original.git');
  remote.git('config', 'uploadpack.allowFilter', 'true');
  remote.git('clone', '--quiet', '--no-tags', '.', '../original-clone');
  const made = { source, remote, clone: box.at('original-clone') };
  originals.set(box, made);
  return made;
}

function copyOf(box: Sandbox, { dir }: Repository, name: string): Repository {
  cpSync(dir, join(box.root, name), { recursive: true });
  return box.at(name);
}

/** A bare repository with two commits on `main`, and nothing else. */
export const makeRemote = (box: Sandbox, name: string): Repository =>
  copyOf(box, originalsOf(box).remote, `${name}.git`);

/** The repository that a remote was cloned from, and from which more can be pushed to it. */
export const makeSource = (box: Sandbox, name: string): Repository =>
  copyOf(box, originalsOf(box).source, name);

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
    listArtifact(requireRemote(repository, origin), artifact);
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

/** The adapters, and which tests of a suite are run with each: they take turns in `npm test`. */
export const writersInTurn = (): (readonly [...(typeof WRITERS)[number], Turns])[] =>
  WRITERS.map(([kind, make], place) => [kind, make, turnsOf(place, WRITERS.length)]);

/** Writes from a clone of its own, which has none of the tags. */
export function cloneWriter(box: Sandbox, remote: Repository): Writer {
  const original = originalsOf(box);
  const { dir } = copyOf(box, original.clone, `clone-${writers}`);
  const config = join(dir, '.git/config');
  const text = readFileSync(config, 'utf8');
  writeFileSync(
    config,
    text.replace(/(\turl = ).*/, (_all, key) => `${key}${remote.dir}`),
  );
  return writerWith(openGitRepository(dir, box), 'origin');
}

/** Writes with the URL alone, and a cache of its own. */
function urlWriter(box: Sandbox, remote: Repository): Writer {
  const cache = join(box.root, `cache-${writers}`);
  const repository = openUrlRepository(`file://${remote.dir}`, cache, box);
  return writerWith(repository, repository.address ?? '');
}
