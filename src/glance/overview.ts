import type { ArtifactName } from '../domain/names.js';
import { batchIn } from '../git/binary/batch.js';
import { checkByBatch } from '../git/binary/check-by-batch.js';
import { filesAtOnce, type RepositoryFiles } from '../git/files/repository-files.js';
import { declarationsAmong } from '../registry/declared.js';
import { summaryRows, withDeclared } from '../registry/overview.js';
import type { OverviewRow } from '../registry/rows.js';
import { summariesIn } from '../registry/summaries.js';
import { plainTagReader } from './plain-tags.js';

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
  const declared = declaredAtHead(files);
  const listing = declared && files.listPeeledTags();
  if (declared === undefined || listing === undefined) return undefined;
  const open = batchIn(folder, { env });
  const tags = plainTagReader(files, open);
  const summaries = await summariesIn(listing, { ...tags, checkTags: checkByBatch(open, tags) });
  return withDeclared(summaryRows(summaries), declared, {});
}

/** What HEAD declares; undefined where there is none, and where files of other tools would have to be read. */
function declaredAtHead(files: RepositoryFiles): ArtifactName[] | undefined {
  const entries = files.listHead();
  const { linked, foreign } = declarationsAmong(entries ?? []);
  return entries === undefined || foreign.length > 0 ? undefined : linked;
}
