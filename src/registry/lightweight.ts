import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parseTagName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import { listArtifact, requireRemote, type TagRef } from '../git/port.js';
import { isThere } from '../util/files.js';
import { writeBelow } from '../util/safe-files.js';
import { bring, compareTags, differs } from './catch-up.js';
import { isClone, type RegistryContext } from './context.js';

// A checkout of a tag as CI makes it holds that tag as a lightweight one, which says nothing (docs/specification.md, 1 Tags).

/** What was noted already in a run, by the place for it. */
const noted = new WeakMap<RegistryContext['note'], Set<string>>();

/**
 * Brings the annotated tags of the remote in the place of lightweight ones; false where nothing changed. Others are noted.
 * @throws RegError REMOTE_FAILED; BEHIND_REMOTE where it has another tag of that name
 */
export async function replaceLightweight(
  context: RegistryContext,
  light: readonly TagRef[],
): Promise<boolean> {
  const { repository, note } = context;
  const warn = (refs: readonly TagRef[], why: string): void => {
    const known = noted.get(note) ?? new Set();
    noted.set(note, known);
    const names = refs.map(({ name }) => name).filter((name) => !known.has(name));
    for (const name of names) known.add(name);
    const [first, ...others] = names;
    if (first === undefined) return;
    const all = others.length === 0 ? first : `${first} and ${others.length} more`;
    note(`warning: ignored, because only annotated tags are events and it is lightweight${why}: ${all}`);
  };
  if (repository.address !== undefined) {
    warn(light, '');
    return false;
  }
  if (!(await isClone(context))) {
    warn(light, '');
    return false;
  }
  if (context.offline) {
    warn(light, ' here, and the remote was not asked');
    return false;
  }
  const unknown: TagRef[] = [];
  for (const ref of light) if (!(await isThere(join(context.cache, markOf(ref))))) unknown.push(ref);
  const remote = await context.remote();
  const wanted = unknown.length === 0 ? [] : await wantedFrom(context, remote, unknown);
  const brought = new Set(wanted.map(({ tag }) => tag.name));
  const left = unknown.filter(({ name }) => !brought.has(name));
  warn(
    light.filter(({ name }) => !brought.has(name)),
    ` here and not annotated at ${remote}`,
  );
  for (const ref of left) await writeBelow(context.cache, markOf(ref), '');
  await bring(repository, remote, wanted);
  return wanted.length > 0;
}

async function wantedFrom(context: RegistryContext, remote: string, light: readonly TagRef[]) {
  const names = new Set(light.map(({ name }) => name));
  const artifacts = new Set(light.flatMap(({ name }) => parseTagName(name)?.artifact ?? []));
  const [only, ...others] = artifacts;
  try {
    const from = requireRemote(context.repository, remote);
    const one = only !== undefined && others.length === 0;
    const listed = one ? (await listArtifact(from, only)).tags : await from.listTags();
    const there = listed.filter(({ name, peeled }) => names.has(name) && peeled !== undefined);
    const { wanted, differing } = compareTags(light, there);
    const [first] = differing;
    if (first === undefined) return wanted;
    throw differs(remote, parseTagName(first.name)?.artifact ?? '', differing);
  } catch (error) {
    if (!(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
    const [name = ''] = names;
    throw new RegError(
      error.code,
      `${name} is lightweight here, and its annotated tag is not: ${error.message}`,
      `check the network, or answer without it: --offline`,
    );
  }
}

/** Marks a tag that the remote has as a lightweight one too, so that it is not asked again; `reg sync` asks it all the same. */
const markOf = ({ name, oid }: TagRef): string =>
  join('gone', `light-${createHash('sha1').update(`${oid} ${name}`).digest('hex')}`);
