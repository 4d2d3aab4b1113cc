import type { ChildProcess } from 'node:child_process';
import { RegError } from '../errors.js';
import { undoneAtEnd } from '../util/ending.js';
import { CONTROL } from '../util/text.js';
import { noResponse } from '../util/timeout.js';

// SFTP version 3 (draft-ietf-secsh-filexfer-02) over the standard input and output of `ssh -s HOST sftp`: the version that OpenSSH speaks,
// with its extensions (PROTOCOL in its source). The machine's ssh does what a login takes: configuration, agent, keys of hosts. A library that
// speaks ssh itself would have all that to do again. The `sftp` program reads no part of a file in batch mode, and quotes names in its own way.

/** What a server says of a file. */
export interface FileStatus {
  size: number | undefined;
  kind: 'file' | 'folder' | 'link' | 'other';
}

/** A name in a folder. */
export interface FolderEntry {
  name: Buffer;
  status: FileStatus;
}

/** The server refused a request, with a code of the protocol. */
export class SftpRefusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }

  /** Whether it says that there is no such file; OpenSSH says so too where a file is in place of a folder. */
  get isMissing(): boolean {
    return this.code === NO_SUCH_FILE;
  }
}

/** A connection to a server. Requests need not wait for each other. Each fails with `SftpRefusal`, or with why the connection is over. */
export interface Sftp {
  /** Whether it still takes requests. */
  isOpen(): boolean;
  /** Follows symbolic links. */
  stat(path: string): Promise<FileStatus>;
  list(path: string): Promise<FolderEntry[]>;
  /** Gives a handle. A file to write must not exist. */
  open(path: string, use: 'read' | 'write'): Promise<Buffer>;
  /** The status of an open file. */
  statOpen(handle: Buffer): Promise<FileStatus>;
  /** So many bytes, or fewer; undefined at the end of the file. */
  read(handle: Buffer, offset: number, length: number): Promise<Buffer | undefined>;
  write(handle: Buffer, offset: number, bytes: Uint8Array): Promise<void>;
  /** Waits until an open file is on the disk, where the server can say. */
  sync(handle: Buffer): Promise<void>;
  close(handle: Buffer): Promise<void>;
  makeFolder(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Puts a file into the place of another; in one step where the server can, as OpenSSH does. */
  replace(from: string, to: string): Promise<void>;
  /** Bytes that one request may read or write. */
  most: number;
  end(): void;
}

/** How ssh is started. */
export interface SshProgram {
  file: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
}

const [INIT, VERSION, OPEN, CLOSE, READ, WRITE] = [1, 2, 3, 4, 5, 6];
const [FSTAT, OPENDIR, READDIR, REMOVE, MKDIR, STAT, RENAME] = [8, 11, 12, 13, 14, 17, 18];
const [STATUS, EXTENDED] = [101, 200];
const [OK, END_OF_FILE, NO_SUCH_FILE] = [0, 1, 2];
/** To read; to write, create, and fail where it exists. */
const OPEN_FLAGS = { read: 0x01, write: 0x02 | 0x08 | 0x20 } as const;
const [HAS_SIZE, HAS_OWNER, HAS_MODE, HAS_TIMES, HAS_MORE] = [0x1, 0x2, 0x4, 0x8, 0x80000000];

/** Every server takes packets of 34,000 bytes, with so many bytes of a file in them. */
const LEAST_DATA = 32 * 1024;
/** OpenSSH takes packets up to 256 KiB. A longer one is no SFTP, such as what a login shell prints. */
const MOST_PACKET = 256 * 1024 + 1024;

/** A request in other words: numbers of 32 bits, large ones of 64, and texts with their length. */
type Field = number | bigint | string | Uint8Array;

/**
 * Starts ssh, and greets the server of the subsystem sftp.
 * @param seconds without a response, while one is expected, that end the connection
 * @throws RegError PACKAGE_MISSING without an ssh program; Error with the last line that ssh printed
 */
export async function connectSftp(program: SshProgram, seconds: number): Promise<Sftp> {
  const link = await startSsh(program, seconds);
  const greeting = await link.ask(INIT, [3]);
  const extensions = new Set<string>();
  const reader = readerOf(greeting.body);
  const version = reader.number();
  if (greeting.type !== VERSION || version !== 3) {
    link.end();
    throw new Error(`the server speaks version ${version} of SFTP, not 3`);
  }
  while (!reader.isAtEnd()) {
    extensions.add(reader.bytes().toString('latin1'));
    reader.bytes();
  }
  const request = async (type: number, ...fields: Field[]): Promise<Reader> => {
    const answer = await link.ask(type, fields);
    const body = readerOf(answer.body);
    if (answer.type !== STATUS) return body;
    const code = body.number();
    const text = body.isAtEnd() ? '' : body.bytes().toString();
    if (code === OK) return body;
    throw new SftpRefusal(code, text || `error ${code} of SFTP`);
  };
  const can = (name: string): boolean => extensions.has(name);
  const unlessAtEnd = (error: unknown): undefined => {
    if (error instanceof SftpRefusal && error.code === END_OF_FILE) return undefined;
    throw error;
  };
  const most = can('limits@openssh.com')
    ? mostData(await request(EXTENDED, 'limits@openssh.com'))
    : LEAST_DATA;
  const discard = async (answer: Promise<Reader>): Promise<void> => void (await answer);
  const close = (handle: Buffer): Promise<void> => discard(request(CLOSE, handle));
  return {
    isOpen: link.isOpen,
    stat: async (path) => (await request(STAT, path)).status(),
    list: async (path) => {
      const handle = (await request(OPENDIR, path)).bytes();
      const entries: FolderEntry[] = [];
      try {
        for (;;) {
          const names = await request(READDIR, handle).catch(unlessAtEnd);
          if (names === undefined) return entries;
          for (let left = names.number(); left > 0; left -= 1) {
            const name = names.bytes();
            // the line of `ls -l` that follows has no form
            names.bytes();
            entries.push({ name, status: names.status() });
          }
        }
      } finally {
        await close(handle);
      }
    },
    open: async (path, use) => (await request(OPEN, path, OPEN_FLAGS[use], 0)).bytes(),
    statOpen: async (handle) => (await request(FSTAT, handle)).status(),
    read: async (handle, offset, length) =>
      (await request(READ, handle, BigInt(offset), length).catch(unlessAtEnd))?.bytes(),
    write: (handle, offset, bytes) => discard(request(WRITE, handle, BigInt(offset), bytes)),
    sync: async (handle) => {
      if (can('fsync@openssh.com')) await request(EXTENDED, 'fsync@openssh.com', handle);
    },
    close,
    makeFolder: (path) => discard(request(MKDIR, path, 0)),
    remove: (path) => discard(request(REMOVE, path)),
    replace: async (from, to) => {
      if (can('posix-rename@openssh.com'))
        return discard(request(EXTENDED, 'posix-rename@openssh.com', from, to));
      // version 3 renames to a free name alone
      await request(REMOVE, to).catch((error) => {
        if (!(error instanceof SftpRefusal && error.isMissing)) throw error;
      });
      return discard(request(RENAME, from, to));
    },
    most,
    end: link.end,
  };
}

/** The smaller of the limits of a server for reading and writing, where it has limits. */
function mostData(limits: Reader): number {
  const [packet, read, write] = [limits.large(), limits.large(), limits.large()];
  const room = Math.min(packet > 0 ? packet - 1024 : LEAST_DATA, MOST_PACKET - 2048);
  return Math.min(room, ...[read, write].map((one) => (one > 0 ? one : LEAST_DATA)));
}

/** Reads the fields of an answer. */
type Reader = ReturnType<typeof readerOf>;

function readerOf(body: Buffer) {
  let at = 0;
  const step = (count: number): number => {
    at += count;
    if (at > body.length) throw new Error('the server sent an answer that is cut off');
    return at - count;
  };
  const number = (): number => body.readUInt32BE(step(4));
  const large = (): number => Number(body.readBigUInt64BE(step(8)));
  const bytes = (): Buffer => {
    const length = number();
    const start = step(length);
    return body.subarray(start, start + length);
  };
  return {
    isAtEnd: () => at >= body.length,
    number,
    large,
    bytes,
    status: (): FileStatus => {
      const flags = number();
      const size = flags & HAS_SIZE ? large() : undefined;
      if (flags & HAS_OWNER) step(8);
      const mode = flags & HAS_MODE ? number() : undefined;
      if (flags & HAS_TIMES) step(8);
      if ((flags & HAS_MORE) !== 0) for (let left = number() * 2; left > 0; left -= 1) bytes();
      return { size, kind: kindOf(mode) };
    },
  };
}

/** What the mode of a file says of its kind (inode(7)); without a mode it is taken for a file. */
function kindOf(mode: number | undefined): FileStatus['kind'] {
  const type = mode === undefined ? 0 : mode & 0o170000;
  if (type === 0o040000) return 'folder';
  if (type === 0o120000) return 'link';
  return type === 0 || type === 0o100000 ? 'file' : 'other';
}

interface Answer {
  type: number;
  body: Buffer;
}

/** Packets to a server and back, over a process. */
interface Link {
  isOpen(): boolean;
  ask(type: number, fields: readonly Field[]): Promise<Answer>;
  end(): void;
}

/** A connection that is not used for so long is closed. */
const IDLE_MS = 30_000;

async function startSsh({ file, args, env }: SshProgram, seconds: number): Promise<Link> {
  // loaded on use: few commands start a program
  const { spawn } = await import('node:child_process');
  const isWindows = process.platform === 'win32';
  // in a group of its own, so that what a command of the user starts ends with it
  const child = spawn(file, [...args], { env, stdio: 'pipe', detached: !isWindows, windowsHide: true });
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let over: Error | undefined;
  let timer: NodeJS.Timeout | undefined;
  let count = 0;
  const stop = undoneAtEnd(() => kill(child));
  const fail = (error: Error): void => {
    if (over) return;
    over = error;
    clearTimeout(timer);
    stop();
    kill(child);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const wait = (): void => {
    clearTimeout(timer);
    if (over) return;
    const isIdle = waiting.size === 0;
    timer = setTimeout(
      () => fail(isIdle ? new Error('the connection was closed') : noResponse(seconds)),
      isIdle ? IDLE_MS : seconds * 1000,
    );
    // a connection that waits for nothing keeps no program running
    if (isIdle) timer.unref();
    for (const one of [child, child.stdin, child.stdout, child.stderr] as unknown as NodeJS.Timeout[])
      isIdle ? one.unref() : one.ref();
  };
  let messages = '';
  child.stderr.on('data', (chunk: Buffer) => {
    messages = (messages + chunk.toString()).slice(-MOST_MESSAGES);
  });
  child.on('error', (error: NodeJS.ErrnoException) =>
    fail(error.code === 'ENOENT' ? sshMissing(file) : new Error(error.message)),
  );
  child.on('close', (code) => fail(new Error(lastLine(messages) ?? `${file} ended with exit code ${code}`)));
  // why it ended comes with its end
  child.stdin.on('error', () => undefined);
  child.stdin.on('drain', wait);
  const take = (packet: Buffer): void => {
    const type = packet.readUInt8(0);
    const id = type === VERSION ? 0 : packet.readUInt32BE(1);
    const asked = waiting.get(id);
    waiting.delete(id);
    wait();
    asked?.resolve({ type, body: packet.subarray(type === VERSION ? 1 : 5) });
  };
  child.stdout.on(
    'data',
    packetsTo(take, () => fail(new Error(NO_SFTP))),
  );
  return {
    isOpen: () => over === undefined,
    ask: (type, fields) =>
      new Promise((resolve, reject) => {
        if (over) return reject(over);
        // the greeting has no number, and counts as 0
        if (type !== INIT) count = (count % 0xffffffff) + 1;
        const id = count;
        waiting.set(id, { resolve, reject });
        child.stdin.cork();
        for (const part of packetOf(type, type === INIT ? fields : [id, ...fields])) child.stdin.write(part);
        child.stdin.uncork();
        wait();
      }),
    end: () => fail(new Error('the connection was closed')),
  };
}

const MOST_MESSAGES = 8 * 1024;
const NO_SFTP = 'the server sent something else than SFTP, such as what its login shell prints';

/** Cuts bytes into packets: a length of 32 bits, and so many bytes. */
function packetsTo(take: (packet: Buffer) => void, refuse: () => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let length = 0;
  return (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    for (;;) {
      if (length < 4) return;
      if ((chunks[0]?.length ?? 0) < 4) chunks = [Buffer.concat(chunks)];
      const size = chunks[0]?.readUInt32BE(0) ?? 0;
      if (size < 1 || size > MOST_PACKET) return refuse();
      if (length < 4 + size) return;
      const all = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
      chunks = [all.subarray(4 + size)];
      length -= 4 + size;
      take(all.subarray(4, 4 + size));
    }
  };
}

/** The parts of a packet; bytes of a file are not copied. */
function packetOf(type: number, fields: readonly Field[]): Uint8Array[] {
  const parts = fields.flatMap((field): Uint8Array[] => {
    if (typeof field === 'number') return [numberOf(field)];
    if (typeof field === 'bigint') {
      const large = Buffer.alloc(8);
      large.writeBigUInt64BE(field);
      return [large];
    }
    const bytes = typeof field === 'string' ? Buffer.from(field) : field;
    return [numberOf(bytes.length), bytes];
  });
  const size = parts.reduce((sum, part) => sum + part.length, 1);
  return [numberOf(size), Uint8Array.of(type), ...parts];
}

function numberOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function kill(child: ChildProcess): void {
  try {
    if (process.platform === 'win32' || child.pid === undefined) child.kill();
    else process.kill(-child.pid, 'SIGTERM');
  } catch {
    // it has ended
  }
}

/** The last thing that ssh printed, which is the reason: it comes after warnings and banners, and before the end of the connection. */
function lastLine(messages: string): string | undefined {
  const lines = messages
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(new RegExp(CONTROL, 'g'), '').trim())
    .filter((line) => line !== '');
  return lines.findLast((line) => !/^(Warning:|Connection (closed|reset))/.test(line)) ?? lines.at(-1);
}

const sshMissing = (file: string): RegError =>
  new RegError(
    'PACKAGE_MISSING',
    `the ssh program is needed for this, and there is no ${file}`,
    'install it, such as with: apt-get install openssh-client',
  );
