// Prints what it costs to ask a large repository by URL, beside cloning it: bytes over the wire, and time.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TAGS = Number(process.env.TAGS ?? 100_000);
const MEGABYTES = Number(process.env.MEGABYTES ?? 1024);
const ARTIFACTS = 1000;
const COMMITS = 1000;
const RUNS = 5;

const reg = fileURLToPath(new URL('../bin/reg.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'reg-bench-'));
const bare = join(folder, 'registry.git');
const env = { ...process.env, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };
delete env.XDG_CACHE_HOME;

const who = (index) => `A <a@example.com> ${1_600_000_000 + index} +0000`;

/** The commits, each with a part of the bytes as a file, as git-fast-import(1) reads them. */
function* commits() {
  const size = Math.floor((MEGABYTES * 1024 * 1024) / COMMITS);
  for (let index = 0; index < COMMITS; index += 1) {
    const head = `commit refs/heads/main\nmark :${index + 1}\ncommitter ${who(index)}\ndata 6\nchange\n`;
    yield Buffer.from(`${head}M 100644 inline models/model-${index}.bin\ndata ${size}\n`);
    yield randomBytes(size);
    yield Buffer.from('\n');
  }
}

/** Versions and stages of all artifacts in turn, spread over the commits. */
function* tags() {
  for (let index = 0; index < TAGS; index += 1) {
    const artifact = `model-${String(index % ARTIFACTS).padStart(5, '0')}`;
    const round = Math.floor(index / ARTIFACTS);
    const name = round % 2 === 0 ? `${artifact}@v1.${round}.0` : `${artifact}#prod#${round}`;
    const mark = 1 + ((Math.floor(round / 2) * 17 + (index % ARTIFACTS)) % COMMITS);
    yield Buffer.from(`tag ${name}\nfrom :${mark}\ntagger ${who(COMMITS + index)}\ndata 6\nevent\n`);
  }
}

async function makeRepository() {
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], { env });
  for (const [key, value] of [
    ['uploadpack.allowFilter', 'true'],
    ['core.compression', '0'],
  ])
    execFileSync('git', ['-C', bare, 'config', key, value], { env });
  const importing = spawn('git', ['-C', bare, 'fast-import', '--quiet'], {
    env,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  for (const source of [commits(), tags()])
    for (const chunk of source) if (!importing.stdin.write(chunk)) await once(importing.stdin, 'drain');
  importing.stdin.end();
  await once(importing, 'exit');
  execFileSync('git', ['-C', bare, 'pack-refs', '--all'], { env });
}

/** git-http-backend(1) behind a server that counts what it sends. */
async function serve(count) {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url, 'http://localhost');
    const backend = spawn('git', ['http-backend'], {
      env: {
        ...env,
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
        REQUEST_METHOD: request.method,
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      },
    });
    request.pipe(backend.stdin.on('error', () => undefined));
    let head = Buffer.alloc(0);
    backend.stdout.on('data', (chunk) => {
      count(chunk.length);
      if (response.headersSent) return response.write(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return undefined;
      for (const line of head.toString('latin1', 0, end).split('\r\n')) {
        const [name, value] = line.split(': ');
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.flushHeaders();
      return response.write(head.subarray(end + 4));
    });
    backend.on('close', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function run(program, args) {
  const start = process.hrtime.bigint();
  const child = spawn(program, args, { env, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

let sent = 0;
const server = await serve((bytes) => {
  sent += bytes;
});
const url = `http://127.0.0.1:${server.address().port}/registry.git`;
const emptyCache = () => rmSync(join(folder, '.cache'), { recursive: true, force: true });

/** The median of some runs, and the bytes of the last. */
async function measure(program, args, { runs = RUNS, before = () => undefined } = {}) {
  const times = [];
  let bytes = 0;
  for (let index = 0; index < runs; index += 1) {
    before();
    const already = sent;
    times.push(await run(program, args));
    bytes = sent - already;
  }
  return { time: median(times), bytes };
}

const line = (name, { time, bytes }, clone) =>
  console.log(
    `${name.padEnd(44)} ${time.toFixed(0).padStart(7)} ms ${(bytes / 1024).toFixed(1).padStart(10)} KiB   1/${(clone.time / time).toFixed(0)} of cloning`,
  );

try {
  await makeRepository();
  mkdirSync(join(folder, 'clones'));
  let clones = 0;
  const clone = await measure('git', ['clone', '--quiet', '--bare', url, `clones/${clones++}`], { runs: 1 });
  rmSync(join(folder, 'clones'), { recursive: true });
  const cold = { before: emptyCache };
  console.log(
    `${TAGS} tags of ${ARTIFACTS} artifacts, ${COMMITS} commits, ${MEGABYTES} MiB of files, over HTTP on loopback`,
  );
  line('git clone --bare', clone, clone);
  const which = [reg, 'which', 'model-00001', 'prod', '--repo', url];
  line('reg which model-00001 prod, empty cache', await measure(process.execPath, which, cold), clone);
  line('reg which model-00001 prod, again', await measure(process.execPath, which), clone);
  for (const words of [
    ['latest', 'model-00001'],
    ['show', 'model-00001'],
    ['history', 'model-00001'],
  ])
    line(
      `reg ${words.join(' ')}, empty cache`,
      await measure(process.execPath, [reg, ...words, '--repo', url], cold),
      clone,
    );
  const show = [reg, 'show', '--repo', url];
  line('reg show, empty cache', await measure(process.execPath, show, { ...cold, runs: 3 }), clone);
  line('reg show, again', await measure(process.execPath, show, { runs: 3 }), clone);
  const list = await measure('git', ['ls-remote', '--tags', url]);
  line('git ls-remote --tags', list, clone);
} finally {
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
