// Prints what it costs to move and to verify the bytes of models, beside the programs that people would use instead: each row is the
// median of ratios of runs in turn. MEGABYTES (2000), FILES (10000) and RUNS (3) make it smaller; ROWS=http,s3 chooses rows.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, REG } from './measure.js';

const MEGABYTES = Number(process.env.MEGABYTES ?? 2000);
const FILES = Number(process.env.FILES ?? 10_000);
const SMALL_BYTES = 16 * 1024;
const RUNS = Number(process.env.RUNS ?? 3);
const only = process.env.ROWS?.split(',');
const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'reg-bench-load-'));
const at = (...parts) => join(folder, ...parts);
const env = {
  ...process.env,
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.com',
  HOME: folder,
  GIT_CONFIG_NOSYSTEM: '1',
  XDG_CACHE_HOME: at('cache'),
  REG_HTTP_PRIVATE: 'allow',
  AWS_ACCESS_KEY_ID: 'S3RVER',
  AWS_SECRET_ACCESS_KEY: 'S3RVER',
  AWS_REGION: 'us-east-1',
};
const run = (cwd, program, ...args) =>
  execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const git = (cwd, ...args) => run(cwd, 'git', ...args);
const remove = (...paths) => {
  for (const path of paths) rmSync(at(path), { recursive: true, force: true });
};

/** Runs a program and gives seconds, and the most memory in MB: of its own process, and of what it started (RssAnon: not shared). */
async function measure(cwd, program, args) {
  // what earlier runs left to be written is not this one's
  run(folder, 'sync');
  const start = performance.now();
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
  let own = 0;
  let others = 0;
  const look = setInterval(() => {
    own = Math.max(own, memory(child.pid, 'VmHWM'));
    others = Math.max(others, ...childrenOf(child.pid).map((pid) => memory(pid, 'RssAnon')), 0);
  }, 20);
  const [code] = await once(child, 'exit');
  const seconds = (performance.now() - start) / 1000;
  clearInterval(look);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
  return { seconds, own, others };
}

/** A field of proc_pid_status(5) in MB; 0 for a process that has ended. */
function memory(pid, field) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  } catch {
    return [];
  }
}

/** Runs the programs of a row and `reg` in turn, and prints the row. */
async function row({ name, id, by, atMost, before = () => undefined, others, args }) {
  if (only && !only.includes(id)) return;
  const rounds = [];
  for (let round = 0; round < RUNS; round += 1) {
    remove('copy');
    let seconds = 0;
    for (const [cwd, command] of others) seconds += (await measure(at(cwd), 'sh', ['-c', command])).seconds;
    before();
    const own = await measure(at('registry'), process.execPath, [REG, ...args(round)]);
    rounds.push({ ...own, by: seconds });
  }
  const middle = (of) => median(rounds.map(of));
  const ratio = middle((one) => one.seconds / one.by);
  const most = (of) => Math.max(...rounds.map(of)).toFixed(0);
  console.log(
    `| ${name} | ${middle((one) => one.seconds).toFixed(2)} | ${by} | ${middle((one) => one.by).toFixed(2)} | ${ratio.toFixed(2)} | ${atMost} | ${most((one) => one.own)} | ${most((one) => one.others)} |`,
  );
}

/** Serves one file with ranges. */
async function serve(path) {
  const { size } = statSync(path);
  const server = createServer((request, response) => {
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = to ? Number(to) : size - 1;
    response.writeHead(from === undefined ? 200 : 206, {
      'content-length': end - start + 1,
      'accept-ranges': 'bytes',
      ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
    });
    if (request.method === 'HEAD') response.end();
    else createReadStream(path, { start, end, highWaterMark: 1024 * 1024 }).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(() => server.close());
  return `http://127.0.0.1:${server.address().port}/model.bin`;
}

/** Starts s3rver with a bucket `models`. */
async function serveS3() {
  mkdirSync(at('s3'));
  const S3rver = require('s3rver');
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: at('s3'),
    configureBuckets: [{ name: 'models' }],
  });
  const { port } = await server.run();
  servers.push(() => server.close());
  env.AWS_ENDPOINT_URL_S3 = `http://127.0.0.1:${port}`;
}

/** Starts the blob service of Azurite with a container `models`. */
async function serveAzure() {
  mkdirSync(at('azure'));
  const { default: Configuration } = require('azurite/dist/src/blob/BlobConfiguration');
  const { default: BlobServer } = require('azurite/dist/src/blob/BlobServer');
  const place = { locationId: 'Default', locationPath: at('azure/blobs'), maxConcurrency: 10 };
  const files = [at('azure/blobs.json'), at('azure/extents.json')];
  const rest = [false, undefined, false, undefined, false, true];
  const server = new BlobServer(new Configuration('127.0.0.1', 0, 5, ...files, [place], ...rest));
  await server.start();
  servers.push(() => server.close());
  const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
  env.AZURE_STORAGE_CONNECTION_STRING = `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${key};BlobEndpoint=${server.getHttpServerAddress()}/devstoreaccount1;`;
  const { BlobServiceClient } = await import('@azure/storage-blob');
  await BlobServiceClient.fromConnectionString(env.AZURE_STORAGE_CONNECTION_STRING)
    .getContainerClient('models')
    .create();
}

