import { RegError } from '../../errors.js';
import type { LargeFiles } from '../../git/port.js';
import type { StoreSurroundings } from '../../stores/port.js';
import { once } from '../../util/async.js';
import type { SourceFile } from '../model.js';
import { askBatch, type Download, MOST_OBJECTS, type Refusal } from './batch.js';
import { openDownload } from './download.js';
import type { PointedFile } from './follow.js';
import { sender } from './send.js';
import { hostnameOf, type LfsServer } from './server.js';
import { openSession, type Session } from './session.js';
import { describe } from './stored.js';

/** Files that a server of the Git LFS API gives; it is asked when the first of them is opened. */
export async function serverFiles(
  largeFiles: LargeFiles,
  server: LfsServer,
  files: readonly PointedFile[],
  around: StoreSurroundings,
): Promise<SourceFile[]> {
  const remote = await largeFiles.remote();
  const hosts = [remote && hostnameOf(remote.url), server.isAgreed ? hostnameOf(server.url) : undefined];
  const send = sender(new Set(hosts.filter((one) => one !== undefined)), around);
  const session = openSession(server, largeFiles, send);
  return inGroups(files).flatMap((group) => groupFiles(session, group));
}

/** One request asks for each object once, however many files it is. */
function groupFiles(session: Session, files: readonly PointedFile[]): SourceFile[] {
  const pointers = [...new Map(files.map(({ pointer }) => [pointer.oid, pointer])).values()];
  const askForAll = once(() => askBatch(session, pointers));
  return files.map((file) => {
    const { pointer } = file;
    const locate = async (again: boolean): Promise<Download> => {
      const answers = await (again ? askBatch(session, [pointer]) : askForAll());
      const answer = answers.get(pointer.oid);
      if (answer && 'href' in answer) return answer;
      throw refused(file, session, answer);
    };
    return {
      ...describe(file),
      ranges: true,
      open: (range) => openDownload(session, pointer, locate, range),
    };
  });
}

/** What a server says about one object (docs/api/batch.md, "Successful Responses"). */
function refused(
  { path, pointer }: PointedFile,
  { server: { shown } }: Session,
  refusal: Refusal | undefined,
): RegError {
  const object = `the object ${pointer.oid} of ${path}`;
  const said = refusal?.message ? ` (${refusal.message})` : '';
  if (refusal?.status === 404)
    return new RegError(
      'SOURCE_PATH',
      `the Git LFS server ${shown} does not have ${object}${said}`,
      'whoever committed it must still push it: git lfs push --all <remote>',
    );
  if (refusal?.status === 410)
    return new RegError('SOURCE_PATH', `${object} was removed from the Git LFS server ${shown}${said}`);
  const why = refusal ? `${refusal.status}${said}` : 'nothing about it';
  return new RegError('REMOTE_FAILED', `the Git LFS server ${shown} does not give ${object}: it says ${why}`);
}

function inGroups(files: readonly PointedFile[]): PointedFile[][] {
  const count = Math.ceil(files.length / MOST_OBJECTS);
  return Array.from({ length: count }, (_, n) => files.slice(n * MOST_OBJECTS, (n + 1) * MOST_OBJECTS));
}
