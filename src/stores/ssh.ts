import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { compareText } from '../domain/order.js';
import { interrupted, RegError } from '../errors.js';
import type { ByteRange, Surroundings } from '../net/http.js';
import { mapAtMost } from '../util/async.js';
import { shellLine } from '../util/shell.js';
import { exactly } from '../util/stream.js';
import { utf8Text } from '../util/text.js';
import { timeoutOf } from '../util/timeout.js';
import { isTemporary, refuseUnsafeKey, temporaryName } from './folder.js';
import {
  type ObjectBytes,
  type ObjectStore,
  objectBytes,
  type StoredObject,
  type StoreSettings,
} from './port.js';
import { connectSftp, type FileStatus, type Sftp, SftpRefusal, type SshProgram } from './sftp.js';
import { parseSshUrl, type SshUrl } from './url.js';

/**
 * Opens a folder of a machine that is reached by ssh, `ssh://[user@]host[:port]/folder`: its server has to offer SFTP, and need not let
 * run any program. Login, agent and keys of hosts are those of the machine's ssh, which asks nothing (ssh_config(5), BatchMode). Like git,
 * it runs `GIT_SSH_COMMAND` or `GIT_SSH` in place of ssh where one is set.
 * @throws RegError SOURCE_UNSUPPORTED for a URL without a host, or with a password
 */
export function openSsh(
  url: string,
  { user, port, keyfile }: StoreSettings,
  { env, signal }: Surroundings,
): ObjectStore {
  const named = parseSshUrl(url);
  // settings come before what the URL says (DVC, `dvc remote modify`, "SSH")
  const place: SshUrl = { ...named, user: user ?? named.user, port: port ?? named.port };
  const { top, shown } = place;
  const program = sshProgram(place, keyfile, env);
  const pathOf = (key: string): string => {
    if (key !== '') refuseUnsafeKey(key);
    return posix.join(top, key);
  };
  const failure =
    (doing: string) =>
    (error: unknown): RegError => {
      if (signal?.aborted) return interrupted();
      if (error instanceof RegError) return error;
      const why = error instanceof Error ? error.message : String(error);
      const hint =
        error instanceof SftpRefusal ? ACCESS_HINT : `log in there without a question: ${loginLine(place)}`;
      return new RegError('STORE_FAILED', `cannot ${doing}: ${why}`, hint);
    };
  const ask = async <T>(doing: string, call: (sftp: Sftp) => Promise<T>): Promise<T> => {
    const answer = async (): Promise<T> => call(await connected(program, env));
    if (signal?.aborted) throw interrupted();
    return unlessAborted(answer(), signal).catch((error) => {
      throw failure(doing)(error);
    });
  };
  return {
    shown,
    stat: (key) =>
      ask(`look for ${key} at ${shown}`, async (sftp) => {
        const found = await statusOf(sftp, pathOf(key));
        if (found === undefined || found.kind === 'folder') return undefined;
        if (found.kind === 'other')
          throw new RegError('SOURCE_PATH', `${key} at ${shown} is not a regular file`);
        return { key, size: found.size, ranges: true };
      }),
    list: (folder) => ask(`list ${shown}`, (sftp) => listBelow(sftp, shown, pathOf(folder), folder)),
    read: async (key, range) => {
      const doing = `read ${key} from ${shown}`;
      const { stream, size } = await ask(doing, async (sftp) => {
        const found = await statusOf(sftp, pathOf(key));
        if (found?.kind !== 'file')
          throw new RegError('SOURCE_PATH', `there is no ${key} at ${shown}`, 'check the path');
        const bytes = await readFile(sftp, pathOf(key), range);
        // it came too late
        if (signal?.aborted) bytes.stream.destroy();
        return bytes;
      });
      return exactly(stream, { size, signal, failure: failure(doing) });
    },
    write: async (key, bytes, size) => {
      const object = objectBytes(key, bytes, size);
      const abort = (): void => void object.stream.destroy();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        signal?.throwIfAborted();
        await writeFile(await connected(program, env), pathOf(key), object);
      } catch (error) {
        const own = signal?.aborted ? undefined : object.failure();
        throw own ?? failure(`write ${key} to ${shown}`)(error);
      } finally {
        signal?.removeEventListener('abort', abort);
        object.stream.destroy();
      }
    },
  };
}

