import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Answer } from './file-server.js';

/** What the faulty answers are about. */
export const BODY = Buffer.from('0123456789');

/** Refuses with a status, every method or one. */
export const refuse =
  (status: number, headers: Record<string, string> = {}, only?: string): Answer =>
  ({ method }, response, serve) =>
    only === undefined || only === method ? void response.writeHead(status, headers).end('no') : serve();

/** Redirects elsewhere; the paths of one server are relative. */
export const redirect =
  (location: string, status = 302): Answer =>
  ({ url }, response, serve) =>
    url === '/moved' ? void response.writeHead(status, { location }).end('moved') : serve();

/** It is never answered. */
export const hang: Answer = () => undefined;

/** The connection is cut before anything is said. */
export const reset: Answer = (request) => void request.socket.destroy();

/** Says how long it is, sends half of it, and then does something. */
const half =
  (then: (socket: { destroy(): unknown }) => void, chunked = false): Answer =>
  ({ method, socket, headers }, response, serve) => {
    if (method === 'HEAD') return serve();
    const [, start = 0, end = BODY.length - 1] = (/^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []).map(
      Number,
    );
    response.writeHead(headers.range === undefined ? 200 : 206, {
      ...(chunked ? {} : { 'content-length': end + 1 - start }),
      ...(headers.range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${BODY.length}` }),
    });
    response.write(BODY.subarray(start, Math.ceil((start + end) / 2)), () => then(socket));
  };

/** The connection ends, or breaks, in the middle of the body. */
export const truncate = half((socket) => socket.destroy());
export const truncateChunks = half((socket) => socket.destroy(), true);
export const stall = half(() => undefined);

/** Ends the connection to say that this was all of it, as HTTP/1.0 did. */
export const endWithoutLength =
  (body: Buffer, status = 200, headers = ''): Answer =>
  ({ socket }) =>
    void socket.end(
      Buffer.concat([Buffer.from(`HTTP/1.1 ${status} OK\r\nconnection: close\r\n${headers}\r\n`), body]),
    );

/** Sends raw bytes in place of an answer. */
export const sendRaw =
  (text: string): Answer =>
  ({ socket }) =>
    void socket.end(text);

/** Comes a byte at a time. */
export const slow: Answer = async ({ method }, response, serve) => {
  if (method === 'HEAD') return serve();
  response.writeHead(200, { 'content-length': BODY.length });
  for (const byte of BODY) {
    response.write(Buffer.from([byte]));
    await sleep(2);
  }
  response.end();
};

/** Packs the body although nobody asked. */
export const pack: Answer = (_request, response) => {
  const packed = gzipSync(BODY);
  response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed);
};

/** Leaves the size out when it is asked for nothing else, or says 0. */
export const headWithout =
  (headers: Record<string, string>): Answer =>
  ({ method }, response, serve) =>
    method === 'HEAD' ? void response.writeHead(200, headers).end() : serve();
