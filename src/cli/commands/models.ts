import { createReadStream } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isFileUrl } from '../../domain/location.js';
import { parseTarget } from '../../domain/target.js';
import { RegError } from '../../errors.js';
import { clearCache, listCache } from '../../models/cache.js';
import { MOST_OTHERS } from '../../models/target.js';
import { filesOf } from '../../registry/files.js';
import { type LoadOptions, loadModel, singleFile, warningOf } from '../../registry/load.js';
import { chosenBy } from '../../registry/queries.js';
import { CacheRow, FileRow, StoredRow, type UrlRow } from '../../registry/rows.js';
import { unnamedObjects } from '../../registry/unnamed.js';
import * as uploading from '../../registry/upload.js';
import { type UrlOptions, urlOf } from '../../registry/url-of.js';
import { withoutUserInfo } from '../../util/address.js';
import { cacheFolder } from '../../util/files.js';
import { commitHint, pushHint } from '../next-step.js';
import { type GlobalOptions, type Output, type OutputFormat, takesPlace } from '../output.js';
import { progressBar } from '../render/progress.js';
import { rowTable } from '../render/rows.js';
import type { Session } from '../session.js';
import { droppedNote, hintAtPath } from './linking.js';
import { notingIn, passingOverIn } from './reading.js';

/** `reg load` */
export async function load(
  { out, open, cwd }: Session,
  asked: string,
  {
    output,
    at,
    rev,
    force,
    include,
    rehash,
    cached,
    frozen,
    verify,
    url,
    expires,
    stage,
    version,
    fields,
    json,
    outputFormat,
  }: Pick<LoadOptions, 'force' | 'include' | 'rehash' | keyof Asked> &
    Pick<UrlOptions, 'expires'> &
    Pick<GlobalOptions, 'fields' | 'json' | 'outputFormat'> & {
      output?: string;
      url?: boolean;
      cached?: boolean;
    },
): Promise<void> {
  const { artifact, ...choice } = chosenIn(out, asked, { at, rev, frozen, verify, stage, version });
  if (url) return printUrl(out, await urlOf(await open(), artifact, { ...choice, expires }), outputFormat);
  if (output === '-' && ((fields !== undefined && !json) || takesPlace(outputFormat)))
    throw new RegError(
      'USAGE',
      'the model goes to standard output, and nothing else does',
      'write it to a file: -o FILE',
    );
  const progress = progressBar(out, asked);
  const loaded = await loadModel(await open(), artifact, {
    ...choice,
    force,
    include,
    rehash,
    onStart: progress.start,
    ...(cached ? {} : placeOf(output, cwd)),
  }).finally(progress.stop);
  const { kind: _, others, ...row } = loaded;
  const warning = await warningOf(loaded);
  if (warning) out.note(warning);
  if (!loaded.pinned && loaded.version !== null) out.note(unpinnedWarning(loaded));
  // only what was verified to its last byte goes out
  out.answered = row;
  if (output === '-') return pipeline(createReadStream(singleFile(loaded)), out.world.stdout, { end: false });
  await out.answer(row, () => [
    cached || isAbsolute(output ?? '') ? loaded.path : relative(cwd, loaded.path) || '.',
  ]);
  if (others) out.note(othersNote(loaded.path, others));
}

/** Names the files of a folder that the model did not bring. */
function othersNote(path: string, count: number): string {
  const many = count > MOST_OTHERS ? `more than ${MOST_OTHERS}` : count;
  return `${path} has ${many} other file${count === 1 ? '' : 's'}, left as ${count === 1 ? 'it is' : 'they are'}`;
}

/** Which version a command is about. */
type Asked = Pick<LoadOptions, 'at' | 'rev' | 'frozen' | 'verify' | 'stage' | 'version'>;

function chosenIn(
  out: Output,
  asked: string,
  { stage, version, ...options }: Asked,
): LoadOptions & { artifact: string } {
  const parsed = parseTarget(asked);
  return {
    artifact: parsed.artifact,
    ...options,
    ...chosenBy(parsed, { stage, version }),
    onDeprecated: notingIn(out),
    onPassedOver: passingOverIn(out),
  };
}

/** `reg files` */
export async function files(
  { out, open }: Session,
  asked: string,
  { at, rev, frozen, verify, stage, version }: Asked,
): Promise<void> {
  const { artifact, ...choice } = chosenIn(out, asked, { at, rev, frozen, verify, stage, version });
  const { files: rows, ...listed } = await filesOf(await open(), artifact, choice);
  await out.answer(rows, () => rowTable(FileRow, rows, out));
  out.answered = listed;
  const unknown = rows.filter(({ sha256 }) => sha256 === null).length;
  if (unknown > 0)
    out.note(
      `the source does not say the SHA-256 of ${unknown === rows.length ? 'its files' : `${unknown} of ${rows.length} files`}, so the list is not compared with the link; reg load reads them`,
    );
  if (!listed.pinned && listed.version !== null) out.note(unpinnedWarning(listed));
}

