import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

/** Answers a request in place of the server; `serve` lets it answer as it should. */
export type Answer = (request: IncomingMessage, response: ServerResponse, serve: () => void) => void;

/** A web server on loopback that serves the files of a folder, and can be told to fail. */
export interface FileServer {
  /** The URL of the folder, with a slash at its end. */
  url: string;
  /** The requests so far, oldest first. */
  requests: IncomingMessage[];
  /** Puts a file there. */
  put(path: string, bytes: Uint8Array): void;
  /** Lets so many requests from now on be answered otherwise, by default all; without an answer all is well again. */
  be(answer?: Answer, first?: number): void;
  close(): Promise<void>;
}

/** Serves a folder. */
export async function serveFiles(folder: string): Promise<FileServer> {
  const requests: IncomingMessage[] = [];
  let mode: Answer | undefined;
  let left = 0;
  const server = createServer((request, response) => {
    requests.push(request);
    const serve = (): void => sendFile(fileOf(folder, request), request, response);
    left -= 1;
    if (mode && left >= 0) mode(request, response, serve);
    else serve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    put: (path, bytes) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    },
    be: (answer, first = Number.POSITIVE_INFINITY) => {
      mode = answer;
      left = first;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function fileOf(folder: string, { url = '' }: IncomingMessage): Buffer | undefined {
  try {
    return readFileSync(join(folder, decodeURIComponent(new URL(url, 'http://localhost').pathname)));
  } catch {
    return undefined;
  }
}

/** Sends a file, or the part that was asked for (RFC 9110, section 14). */
export function sendFile(
  file: Buffer | undefined,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
): void {
  if (file === undefined) return void response.writeHead(404).end('nothing here');
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  const [start, end] = first === undefined ? [0, file.length] : [Number(first), Number(last) + 1];
  if (first !== undefined && start >= file.length)
    return void response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
  const part = file.subarray(start, end);
  const range = { 'content-range': `bytes ${start}-${start + part.length - 1}/${file.length}` };
  response.writeHead(first === undefined ? 200 : 206, {
    'accept-ranges': 'bytes',
    'content-length': part.length,
    ...(first === undefined ? {} : range),
  });
  response.end(method === 'HEAD' ? undefined : part);
}