const ACCESS_HINT = 'check that you may read and write there, and that there is room';

/** The command that logs in by hand: it says more, and asks about the key of a new host. */
const loginLine = ({ host, port, user }: SshUrl): string =>
  shellLine(
    'sftp',
    ...(port === undefined ? [] : ['-P', String(port)]),
    user === undefined ? host : `${user}@${host}`,
  );

/** The program to run, and its arguments. */
function sshProgram(
  { host, port, user }: SshUrl,
  keyfile: string | undefined,
  env: NodeJS.ProcessEnv,
): SshProgram {
  const seconds = Math.ceil(timeoutOf(env));
  const args = [
    ...['BatchMode=yes', `ConnectTimeout=${seconds}`, ...NO_FORWARDING].flatMap((option) => ['-o', option]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(keyfile === undefined ? [] : ['-i', keyfile]),
    ...['-s', host, 'sftp'],
  ];
  const { GIT_SSH_COMMAND: command, GIT_SSH: file } = env;
  // git(1), GIT_SSH_COMMAND: a shell reads it, and the arguments follow
  if (command) return { file: 'sh', args: ['-c', `${command} "$@"`, command, ...args], env };
  return { file: file || 'ssh', args, env };
}

/** What the sftp program asks of ssh too. */
const NO_FORWARDING = [
  'ForwardX11=no',
  'ForwardAgent=no',
  'PermitLocalCommand=no',
  'ClearAllForwardings=yes',
];

/** The connections of this process, by environment and command. */
const connections = new WeakMap<NodeJS.ProcessEnv, Map<string, Promise<Sftp>>>();

/** The connection of a program: one for all stores of a host, until it ends. */
async function connected(program: SshProgram, env: NodeJS.ProcessEnv): Promise<Sftp> {
  const all = connections.get(env) ?? new Map<string, Promise<Sftp>>();
  connections.set(env, all);
  const key = JSON.stringify([program.file, program.args]);
  const there = all.get(key);
  if (there) {
    const sftp = await there;
    if (sftp.isOpen()) return sftp;
    if (all.get(key) !== there) return connected(program, env);
  }
  const sftp = connectSftp(program, timeoutOf(env));
  all.set(key, sftp);
  sftp.catch(() => all.get(key) === sftp && all.delete(key));
  return sftp;
}

/** Waits no longer than until the signal; the connection goes on for others. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(interrupted());
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** The status of a path, links followed; undefined where there is nothing. */
const statusOf = (sftp: Sftp, path: string): Promise<FileStatus | undefined> =>
  sftp.stat(path).catch(unlessMissing);

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof SftpRefusal && error.isMissing)) throw error;
}

/** Folders that are listed, and links that are followed, at a time. */
const AT_ONCE = 8;

async function listBelow(sftp: Sftp, shown: string, path: string, folder: string): Promise<StoredObject[]> {
  const top = await statusOf(sftp, path);
  if (top?.kind !== 'folder') {
    if (top === undefined || folder !== '') return [];
    throw new RegError('STORE_FAILED', `cannot list ${shown}: it is not a folder`, 'name a folder');
  }
  const found = await filesIn(sftp, shown, path, folder === '' ? '' : `${folder}/`);
  return found.sort((a, b) => compareText(a.key, b.key));
}

async function filesIn(sftp: Sftp, shown: string, path: string, prefix: string): Promise<StoredObject[]> {
  const entries = await sftp.list(path);
  const found = await mapAtMost(
    AT_ONCE,
    entries,
    async ({ name: bytes, status }): Promise<StoredObject[]> => {
      const name = utf8Text(bytes);
      const refuse = (why: string): RegError =>
        new RegError(
          'SOURCE_PATH',
          `${prefix}${bytes} ${why}, so ${shown} cannot be listed`,
          'keep only files and folders there',
        );
      if (name === undefined || name.includes('/')) throw refuse('has a name that is not UTF-8');
      if (name === '.' || name === '..' || isTemporary(name)) return [];
      const key = prefix + name;
      if (status.kind === 'folder') return filesIn(sftp, shown, posix.join(path, name), `${key}/`);
      const target = status.kind === 'link' ? await statusOf(sftp, posix.join(path, name)) : status;
      if (target === undefined) throw refuse('is a symbolic link to nothing');
      if (target.kind === 'folder') throw refuse('is a symbolic link to a folder');
      if (target.kind !== 'file') throw refuse('is not a regular file');
      return [{ key, size: target.size, ranges: true }];
    },
  );
  return found.flat();
}

