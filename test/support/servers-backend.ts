import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Sandbox } from './repo.js';

/** An answer as git's CGI program gives it. */
export interface Answer {
  status: number;
  headers: readonly (readonly [string, string])[];
  body: Buffer;
}

/** Lets git-http-backend(1) answer a request about the repositories of a sandbox. */
export async function askBackend(box: Sandbox, request: IncomingMessage): Promise<Answer> {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const header = (name: string): string => String(request.headers[name] ?? '');
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...box.env,
      GIT_PROJECT_ROOT: box.root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: header('git-protocol'),
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: header('content-type'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(backend.stdin.on('error', () => undefined));
  const out: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  await new Promise<void>((resolve) => backend.on('close', () => resolve()));
  return parse(Buffer.concat(out));
}

/** Takes the header lines of a CGI answer off its body (RFC 3875, section 6). */
function parse(out: Buffer): Answer {
  const end = out.indexOf('\r\n\r\n');
  const headers = out
    .toString('latin1', 0, end)
    .split('\r\n')
    .map((line): [string, string] => {
      const [name = '', value = ''] = line.split(/: (.*)/);
      return [name.toLowerCase(), value];
    });
  const status = headers.find(([name]) => name === 'status')?.[1] ?? '200';
  return {
    status: Number.parseInt(status, 10),
    headers: headers.filter(([name]) => name !== 'status'),
    body: out.subarray(end + 4),
  };
}

/** Sends an answer, or only its first bytes although it says how long it is. */
export function sendAnswer(
  response: ServerResponse,
  { status, headers, body }: Answer,
  bytes = body.length,
): void {
  response.statusCode = status;
  for (const [name, value] of headers) response.setHeader(name, value);
  response.setHeader('content-length', body.length);
  if (bytes === body.length) response.end(body);
  else response.write(body.subarray(0, bytes), () => response.destroy());
}
