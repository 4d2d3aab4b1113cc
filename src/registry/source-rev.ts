import type { LinkSource } from '../documents/link.js';
import type { Oid } from '../domain/event.js';
import { parseLocation } from '../domain/location.js';
import { tagRef } from '../domain/refs.js';
import { parseTarget, type Target } from '../domain/target.js';
import { RegError } from '../errors.js';
import type { SourceRepository } from '../git/port.js';
import { withoutUserInfo } from '../util/address.js';
import { openSource, type RegistryContext, sourceAddress } from './context.js';
import { choose, chosenBy, type OnDeprecated } from './queries.js';

/** What a `source.rev` that names an artifact of another registry points at: `churn#prod`, `churn@v1.2.0`. */
export function registryRef({ rev }: LinkSource): Target | undefined {
  if (rev === undefined || !/[@#]/.test(rev) || /[@#].*#|@\{/.test(rev)) return undefined;
  try {
    const target = parseTarget(rev);
    return target.which && target;
  } catch {
    return undefined;
  }
}

/**
 * The commit that a link's source means: the pinned one, else what its rev is now.
 * @throws RegError UNKNOWN_REV, REMOTE_FAILED
 */
export async function sourceCommit(
  context: RegistryContext,
  source: LinkSource,
  registryCommit: () => Promise<Oid>,
): Promise<Oid> {
  const { commit, rev, repo } = source;
  if (commit === undefined && rev === undefined && repo === undefined) return registryCommit();
  const found = await revCommit(context, source, commit ?? rev ?? 'HEAD');
  if (found) return found;
  throw new RegError(
    'UNKNOWN_REV',
    `'${commit ?? rev ?? 'HEAD'}' names no commit of ${withoutUserInfo(repo ?? 'this repository')}`,
    'the source may have been rewritten; link it again with a rev that it has',
  );
}

/**
 * The commit that a rev of a link's source is now, whatever the link pins; undefined when there is none.
 * @throws RegError REMOTE_FAILED, and what finding a stage or version of another registry throws
 */
export async function revCommit(
  context: RegistryContext,
  source: LinkSource,
  rev: string,
): Promise<Oid | undefined> {
  const target = registryRef({ ...source, rev });
  if (target === undefined) return (await sourceRepository(context, source)).objects.commit(rev);
  try {
    const onDeprecated: OnDeprecated = (artifact, successor) => {
      if (successor !== undefined) context.note(`${artifact} is deprecated; its successor is ${successor}`);
    };
    const home = await sourceRegistry(context, source);
    return (await choose(home, target.artifact, { ...chosenBy(target), onDeprecated })).commit;
  } catch (error) {
    // a tag of that name which is no event is a tag all the same
    if (!(error instanceof RegError) || error.code !== 'UNKNOWN_ARTIFACT') throw error;
    return (await sourceRepository(context, source)).objects.commit(rev);
  }
}

/**
 * What HEAD of a link's source stands for: its branch, or the commit where it is on none; undefined where there is no commit.
 * @throws RegError REMOTE_FAILED
 */
export async function headRev(context: RegistryContext, source: LinkSource): Promise<string | undefined> {
  const { defaultBranch, objects } = await sourceRepository(context, source);
  return (await defaultBranch()) ?? objects.commit('HEAD');
}

/** The repository that a link's source names; this one where it names none. */
export const sourceRepository = async (
  context: RegistryContext,
  { repo }: LinkSource,
): Promise<SourceRepository> => (repo === undefined ? context.repository : openSource(context, repo));

/** The folder of the repository that a link's source names, where it is on this machine. */
export async function sourceFolder(
  context: RegistryContext,
  { repo }: LinkSource,
): Promise<string | undefined> {
  if (repo === undefined) return (await context.workTree())?.root;
  const location = parseLocation(await sourceAddress(context, repo));
  return location.kind === 'path' ? location.path : undefined;
}

/** The registry in the repository that a link's source names; this one where it names none. */
export const sourceRegistry = async (
  context: RegistryContext,
  { repo }: LinkSource,
): Promise<RegistryContext> =>
  repo === undefined ? context : context.openOther(await sourceAddress(context, repo));

/** What a rev of a source is now. */
export interface FoundRev {
  commit: Oid | undefined;
  /** Whether it is to stay what it was: a tag, a version or a commit id, where a branch and a stage move on. */
  isFixed: boolean;
}

/**
 * Finds what a rev of a link's source is now, whatever the link pins.
 * @throws RegError REMOTE_FAILED, and what finding a stage or version of another registry throws
 */
export async function findRev(context: RegistryContext, source: LinkSource, rev: string): Promise<FoundRev> {
  const commit = await revCommit(context, source, rev);
  const target = registryRef({ ...source, rev });
  if (target) return { commit, isFixed: target.which?.kind === 'version' };
  const { objects } = await sourceRepository(context, source);
  const isFixed =
    /^([0-9a-f]{4,64}|refs\/tags\/.+)$/.test(rev) || (await objects.commit(tagRef(rev))) !== undefined;
  return { commit, isFixed };
}
