// Prints what it costs to read without the git program, beside reading with it and beside `node -e 0`, all in turn.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNS = Number(process.env.RUNS ?? 15);
const TAGS = Number(process.env.TAGS ?? 10_000);
const MEGABYTES = Number(process.env.MEGABYTES ?? 100);
const ARTIFACTS = 100;

const reg = fileURLToPath(new URL('../bin/reg.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'reg-bench-'));
const registry = join(folder, 'registry.git');
const env = { ...process.env, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };
delete env.XDG_CACHE_HOME;

/** A registry with that many tags in one pack, and in the same pack a model of that size beside a small one. */
function makeRegistry() {
  const who = (index) => `A <a@example.com> ${1_600_000_000 + index} +0000`;
  const large = randomBytes(MEGABYTES * 1024 * 1024);
  const small = randomBytes(1024 * 1024);
  const links = [large, small].map((bytes, index) => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return `source: {path: model-${index}.bin}\nsha256: ${sha256}\nsize: ${bytes.length}\n`;
  });
  const files = [
    ['model-0.bin', large],
    ['model-1.bin', small],
    ['large.model.yaml', Buffer.from(links[0])],
    ['small.model.yaml', Buffer.from(links[1])],
  ];
  const parts = [Buffer.from(`commit refs/heads/main\nmark :1\ncommitter ${who(0)}\ndata 6\nfirst\n`)];
  for (const [name, bytes] of files)
    parts.push(Buffer.from(`M 100644 inline ${name}\ndata ${bytes.length}\n`), bytes, Buffer.from('\n'));
  for (let index = 0; index < TAGS; index += 1) {
    const round = Math.floor(index / ARTIFACTS);
    const artifact = `model-${String(index % ARTIFACTS).padStart(5, '0')}`;
    const name = round % 2 === 0 ? `${artifact}@v1.${round}.0` : `${artifact}#prod#${round}`;
    parts.push(Buffer.from(`tag ${name}\nfrom :1\ntagger ${who(index)}\ndata 6\nevent\n`));
  }
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', registry], { env });
  const git = (...args) => execFileSync('git', ['-C', registry, ...args], { env });
  git('config', 'uploadpack.allowFilter', 'true');
  git('config', 'core.compression', '0');
  execFileSync('git', ['-C', registry, 'fast-import', '--quiet'], { env, input: Buffer.concat(parts) });
  git('pack-refs', '--all');
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

let sent = 0;

/** The milliseconds, the bytes from the server and the most memory, in MiB, of one run. */
async function run(args, variables = {}) {
  const before = sent;
  const start = process.hrtime.bigint();
  const watching = 'process.on("exit", () => process.stderr.write(" " + process.resourceUsage().maxRSS))';
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${watching}`, ...args], {
    env: { ...env, ...variables },
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = [];
  child.stderr.on('data', (chunk) => said.push(chunk));
  const [code] = await once(child, 'close');
  const text = Buffer.concat(said).toString();
  if (code !== 0) throw new Error(`${args.join(' ')}: ${text}`);
  const memory = Number(text.split(' ').at(-1)) / 1024;
  return { time: Number(process.hrtime.bigint() - start) / 1e6, bytes: sent - before, memory };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const emptyCache = () => rmSync(join(folder, '.cache'), { recursive: true, force: true });

/** Runs an empty script and both ways in turn, so that a noisy machine is noisy for all. */
async function compare(name, args, { runs = RUNS, isCold = false } = {}) {
  const rounds = [];
  for (let round = 0; round < runs + 1; round += 1) {
    const empty = await run(['-e', '0']);
    if (isCold) emptyCache();
    const git = await run([reg, ...args], { REG_GIT: 'git' });
    if (isCold) emptyCache();
    const embedded = await run([reg, ...args], { REG_GIT: 'embedded' });
    // the first round fills caches
    if (round > 0) rounds.push({ empty, git, embedded });
  }
  const of = (read) => median(rounds.map(read));
  const part = (label, read) => {
    const { time, bytes, memory } = {
      time: of((round) => read(round).time),
      bytes: of((round) => read(round).bytes),
      memory: of((round) => read(round).memory),
    };
    const toEmpty = of((round) => read(round).time / round.empty.time);
    return `${label} ${time.toFixed(0)} ms, ${toEmpty.toFixed(2)} x node, ${(bytes / 1024).toFixed(0)} KiB, ${memory.toFixed(0)} MiB of memory`;
  };
  const ratio = of(({ git, embedded }) => embedded.time / git.time);
  console.log(name);
  console.log(`  ${part('git program ', ({ git }) => git)}`);
  console.log(`  ${part('without it  ', ({ embedded }) => embedded)}`);
  console.log(
    `  ${ratio.toFixed(2)} x the git program; node -e 0: ${of(({ empty }) => empty.time).toFixed(0)} ms`,
  );
}

try {
  makeRegistry();
  mkdirSync(join(folder, 'out'));
  const server = await serve((bytes) => {
    sent += bytes;
  });
  const url = `http://127.0.0.1:${server.address().port}/registry.git`;
  console.log(`${TAGS} tags and a model of ${MEGABYTES} MiB in one pack; medians of ${RUNS} runs in turn\n`);
  await compare('reg --version', ['--version']);
  const which = ['which', 'model-00001', 'prod'];
  await compare('reg which, local', [...which, '--repo', registry]);
  await compare('reg show, local', ['show', '--repo', registry]);
  await compare('reg which, over http, empty cache', [...which, '--repo', url], { isCold: true });
  await compare('reg which, over http, again', [...which, '--repo', url]);
  const load = (artifact) => ['load', artifact, '--rev', 'main', '-o', '-', '--repo'];
  await compare('reg load of 1 MiB, local', [...load('small'), registry], { isCold: true });
  await compare('reg load of 1 MiB, over http, empty cache', [...load('small'), url], { isCold: true });
  const large = { isCold: true, runs: Math.min(RUNS, 5) };
  await compare(`reg load of ${MEGABYTES} MiB, local`, [...load('large'), registry], large);
  await compare(`reg load of ${MEGABYTES} MiB, over http, empty cache`, [...load('large'), url], large);
  server.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
