import { execFileSync, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import type { Sandbox } from './repo.js';
import { askBackend } from './servers-backend.js';
import { answerWith, type FaultMode, Faults, refuseWith } from './servers-faults.js';

/** A server on loopback in front of the repositories of a sandbox. */
export interface GitServer {
  /** The URL of the sandbox's folder, without a slash at the end. */
  url: string;
  /** The request lines so far; empty for servers that do not tell. */
  requests: string[];
  close(): Promise<void>;
}

/** A web server in front of git, which can be told to fail. */
export interface HttpServer extends GitServer {
  /** Lets requests fail from now on; without a mode all is well again. */
  fail(mode?: FaultMode): void;
  /** How many requests failed so since. */
  befallen(): number;
}

/** What a web server in front of git may ask for. */
export interface HttpOptions {
  /** `user:password` without which it answers 401. */
  login?: string;
}

/** Serves the repositories over HTTP, through git's own CGI program (git-http-backend(1)). */
export async function serveHttp(box: Sandbox, { login }: HttpOptions = {}): Promise<HttpServer> {
  const requests: string[] = [];
  const faults = new Faults();
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const wanted = login && `Basic ${Buffer.from(login).toString('base64')}`;
    if (wanted && request.headers.authorization !== wanted) refuseWith(response, 401);
    else void answerWith(faults.next(request), request, response, () => askBackend(box, request));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    fail: (mode) => faults.set(mode),
    befallen: () => faults.befallen,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/** Serves the repositories with `git daemon`. */
export async function serveDaemon(box: Sandbox): Promise<GitServer> {
  for (let attempt = 1; ; attempt += 1) {
    const server = await startDaemon(box, await freePort());
    if (server !== undefined) return server;
    // somebody else took the port meanwhile
    if (attempt === 5) throw new Error('git daemon does not start');
  }
}

/** Starts `git daemon` on a port; undefined when it ended instead. */
async function startDaemon(box: Sandbox, port: number): Promise<GitServer | undefined> {
  // started without `git` in front, so that the process that is ended is the daemon itself
  const program = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-daemon');
  const options = ['--reuseaddr', '--export-all', '--listen=127.0.0.1', `--port=${port}`];
  const log = ['--verbose', '--log-destination=stderr'];
  const daemon = spawn(program, [...options, ...log, `--base-path=${box.root}`, box.root], {
    env: box.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => daemon.on('exit', () => resolve()));
  // what it says when it listens (its daemon.c)
  const ready = new Promise<boolean>((resolve) => {
    daemon.stderr.on('data', (said: Buffer) => said.includes('Ready to rumble') && resolve(true));
    daemon.on('exit', () => resolve(false));
  });
  if (!(await ready)) return undefined;
  return {
    url: `git://127.0.0.1:${port}`,
    requests: [],
    close: () => {
      daemon.kill();
      return ended;
    },
  };
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createTcpServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