/** Bytes that were asked for and have not come: enough for a fast line that is long. */
const IN_FLIGHT_BYTES = 4 * 1024 * 1024;

/** The bytes of a file, or a part of them, and how many they are. */
async function readFile(
  sftp: Sftp,
  path: string,
  range: ByteRange | undefined,
): Promise<{ stream: Readable; size: number }> {
  const handle = await sftp.open(path, 'read');
  const { size: whole = 0 } = await sftp.statOpen(handle);
  const start = Math.min(range?.start ?? 0, whole);
  const end = Math.max(start, Math.min(range?.end ?? whole, whole));
  const coming: Promise<Buffer>[] = [];
  let next = start;
  const ask = (): void => {
    while (next < end && coming.length < Math.max(1, IN_FLIGHT_BYTES / sftp.most)) {
      const part = readPart(sftp, handle, next, Math.min(end - next, sftp.most));
      // its failure is that of the stream when its turn comes
      part.catch(() => undefined);
      coming.push(part);
      next += sftp.most;
    }
  };
  const stream = new Readable({
    highWaterMark: sftp.most,
    read: () => {
      ask();
      const part = coming.shift();
      if (part === undefined) stream.push(null);
      else
        part.then(
          (bytes) => stream.push(bytes),
          (error) => stream.destroy(error),
        );
    },
    destroy: (error, done) => {
      sftp.close(handle).catch(() => undefined);
      done(error);
    },
  });
  return { stream, size: end - start };
}

/** A server may answer with fewer bytes than it was asked for. */
async function readPart(sftp: Sftp, handle: Buffer, start: number, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let count = 0; count < length; ) {
    const part = await sftp.read(handle, start + count, length - count);
    if (part === undefined || part.length === 0)
      throw new Error(`the file ended after ${start + count} bytes`);
    count += part.length;
    parts.push(part);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

/**
 * Writes a file under a name that no key has, and gives it its own when it is whole. Writers of the same key do not disturb each other, and
 * the last one stays.
 */
async function writeFile(sftp: Sftp, path: string, { stream }: ObjectBytes): Promise<void> {
  const beside = posix.join(posix.dirname(path), temporaryName(randomUUID()));
  const handle = await sftp.open(beside, 'write').catch(async (error) => {
    unlessMissing(error);
    await makeFolders(sftp, posix.dirname(path));
    return sftp.open(beside, 'write');
  });
  try {
    await writeAll(sftp, handle, stream);
    await sftp.sync(handle);
    await sftp.close(handle);
    await sftp.replace(beside, path);
  } catch (error) {
    await sftp.close(handle).catch(() => undefined);
    await sftp.remove(beside).catch(() => undefined);
    throw error;
  }
}

async function writeAll(sftp: Sftp, handle: Buffer, bytes: AsyncIterable<Buffer>): Promise<void> {
  const running = new Set<Promise<void>>();
  let failed: { error: unknown } | undefined;
  let at = 0;
  for await (const chunk of bytes)
    for (let start = 0; start < chunk.length; start += sftp.most) {
      if (failed) throw failed.error;
      const part = chunk.subarray(start, start + sftp.most);
      const written = sftp.write(handle, at, part).then(
        () => void running.delete(written),
        (error) => {
          failed ??= { error };
          running.delete(written);
        },
      );
      running.add(written);
      at += part.length;
      if (running.size >= Math.max(1, IN_FLIGHT_BYTES / sftp.most)) await Promise.race(running);
    }
  await Promise.all(running);
  if (failed) throw (failed as { error: unknown }).error;
}

/** Makes a folder and those above it. */
async function makeFolders(sftp: Sftp, path: string): Promise<void> {
  if ((await statusOf(sftp, path))?.kind === 'folder') return;
  if (posix.dirname(path) !== path) await makeFolders(sftp, posix.dirname(path));
  await sftp.makeFolder(path).catch(async (error) => {
    // another writer may have made it meanwhile
    if ((await statusOf(sftp, path))?.kind !== 'folder') throw error;
  });
}
