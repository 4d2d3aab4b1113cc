import type { ArtifactName } from '../domain/names.js';
import { batchIn } from '../git/binary/batch.js';
import { checkByBatch } from '../git/binary/check-by-batch.js';
import { filesAtOnce, type RepositoryFiles } from '../git/files/repository-files.js';
import type { TreeEntry } from '../git/port.js';
import { declaredArtifacts, type TreeReader } from '../registry/declared.js';
import { summaryRows, withDeclared } from '../registry/overview.js';
import type { OverviewRow } from '../registry/rows.js';
import { summariesIn } from '../registry/summaries.js';
import { plainTagReader, Unusual } from './plain-tags.js';

/**
 * The overview of the registry that a folder is in, where its files are plain and nothing in it is unusual. Otherwise undefined, and the
 * question is to be asked in full.
 * @throws Error where something is broken or unusual
 */
export async function overviewAtAGlance(
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<OverviewRow[] | undefined> {
  const files = filesAtOnce(folder, env);
  const listing = files.listPeeledTags();
  if (listing === undefined) return undefined;
  const open = batchIn(folder, { env });
  const tags = plainTagReader(files, open);
  // in this order: what HEAD declares is read while git reads objects
  const [summaries, declared] = await Promise.all([
    summariesIn(listing, { ...tags, checkTags: checkByBatch(open, tags) }),
    declaredAtHead(files),
  ]);
  return withDeclared(summaryRows(summaries), declared, {});
}

async function declaredAtHead(files: RepositoryFiles): Promise<ArtifactName[]> {
  const entries = files.listHead();
  if (entries === undefined) throw new Unusual('HEAD is for git');
  return declaredArtifacts(treeReader(files, entries), 'HEAD');
}

/** Reads files of the one commit whose entries are given. */
const treeReader = (files: RepositoryFiles, entries: readonly TreeEntry[]): TreeReader => ({
  entriesBelow: async () => [...entries],
  entryAt: async (_commit, path) => entries.find((entry) => entry.path === path),
  readBlob: async (oid) => {
    const [blob] = files.readObjects([oid]) ?? [];
    if (blob?.type !== 'blob') throw new Unusual('a file is not there, or broken');
    return blob.bytes;
  },
});
