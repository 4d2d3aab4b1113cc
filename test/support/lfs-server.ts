import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { answerBatch, type LfsFault, type LfsFaultMode, sendObject } from './lfs-server-answers.js';
import type { Sandbox } from './repo.js';
import { askBackend, sendAnswer } from './servers-backend.js';

/** A request as the server got it. */
export interface LfsRequest {
  /** Method and path, such as `POST /models.git/info/lfs/objects/batch`. */
  line: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A server on loopback that has the repositories of a sandbox and their large files, as hosting services do. */
export interface LfsServer {
  /** The URL of the sandbox's folder, without a slash at the end. */
  url: string;
  /** Everything that was asked but git's own requests. */
  requests: LfsRequest[];
  /** Large files by their ids. */
  objects: Map<string, Buffer>;
  /** Has a large file; gives its pointer. */
  put(bytes: Uint8Array): string;
  /** Lets requests fail from now on; without a mode all is well again. */
  fail(mode?: LfsFaultMode): void;
  close(): Promise<void>;
}

/** How a server differs from one that lets everybody in and gives all by itself. */
export interface LfsOptions {
  /** `user:password` without which it answers 401; the places of objects need none. */
  login?: string;
  /** Gives the address of another host, at which objects are; by default they are here. */
  storage?: () => string;
  /** A header that the places of objects want, and that the batch API tells. */
  token?: string;
  /** Headers without which it answers 403, also to git. */
  headers?: Readonly<Record<string, string>>;
  /** Serves over TLS. */
  tls?: { key: Buffer; cert: Buffer };
}

/** The pointer to some bytes (git-lfs docs/spec.md). */
export const pointerTo = (bytes: Uint8Array): string =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(bytes)}\nsize ${bytes.length}\n`;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Serves git and the Git LFS API (docs/api/batch.md, docs/api/basic-transfers.md). */
export async function serveLfs(box: Sandbox, options: LfsOptions = {}): Promise<LfsServer> {
  const requests: LfsRequest[] = [];
  const objects = new Map<string, Buffer>();
  let mode: (LfsFaultMode & { left: number }) | undefined;
  let url = '';
  const wanted = options.login && `Basic ${Buffer.from(options.login).toString('base64')}`;
  const faultOf = (on: LfsFaultMode['on']): LfsFault | undefined => {
    if (mode?.on !== on || mode.left === 0) return undefined;
    mode.left -= 1;
    return mode.fault;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    const isComplete = Object.entries(options.headers ?? {}).every(
      ([name, value]) => request.headers[name] === value,
    );
    if (!isComplete) return void response.writeHead(403).end();
    const [, oid] = /^\/storage\/([0-9a-f]{64})/.exec(path) ?? [];
    if (oid === undefined && wanted && request.headers.authorization !== wanted) {
      if (isLfs(path)) requests.push(noted(request, ''));
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="models"' }).end();
    }
    if (oid === undefined && !isLfs(path)) return sendAnswer(response, await askBackend(box, request));
    const body = await bodyOf(request);
    requests.push(noted(request, request.method === 'PUT' ? '' : body.toString()));
    if (path.endsWith('/objects/batch')) {
      const storage = options.storage?.() ?? url;
      return answerBatch(response, body, { objects, storage, token: options.token, fault: faultOf('batch') });
    }
    if (oid === undefined) return void response.writeHead(404).end();
    if (options.token !== undefined && request.headers['x-token'] !== options.token)
      return void response.writeHead(403).end();
    if (request.method === 'PUT') objects.set(oid, body);
    if (request.method !== 'GET') return void response.end();
    const held = objects.get(oid);
    return held
      ? sendObject(request, response, held, faultOf('download'))
      : void response.writeHead(404).end();
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response);
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    objects,
    put: (bytes) => {
      objects.set(sha256(bytes), Buffer.from(bytes));
      return pointerTo(bytes);
    },
    fail: (next) => {
      mode = next && { ...next, left: next.first ?? Number.POSITIVE_INFINITY };
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const isLfs = (path: string): boolean => /\/info\/lfs\/|\/objects\/batch$/.test(path);

const noted = ({ method, url, headers }: IncomingMessage, body: string): LfsRequest => ({
  line: `${method} ${url}`,
  headers,
  body,
});

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
