import { isDvcFile } from '../documents/dvc.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { askDvcRemote, dvcBytesAt } from '../models/dvc-digest.js';
import { dvcWorkTreeState } from '../models/dvc-work-tree.js';
import { askForLargeFiles } from '../models/git.js';
import { shellLine } from '../util/shell.js';
import type { RegistryContext } from './context.js';

// What registering asks of a model whose bytes DVC or Git LFS keeps elsewhere (docs/specification.md, 3 State, Bytes).

/**
 * Refuses to number bytes that are nowhere: those that the DVC remote of a commit does not have, and those that Git LFS has neither here
 * nor at its server.
 * @param path of the model, from the top of the registry
 * @param offline asks neither
 * @returns a warning where that is not known
 * @throws RegError NOT_PUSHED
 */
export async function refuseUnpushed(
  { repository, stores, workTree, around, remote }: RegistryContext,
  artifact: ArtifactName,
  commit: Oid,
  path: string,
  offline = false,
): Promise<string | undefined> {
  const { objects } = repository;
  if (!isDvcFile(path) && (await objects.entry(commit, path))) {
    const found = await askForLargeFiles(repository, commit, path, around, !offline);
    if (found.kind === 'missing')
      throw new RegError(
        'NOT_PUSHED',
        `the bytes of ${artifact} are neither here nor at the server: ${found.reason}`,
        `push them from where they are: ${shellLine('git', 'lfs', 'push', '--all', await remote())}; or add --unlinked`,
      );
    return found.kind === 'unknown'
      ? `warning: whether Git LFS has the bytes of ${artifact} is not known: ${found.reason}`
      : undefined;
  }
  const tools = { stores, around, at: (await workTree())?.root };
  if (offline) {
    const isTracked = (await dvcBytesAt(objects, commit, path, tools)) !== undefined;
    return isTracked ? `warning: the DVC remote was not asked for the bytes of ${artifact}` : undefined;
  }
  const answer = await askDvcRemote(objects, commit, path, tools);
  if (answer.kind === 'missing')
    throw new RegError(
      'NOT_PUSHED',
      `the bytes of ${artifact} are not in the DVC remote: ${answer.reason}`,
      `push them first: dvc push; or add --unlinked`,
    );
  return answer.kind === 'unknown'
    ? `warning: whether the DVC remote has the bytes of ${artifact} is not known: ${answer.reason}`
    : undefined;
}

/**
 * Refuses to take a commit for what the work tree has of a model that DVC tracks. A model that was not pulled is no difference.
 * @param hint what says that the commit is meant
 * @throws RegError NOT_COMMITTED
 */
export async function refuseChangedModel(
  { repository: { objects }, stores, around, workTree, cache, now }: RegistryContext,
  commit: Oid,
  path: string,
  hint: string,
): Promise<void> {
  const root = (await workTree())?.root;
  if (root === undefined || (!isDvcFile(path) && (await objects.entry(commit, path)))) return;
  const committed = await dvcBytesAt(objects, commit, path, { stores, around, at: root });
  const state = await dvcWorkTreeState(objects, commit, path, committed, { root, cache, now });
  if (state?.kind === 'changed' || state?.kind === 'uncommitted')
    throw new RegError('NOT_COMMITTED', state.reason, `${state.hint}; or ${hint}`);
}