/** Prints the address of the bytes. One with a signature is for the later steps: others read the log of a job. */
async function printUrl(out: Output, found: UrlRow, format: OutputFormat | undefined): Promise<void> {
  const url = format === 'github' ? withoutUserInfo(found.url) : found.url;
  await out.answer({ ...found, url }, () => [url]);
  out.answered = found;
  if (found.note !== null) out.note(found.note);
  if (!found.pinned && found.version !== null) out.note(unpinnedWarning(found));
}

const unpinnedWarning = ({ artifact, version }: { artifact: string; version: string | null }): string =>
  `warning: the link of ${artifact} ${version} is not pinned, so these may be other bytes than those that were meant`;

/** Into the working folder unless a path was given; standard output is fed from the cache. */
function placeOf(output: string | undefined, cwd: string): Pick<LoadOptions, 'to' | 'into'> {
  if (output === '-') return {};
  if (output === undefined) return { into: cwd };
  // join keeps a slash at the end, which says that a folder is meant
  return { to: isAbsolute(output) ? output : join(cwd, output), into: cwd };
}

/** `reg upload` */
export async function upload(
  session: Session,
  path: string,
  artifact: string,
  {
    param,
    ...options
  }: Omit<uploading.UploadOptions, 'from' | 'onStart'> & { param: uploading.UploadOptions['params'] },
): Promise<void> {
  const { out, open, cwd } = session;
  const context = await open();
  const progress = progressBar(out, artifact);
  const { notes, ...row } = await uploading
    .upload(context, path, artifact, { ...options, params: param, from: cwd, onStart: progress.start })
    .catch(hintAtPath('upload', path, artifact))
    .finally(progress.stop);
  await out.answer(row, () => [row.path, ...row.tags.map(({ tag }) => tag)]);
  if (!row.uploaded) out.note(`the store has these bytes already: ${row.url}`);
  for (const one of [droppedNote(artifact, row.dropped), ...notes]) if (one !== undefined) out.note(one);
  if (row.url.startsWith('./'))
    out.note(
      'the store is a folder of this clone, which others do not have: --store and store: in .reg.yaml name another',
    );
  else if (isAbsolute(row.url) || isFileUrl(row.url))
    out.note('the link names a folder of this machine; others find it where it is mounted at the same place');
  if (row.commit === null) out.hint(await commitHint(context, cwd, row.path, `Link ${artifact}`));
  else await pushHint(session, context, row.tags);
}

/** `reg store` */
export async function store(
  { out, open, cwd }: Session,
  _action: 'gc',
  { dryRun, store: named }: { dryRun?: boolean; store?: string },
): Promise<void> {
  if (!dryRun)
    throw new RegError(
      'USAGE',
      'reg removes nothing from a store: other repositories may name it',
      'list it with: reg store gc --dry-run',
    );
  const found = await unnamedObjects(await open(), { store: named, from: cwd });
  const { rows } = found;
  await out.answer(rows, () => rowTable(StoredRow, rows, out));
  if (out.isData) return;
  const total = rows.reduce((sum, { size }) => sum + (size ?? 0), 0);
  out.note(
    `${rows.length} of ${rows.length + found.named} objects, ${total} bytes, in ${found.store} that no link here names; links of other repositories and clones were not looked at`,
  );
  if (found.foreign > 0)
    out.note(
      `${found.foreign} more ${found.foreign === 1 ? 'object is' : 'objects are'} not laid out as an upload does, and not judged`,
    );
}

/** `reg cache` */
export async function cache(
  { out }: Session,
  action: 'ls' | 'gc',
  { olderThan }: { olderThan: number },
): Promise<void> {
  const folder = cacheFolder(out.world.env);
  const rows =
    action === 'ls' ? await listCache(folder) : await clearCache(folder, olderThan, out.world.now());
  await out.answer(rows, () => rowTable(CacheRow, rows, out));
  if (out.isData) return;
  const total = rows.reduce((sum, { size }) => sum + size, 0);
  out.note(
    `${rows.length} ${rows.length === 1 ? 'entry' : 'entries'}, ${total} bytes, ${action === 'gc' ? 'removed from' : 'in'} ${folder}`,
  );
}