const servers = [];

/** Makes the large file, the folder of small files, and the repositories. */
function prepare() {
  for (let written = 0; written < MEGABYTES; written += 10)
    appendFileSync(at('model.bin'), randomBytes(10_000_000));
  for (let file = 0; file < FILES; file += 1) {
    const below = at('small', `part-${file % 100}`);
    if (file < 100) mkdirSync(below, { recursive: true });
    writeFileSync(join(below, `${file}.bin`), randomBytes(SMALL_BYTES));
  }
  for (const name of ['registry', 'blob', 'lfs', 'dvc']) git(folder, 'init', '-q', name);
}

const isWanted = (id) => !only || only.includes(id);

/** Declares a model, pinned. */
function declare(name, source) {
  const sha256 = run(folder, 'openssl', 'dgst', '-sha256', '-r', at('model.bin')).slice(0, 64);
  writeFileSync(
    at(`registry/${name}.model.yaml`),
    `source: {${source}}\nsha256: "${sha256}"\nsize: ${statSync(at('model.bin')).size}\n`,
  );
  git(at('registry'), 'add', '.');
  git(at('registry'), 'commit', '-q', '-m', name);
}

/** Commits a file and gives the source of a link to it. */
function commit(repository) {
  git(at(repository), '-c', 'core.compression=0', 'add', '.');
  git(at(repository), 'commit', '-q', '-m', 'Model');
  const id = git(at(repository), 'rev-parse', 'HEAD');
  return `repo: ${at(repository)}, rev: ${id}, commit: ${id}, path: model.bin`;
}

/** A Git LFS pointer whose object is in the repository. */
function commitPointer() {
  const oid = run(folder, 'openssl', 'dgst', '-sha256', '-r', at('model.bin')).slice(0, 64);
  const objects = at('lfs/.git/lfs/objects', oid.slice(0, 2), oid.slice(2, 4));
  mkdirSync(objects, { recursive: true });
  run(folder, 'cp', at('model.bin'), join(objects, oid));
  writeFileSync(
    at('lfs/model.bin'),
    `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${statSync(at('model.bin')).size}\n`,
  );
  return commit('lfs');
}

/** A file that DVC tracks, whose remote is a folder; gives the path of the object too. */
async function commitTracked() {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(at('model.bin'))) hash.update(chunk);
  const md5 = hash.digest('hex');
  const object = at('dvc-remote/files/md5', md5.slice(0, 2), md5.slice(2));
  mkdirSync(join(object, '..'), { recursive: true });
  run(folder, 'cp', at('model.bin'), object);
  mkdirSync(at('dvc/.dvc'));
  writeFileSync(
    at('dvc/.dvc/config'),
    `[core]\n    remote = r\n['remote "r"']\n    url = ${at('dvc-remote')}\n`,
  );
  writeFileSync(
    at('dvc/model.bin.dvc'),
    `outs:\n- md5: ${md5}\n  size: ${statSync(at('model.bin')).size}\n  hash: md5\n  path: model.bin\n`,
  );
  return { source: commit('dvc'), object };
}

const hashOf = (file) => ['.', `openssl dgst -sha256 ${file}`];
const COPIED = [['.', 'cp model.bin copy'], hashOf('copy')];
const load = (name) => () => ['load', name, '-o', 'model.bin'];

