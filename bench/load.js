// Prints what it costs to load one large model: time beside copying the file, and memory of `reg` and of the git that it runs.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MEGABYTES = Number(process.env.MEGABYTES ?? 2000);
const reg = fileURLToPath(new URL('../bin/reg.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'reg-bench-load-'));
const at = (...parts) => join(folder, ...parts);
const who = {
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};
const env = {
  ...process.env,
  ...who,
  HOME: folder,
  GIT_CONFIG_NOSYSTEM: '1',
  XDG_CACHE_HOME: at('cache'),
  REG_HTTP_PRIVATE: 'allow',
};
const git = (cwd, ...args) => execFileSync('git', args, { cwd, env, stdio: 'pipe' });

/** Runs `reg` and gives seconds, and the most memory in MB: of its own process, and of what it started (RssAnon: not shared). */
async function measure(...args) {
  const start = performance.now();
  const child = spawn(process.execPath, [reg, ...args], {
    cwd: at('registry'),
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let own = 0;
  let others = 0;
  const look = setInterval(() => {
    own = Math.max(own, memory(child.pid, 'VmHWM'));
    others = Math.max(others, ...childrenOf(child.pid).map((pid) => memory(pid, 'RssAnon')), 0);
  }, 10);
  const [code] = await once(child, 'exit');
  clearInterval(look);
  if (code !== 0) throw new Error(`reg ${args.join(' ')} ended with ${code}`);
  return { seconds: (performance.now() - start) / 1000, own, others };
}

function memory(pid, field) {
  try {
    return (
      Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) /
      1024
    );
  } catch {
    return 0;
  }
}

function childrenOf(pid) {
  return readdirSync('/proc').filter((one) => {
    try {
      return (
        /^\d+$/.test(one) &&
        readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid)
      );
    } catch {
      return false;
    }
  });
}

/** Serves one file with ranges. */
async function serve(path) {
  const { size } = statSync(path);
  const server = createServer((request, response) => {
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = to ? Number(to) : size - 1;
    const range = from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` };
    response.writeHead(from === undefined ? 200 : 206, {
      'content-length': end - start + 1,
      'accept-ranges': 'bytes',
      ...range,
    });
    if (request.method === 'HEAD') response.end();
    else createReadStream(path, { start, end }).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/model.bin`, close: () => server.close() };
}

try {
  const model = at('model.bin');
  const out = createWriteStream(model);
  for (let written = 0; written < MEGABYTES; written += 10)
    if (!out.write(randomBytes(10_000_000))) await once(out, 'drain');
  await new Promise((resolve) => out.end(resolve));
  mkdirSync(at('source'));
  git(folder, 'init', '-q', 'source');
  git(folder, 'init', '-q', 'registry');
  execFileSync('cp', [model, at('source/model.bin')]);
  git(at('source'), '-c', 'core.compression=0', 'add', '.');
  git(at('source'), 'commit', '-q', '-m', 'Model');
  git(at('source'), 'tag', 'v1');
  const server = await serve(model);
  const sources = {
    'a git repository, by path': `repo: ${at('source')}, rev: v1, path: model.bin`,
    'a folder': `url: ${model}`,
    'a web server': `url: ${server.url}`,
  };
  const start = performance.now();
  execFileSync('cp', [model, at('copy')]);
  execFileSync('sha256sum', [at('copy')], { stdio: 'ignore' });
  const plain = (performance.now() - start) / 1000;
  console.log(`${MEGABYTES} MB; cp and sha256sum: ${plain.toFixed(1)} s`);
  for (const [name, source] of Object.entries(sources)) {
    writeFileSync(at('registry/big.model.yaml'), `source: {${source}}\n`);
    git(at('registry'), 'add', '.');
    git(at('registry'), 'commit', '-q', '-m', name);
    const { seconds, own, others } = await measure('load', 'big', '-o', 'model.bin', '--force');
    console.log(
      `load from ${name}: ${seconds.toFixed(1)} s (${(seconds / plain).toFixed(1)} times), reg ${own.toFixed(0)} MB, git ${others.toFixed(0)} MB`,
    );
    rmSync(at('registry/model.bin'));
    rmSync(at('cache'), { recursive: true, force: true });
  }
  server.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
