// How fast the server sends a large file from its cache beside nginx: in one stream, and in the 128 ranges, ten at once, that boto3 asks
// for. SIZE in MiB. It needs nginx and curl.
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median, REG } from './measure.js';

const MIB = 1024 * 1024;
const SIZE = Number(process.env.SIZE ?? 1024) * MIB;
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const RANGES = 128;
const AT_ONCE = 10;

/** A port that is free. */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Writes a file. */
function makeFile(path) {
  const file = openSync(path, 'w');
  const piece = Buffer.alloc(MIB);
  for (let index = 0; index < SIZE / MIB; index += 1) {
    piece.fill(`piece ${index} `);
    writeSync(file, piece);
  }
  closeSync(file);
}

async function startNginx(folder) {
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    config,
    `user root; daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log; worker_processes 1; events {}
http { access_log off; sendfile on; ${temporary.join(' ')} server { listen 127.0.0.1:${port}; root ${folder}/www; } }`,
  );
  return { child: spawn('nginx', ['-c', config, '-e', `${folder}/error.log`], { stdio: 'ignore' }), port };
}

/** Milliseconds until all of a file is there: in one stream. */
function stream(url) {
  const begun = performance.now();
  execFileSync('curl', ['-sSf', '-o', '/dev/null', url]);
  return performance.now() - begun;
}

/** The same in ranges. */
function ranges(url) {
  const each = SIZE / RANGES;
  const args = Array.from({ length: RANGES }, (_, index) => [
    ...(index === 0 ? [] : ['--next']),
    ...['-sSf', '-o', '/dev/null', '-r', `${index * each}-${(index + 1) * each - 1}`, url],
  ]);
  const begun = performance.now();
  execFileSync('curl', ['--no-progress-meter', '-Z', '--parallel-max', String(AT_ONCE), ...args.flat()], {
    stdio: 'ignore',
  });
  return performance.now() - begun;
}

const folder = mkdtempSync(join(tmpdir(), 'reg-bench-bytes-'));
const children = [];
try {
  mkdirSync(join(folder, 'www'));
  makeFile(join(folder, 'www', 'big.bin'));
  const nginx = await startNginx(folder);
  children.push(nginx.child);
  const registry = join(folder, 'registry');
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: folder,
      stdio: 'pipe',
    });
  git('init', '-q', registry);
  const theirs = `http://127.0.0.1:${nginx.port}/big.bin`;
  // no link may lead to this machine, so git has the file
  linkSync(join(folder, 'www', 'big.bin'), join(registry, 'big.bin'));
  writeFileSync(join(registry, 'big.model.yaml'), 'source: {path: big.bin}\n');
  git('-C', registry, '-c', 'core.compression=0', 'add', '.');
  git('-C', registry, 'commit', '-qm', 'A model');
  git('-C', registry, 'tag', '-am', 'x', 'big@v1.0.0');
  const port = await freePort();
  const served = spawn(process.execPath, [REG, 'serve', '--port', String(port), '--repo', registry], {
    stdio: 'ignore',
    env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') },
  });
  children.push(served);
  const base = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${base}/-/ready`).catch(() => undefined))?.ok) await wait(50);
  const ours = `${base}/hf/big/resolve/v1.0.0/big.bin`;
  const first = stream(ours);
  const rounds = Array.from({ length: ROUNDS }, () => ({
    theirs: stream(theirs),
    ours: stream(ours),
    theirRanges: ranges(theirs),
    ourRanges: ranges(ours),
  }));
  const speed = (name) => Math.round(SIZE / MIB / (median(rounds.map((one) => one[name])) / 1000));
  const ratio = (name, by) => median(rounds.map((one) => one[by] / one[name])).toFixed(2);
  console.log(`${SIZE / MIB} MiB
for the first time       ${Math.round(SIZE / MIB / (first / 1000))} MiB/s
in one stream            ${speed('ours')} MiB/s, nginx ${speed('theirs')} MiB/s, ratio ${ratio('ours', 'theirs')}
in ${RANGES} ranges            ${speed('ourRanges')} MiB/s, nginx ${speed('theirRanges')} MiB/s, beside one stream ${ratio('ourRanges', 'ours')}`);
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
