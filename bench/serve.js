// How fast the server finds the version in a stage, beside Node's own HTTP server that answers with a fixed text; how soon it answers
// after its start, and after a new tag. TAGS=1000000 for more.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, REG } from './measure.js';
import { artifactName, makeRegistry } from './registry.js';

const TAGS = Number(process.env.TAGS ?? 100_000);
const SECONDS = Number(process.env.SECONDS ?? 3);
const CONNECTIONS = 32;
const MODELS = 50;
const MODEL = 'a model';
const TAG = `"${createHash('sha256').update(MODEL).digest('hex')}"`;
const TEXT = 'a fixed text\n';

if (process.argv[2] === 'plain') {
  const server = createServer((_, response) => response.end(TEXT));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
} else await main();

/** Asks paths in turn over some connections, one request at a time on each: requests a second, and the 99th percentile in ms. */
function load(port, paths, seconds) {
  return new Promise((resolve) => {
    const times = [];
    let next = 0;
    let open = CONNECTIONS;
    const end = performance.now() + seconds * 1000;
    const begun = performance.now();
    for (let index = 0; index < CONNECTIONS; index += 1) {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let sent = 0;
      const ask = () => {
        if (performance.now() > end) return socket.destroy();
        sent = performance.now();
        // as a client does that has the version and asks whether the stage still holds it
        socket.write(
          `GET ${paths[next++ % paths.length]} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nIf-None-Match: ${TAG}\r\n\r\n`,
        );
      };
      let text = '';
      socket.on('connect', ask);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (!isWhole(text)) return;
        if (!/^HTTP\/1\.1 (200|304)/.test(text)) throw new Error(text);
        text = '';
        times.push(performance.now() - sent);
        ask();
      });
      socket.on('close', () => {
        open -= 1;
        if (open > 0) return;
        times.sort((a, b) => a - b);
        const took = (performance.now() - begun) / 1000;
        resolve({ rate: times.length / took, p99: times[Math.floor(times.length * 0.99)] });
      });
    }
  });
}

/** Whether all of an answer is there. */
function isWhole(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /^content-length: (\d+)/im.exec(text.slice(0, end))?.[1] ?? 0;
  return text.length >= end + 4 + Number(length);
}

/** Starts a program that prints where it listens. */
function start(args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...env },
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
    child.stdout.once('data', (chunk) =>
      resolve({ child, port: Number(/(\d+)\D*$/.exec(String(chunk))?.[1]) }),
    );
  });
}

function memoryOf(pid, what) {
  return Math.round(
    Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  );
}

/** Waits until a path is there. */
async function status(port, path) {
  const end = performance.now() + 5000;
  for (;;) {
    const { status: code } = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'HEAD' });
    if (code === 200) return;
    if (performance.now() > end) throw new Error(`${path}: ${code}`);
  }
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'reg-bench-serve-'));
  try {
    const registry = join(folder, 'registry');
    const links = Array.from({ length: MODELS }, (_, index) => [
      `${artifactName(index)}.model.yaml`,
      'source: {path: model.bin}\n',
    ]);
    makeRegistry(registry, TAGS, { files: { 'model.bin': MODEL, ...Object.fromEntries(links) } });
    const env = { XDG_CACHE_HOME: join(folder, 'cache') };
    const pathsOf = (of) =>
      Array.from({ length: MODELS }, (_, index) =>
        ['dev', 'staging', 'prod'].map((stage) => of(artifactName(index), stage)),
      ).flat();
    const paths = pathsOf((name, stage) => `/hf/${name}/resolve/${stage}/model.bin`);
    const begun = performance.now();
    const served = await start([REG, 'serve', '--port', '0', '--repo', registry], env);
    await status(served.port, paths[0]);
    const first = performance.now() - begun;
    const before = performance.now();
    for (const path of paths) await status(served.port, path);
    const cold = (performance.now() - before) / paths.length;
    const plain = await start([new URL(import.meta.url).pathname, 'plain']);
    const routes = {
      'Hugging Face': paths,
      MLflow: pathsOf(
        (name, stage) => `/mlflow/api/2.0/mlflow/registered-models/alias?name=${name}&alias=${stage}`,
      ),
      'API, which': pathsOf((name, stage) => `/api/v1/which/${name}/${stage}`),
    };
    const lines = [];
    for (const [name, own] of Object.entries(routes)) {
      for (const path of own) await status(served.port, path);
      const rounds = [];
      for (let round = 0; round < 5; round += 1)
        rounds.push({
          by: await load(plain.port, own, SECONDS),
          own: await load(served.port, own, SECONDS),
        });
      const middle = (of) => median(rounds.map(of));
      const rates = `${Math.round(middle(({ own }) => own.rate))} requests a second, plain ${Math.round(middle(({ by }) => by.rate))}`;
      const ratio = middle(({ own, by }) => own.rate / by.rate).toFixed(2);
      const tail = `${middle(({ own }) => own.p99).toFixed(1)} ms, plain ${middle(({ by }) => by.p99).toFixed(1)} ms`;
      lines.push(`${name.padEnd(24)} ${rates}, ratio ${ratio}; 99th percentile ${tail}`);
    }
    const refresh = [];
    const git = (...args) => execFileSync('git', args, { cwd: registry, stdio: 'pipe' });
    for (let round = 0; round < 5; round += 1) {
      git(
        '-c',
        'user.name=a',
        '-c',
        'user.email=a@b',
        'tag',
        '-a',
        '-m',
        'x',
        `${artifactName(0)}@v9.${round}.0`,
      );
      const at = performance.now();
      await status(served.port, `/hf/${artifactName(0)}/resolve/v9.${round}.0/model.bin`);
      refresh.push(performance.now() - at);
    }
    git('pack-refs', '--all');
    const at = performance.now();
    await status(served.port, paths[0]);
    const packed = performance.now() - at;
    console.log(`${TAGS} tags, ${CONNECTIONS} connections, ${paths.length} stages
start to first answer    ${Math.round(first)} ms
a stage for the first time  ${cold.toFixed(1)} ms
${lines.join('\n')}
after a new tag          ${Math.round(median(refresh))} ms
after a repack           ${Math.round(packed)} ms
memory                   ${memoryOf(served.child.pid, 'VmRSS')} MB, at most ${memoryOf(served.child.pid, 'VmHWM')} MB`);
    for (const { child } of [served, plain]) {
      child.removeAllListeners('exit');
      child.kill();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
