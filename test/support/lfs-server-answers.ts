import type { IncomingMessage, ServerResponse } from 'node:http';

/** What can go wrong with a request. */
export type LfsFault =
  /** The status of HTTP that it is answered with. */
  | 401
  | 403
  | 404
  | 410
  | 422
  | 429
  | 500
  /** What the batch API says of each object. */
  | 'object 404'
  | 'object 410'
  | 'object 422'
  /** An answer that is not of the API. */
  | 'no JSON'
  /** It names a place to download from that is no web address. */
  | 'no address'
  /** It answers about nothing that it was asked about. */
  | 'silent'
  /** What it has nothing to say of is null. */
  | 'nulls'
  /** It asks for an hour. */
  | 'busy'
  /** It is never answered. */
  | 'hangs'
  /** Half of the bytes come, and then the connection is cut. */
  | 'truncated'
  /** Half of the bytes come, as if they were all. */
  | 'short'
  /** More bytes come than there should be, and nobody says how many. */
  | 'long'
  /** As many bytes come as there should be, others. */
  | 'wrong bytes'
  /** Everything is sent, whatever part was asked for. */
  | 'no ranges'
  /** It sends to `localhost`, which is another host by its name. */
  | 'redirects';

/** A fault, the requests that it befalls, and how many of them; all of them when that is not said. */
export interface LfsFaultMode {
  on: 'batch' | 'download';
  fault: LfsFault;
  first?: number;
}

/** What the batch API knows. */
export interface BatchState {
  objects: ReadonlyMap<string, Buffer>;
  /** Where objects are. */
  storage: string;
  token: string | undefined;
  fault: LfsFault | undefined;
}

const MEDIA_TYPE = 'application/vnd.git-lfs+json';

/** Answers a request of the batch API. */
export function answerBatch(response: ServerResponse, body: Buffer, state: BatchState): void {
  const { fault } = state;
  if (fault === 'hangs') return;
  response.setHeader('content-type', MEDIA_TYPE);
  if (fault === 'busy')
    return void response.writeHead(503, { 'retry-after': '3600' }).end('{"message":null}');
  if (typeof fault === 'number')
    return void response
      .writeHead(fault, { 'retry-after': '0' })
      .end(JSON.stringify({ message: `no: ${fault}` }));
  if (fault === 'no JSON') return void response.end('<html>It works!</html>');
  const asked = JSON.parse(body.toString()) as {
    operation: string;
    objects: { oid: string; size: number }[];
  };
  const objects = asked.objects.map((one) => ({ ...one, ...saidOf(one.oid, asked.operation, state) }));
  response.end(JSON.stringify({ transfer: 'basic', objects: fault === 'silent' ? [] : objects }));
}

function saidOf(oid: string, operation: string, { objects, storage, token, fault }: BatchState): object {
  const href = fault === 'no address' ? 'file:///etc/passwd' : `${storage}/storage/${oid}?signature=canary`;
  const action = { href, expires_in: 3600, ...(token === undefined ? {} : { header: { 'X-Token': token } }) };
  const said = /^object (\d+)$/.exec(String(fault))?.[1];
  if (said !== undefined) return { error: { code: Number(said), message: `no: ${said}` } };
  if (operation === 'upload')
    return objects.has(oid) ? {} : { authenticated: true, actions: { upload: action, verify: action } };
  if (!objects.has(oid)) return { error: { code: 404, message: 'Object does not exist' } };
  if (fault === 'nulls')
    return {
      error: null,
      authenticated: null,
      actions: { upload: null, download: { header: null, ...action } },
    };
  return { authenticated: true, actions: { download: action } };
}

/** Sends an object, or the part that was asked for. */
export function sendObject(
  { headers, url }: IncomingMessage,
  response: ServerResponse,
  all: Buffer,
  fault: LfsFault | undefined,
): void {
  if (fault === 'hangs') return;
  if (fault === 'busy') return void response.writeHead(503, { 'retry-after': '3600' }).end();
  if (typeof fault === 'number') return void response.writeHead(fault, { 'retry-after': '0' }).end();
  if (fault === 'redirects') {
    const [, port] = /:(\d+)$/.exec(headers.host ?? '') ?? [];
    return void response.writeHead(302, { location: `http://localhost:${port}${url}` }).end();
  }
  const bytes = fault === 'wrong bytes' ? Buffer.alloc(all.length, 7) : all;
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const isPart = start !== undefined && fault !== 'no ranges';
  const part = isPart ? bytes.subarray(Number(start), end === '' ? undefined : Number(end) + 1) : bytes;
  if (isPart)
    response.setHeader('content-range', `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}`);
  response.statusCode = isPart ? 206 : 200;
  if (fault === 'long') return void response.write(part, () => response.end('more'));
  const half = part.subarray(0, Math.floor(part.length / 2));
  response.setHeader('content-length', fault === 'short' ? half.length : part.length);
  if (fault === 'truncated') response.write(half, () => response.destroy());
  else response.end(fault === 'short' ? half : part);
}