async function large() {
  const target = 'registry/model.bin';
  const cold = () => remove(target, 'cache');
  declare('folder', `url: ${at('model.bin')}`);
  const copied = { by: '`cp`, `openssl dgst`', others: COPIED };
  await row({
    ...copied,
    id: 'cold',
    name: 'load, folder store',
    atMost: 1.2,
    before: cold,
    args: load('folder'),
  });
  if (isWanted('warm') || isWanted('link')) {
    declare('warm', `url: ${await serve(at('model.bin'))}`);
    cold();
    await runReg('load', 'warm', '-o', 'model.bin');
    const warm = () => remove(target);
    await row({
      ...copied,
      id: 'warm',
      name: 'load, warm cache',
      atMost: 0.6,
      before: warm,
      args: load('warm'),
    });
    env.REG_CACHE_MODE = 'link';
    remove(target);
    await runReg('load', 'warm', '-o', 'model.bin');
    await row({
      ...copied,
      id: 'link',
      name: 'load, warm cache, by link',
      atMost: 0.2,
      before: warm,
      args: load('warm'),
    });
    await row({
      ...copied,
      id: 'link',
      name: 'load --cached',
      atMost: '',
      args: () => ['load', 'warm', '--cached'],
    });
    delete env.REG_CACHE_MODE;
  }
  await row({
    ...copied,
    id: 'upload',
    name: 'upload, folder store',
    atMost: 1.2,
    before: () => remove('registry/store', 'cache'),
    args: (round) => ['upload', at('model.bin'), `up${round}`],
  });
  remove('registry/store');
  await row({
    id: 'validate',
    name: 'validate, one link',
    by: '`openssl dgst`',
    others: [hashOf('model.bin')],
    atMost: 1.1,
    before: () => remove(target, 'cache'),
    args: () => ['validate', 'folder.model.yaml'],
  });
  const fetched = (url) => ({
    by: '`curl`, `openssl dgst`',
    others: [['.', `curl -sf -o copy '${url}'`], hashOf('copy')],
  });
  if (isWanted('http')) {
    const url = await serve(at('model.bin'));
    declare('http', `url: ${url}`);
    await row({
      ...fetched(url),
      id: 'http',
      name: 'load, HTTP',
      atMost: 1.2,
      before: cold,
      args: load('http'),
    });
  }
  const clouds = [
    { id: 's3', name: 'load, S3 (s3rver)', store: 's3://models', start: serveS3 },
    { id: 'azure', name: 'load, Azure (Azurite)', store: 'az://models', start: serveAzure },
  ];
  for (const { id, name, store, start } of clouds.filter((one) => isWanted(one.id))) {
    await start();
    await runReg('upload', at('model.bin'), id, '--store', store);
    git(at('registry'), 'add', '.');
    git(at('registry'), 'commit', '-q', '-m', name);
    const url = await runReg('load', id, '--url', '--expires', '12h');
    await row({ ...fetched(url), id, name, atMost: 1.2, before: cold, args: load(id) });
  }
  if (isWanted('blob')) {
    run(folder, 'cp', at('model.bin'), at('blob/model.bin'));
    declare('blob', commit('blob'));
    const others = [['blob', 'git cat-file blob HEAD:model.bin > ../copy'], hashOf('copy')];
    await row({
      id: 'blob',
      name: 'load, git blob',
      by: '`git cat-file blob`, `openssl dgst`',
      others,
      atMost: 1.3,
      before: cold,
      args: load('blob'),
    });
  }
  if (isWanted('lfs')) {
    declare('lfs', commitPointer());
    const others = [['lfs', 'git lfs smudge < model.bin > ../copy'], hashOf('copy')];
    await row({
      id: 'lfs',
      name: 'load, Git LFS',
      by: '`git lfs smudge`, `openssl dgst`',
      others,
      atMost: 1.3,
      before: cold,
      args: load('lfs'),
    });
  }
  if (isWanted('dvc')) {
    const { source, object } = await commitTracked();
    declare('dvc', source);
    const others = [['.', `cp ${object} copy`], hashOf('copy')];
    await row({
      id: 'dvc',
      name: 'load, DVC',
      by: '`cp`, `openssl dgst`',
      others,
      atMost: 1.3,
      before: cold,
      args: load('dvc'),
    });
  }
}

/** Runs `reg` beside the servers of this process. */
async function runReg(...args) {
  const child = spawn(process.execPath, [REG, ...args], {
    cwd: at('registry'),
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`reg ${args.join(' ')} ended with ${code}`);
  return output.trim();
}

async function small() {
  if (!isWanted('small')) return;
  writeFileSync(at('registry/small.model.yaml'), `source: {url: ${at('small')}/}\n`);
  await runReg('update', 'small');
  git(at('registry'), 'add', '.');
  git(at('registry'), 'commit', '-q', '-m', 'small');
  const others = [
    ['.', 'cp -r small copy'],
    ['copy', 'find . -type f -exec sha256sum {} +'],
  ];
  const copied = {
    id: 'small',
    by: '`cp -r`, `sha256sum`',
    others,
    args: () => ['load', 'small', '-o', 'out/'],
  };
  const name = `load, ${FILES.toLocaleString('en')} files`;
  await row({ ...copied, name, atMost: 1.5, before: () => remove('registry/out', 'cache') });
  await row({ ...copied, name: `${name}, again`, atMost: 1 });
}

try {
  prepare();
  const [cpu] = cpus();
  console.log(
    `${MEGABYTES} MB, and ${FILES} files of ${SMALL_BYTES / 1024} KiB; ${RUNS} runs in turn; ${availableParallelism()} × ${cpu?.model.trim()}, Node ${process.versions.node}`,
  );
  console.log('\n| | s | beside | s | ratio | at most | MB | of git |\n|---|--:|---|--:|--:|--:|--:|--:|');
  await large();
  await small();
} finally {
  for (const close of servers) await close();
  rmSync(folder, { recursive: true, force: true });
}
