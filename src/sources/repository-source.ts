import type { Oid } from '../domain/event.js';
import type { SourceRepository } from '../git/port.js';
import type { Surroundings } from '../net/http.js';
import type { StoreOpener } from '../stores/port.js';
import { artifactInGit } from './dvc/artifact.js';
import { isDvcFile } from './dvc/dvc-file.js';
import { findDvcModel } from './dvc/find.js';
import { gitModel } from './git-source.js';
import type { SourceModel } from './model.js';

/** What reading a model of a repository takes beside the repository itself. */
export interface RepositorySurroundings {
  stores: StoreOpener;
  around: Surroundings;
  /** The absolute path of the repository's work tree; undefined for one at a URL. */
  at: string | undefined;
}

/**
 * Finds the model at a path of a commit: in git itself, where a pointer of Git LFS leads, or where DVC keeps it.
 * @throws RegError SOURCE_PATH when nothing is there, SOURCE_UNSUPPORTED, REMOTE_FAILED, STORE_FAILED
 */
export async function repositoryModel(
  repository: SourceRepository,
  commit: Oid,
  path: string,
  { stores, around, at }: RepositorySurroundings,
): Promise<SourceModel> {
  const inGit = (where: string): Promise<SourceModel> => gitModel(repository, commit, where, around);
  if (!isDvcFile(path) && (await repository.entryAt(commit, path))) return inGit(path);
  const tracked = await findDvcModel(repository, commit, path, stores, at);
  if (tracked) return tracked;
  return inGit((await artifactInGit(repository, commit, path)) ?? path);
}
