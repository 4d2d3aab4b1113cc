import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LfsServer, pointerTo, serveLfs } from '../support/lfs-server.js';
import { hasGitLfs, pathWithoutLfs, readingIn } from '../support/lfs-server-reading.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const { find, read, failure } = readingIn(box);
const WITHOUT_LFS: Env = { PATH: pathWithoutLfs(box) };

let made = 0;
/** A repository with a commit of a pointer, and the bytes that nobody has yet. */
function pointing() {
  made += 1;
  const repository = box.repository(`repository-${made}`);
  const bytes = randomBytes(3000 + made);
  const commit = repository.commit({ 'm.bin': pointerTo(bytes) });
  return { repository, bytes, asked: { repo: repository.dir, commit, path: 'm.bin', env: WITHOUT_LFS } };
}

/** Puts bytes where git-lfs has them: `ab/cd/<oid>` of a folder. */
function keep(folder: string, bytes: Buffer, content = bytes): void {
  const [, oid = ''] = /sha256:([0-9a-f]{64})/.exec(pointerTo(bytes)) ?? [];
  const file = join(folder, oid.slice(0, 2), oid.slice(2, 4), oid);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

describe('what the repository itself has', () => {
  test('is read from there, from the middle too', async () => {
    const { repository, bytes, asked } = pointing();
    keep(join(repository.dir, '.git/lfs/objects'), bytes);
    expect((await read(asked)).equals(bytes)).toBe(true);
    const [file] = (await find(asked)).files;
    expect(file).toMatchObject({ ranges: true, size: bytes.length, digest: { algorithm: 'sha256' } });
    const part: Buffer[] = [];
    for await (const chunk of (await file?.open({ start: 10, end: 20 })) ?? []) part.push(chunk);
    expect(Buffer.concat(part).equals(bytes.subarray(10, 20))).toBe(true);
  });

  test('is found from a linked work tree', async () => {
    const { repository, bytes, asked } = pointing();
    keep(join(repository.dir, '.git/lfs/objects'), bytes);
    repository.git('worktree', 'add', '--quiet', '../linked');
    expect((await read({ ...asked, repo: join(box.root, 'linked') })).equals(bytes)).toBe(true);
  });

  test.each([
    ['inside the repository', 'elsewhere', (dir: string) => join(dir, '.git/elsewhere')],
    ['anywhere', join(box.root, 'shared'), () => join(box.root, 'shared')],
  ])('is found where lfs.storage says: %s', async (_where, storage, folder) => {
    const { repository, bytes, asked } = pointing();
    repository.git('config', 'lfs.storage', storage);
    keep(join(folder(repository.dir), 'objects'), bytes);
    expect((await read(asked)).equals(bytes)).toBe(true);
  });

  test('is found in a bare repository', async () => {
    const { repository, bytes, asked } = pointing();
    const bare = `${repository.dir}.git`;
    repository.git('clone', '--quiet', '--bare', repository.dir, bare);
    keep(join(bare, 'lfs/objects'), bytes);
    expect((await read({ ...asked, repo: bare })).equals(bytes)).toBe(true);
  });

  test('counts as not there when it was not written to its end', async () => {
    const { repository, bytes, asked } = pointing();
    keep(join(repository.dir, '.git/lfs/objects'), bytes, bytes.subarray(1));
    expect(await failure(asked)).toMatchObject({ code: 'SOURCE_PATH' });
  });

  test('is refused when it is damaged', async () => {
    const { repository, bytes, asked } = pointing();
    keep(join(repository.dir, '.git/lfs/objects'), bytes, Buffer.alloc(bytes.length));
    expect(await failure(asked)).toMatchObject({ code: 'HASH_MISMATCH' });
  });

  test('is not there, and there is no remote: the hint says what to do', async () => {
    const { asked } = pointing();
    const error = await failure(asked);
    expect(error).toMatchObject({ code: 'SOURCE_PATH', hint: expect.stringContaining('git lfs fetch') });
    expect(error.message).toMatch(
      /^m\.bin is kept by Git LFS, its object [0-9a-f]{64} is not in the repository/,
    );
  });
});

/** A clone of a repository on this machine, which has the large file. */
function cloned(address: (dir: string) => string) {
  const { repository, bytes, asked } = pointing();
  const bare = box.repository(`remote-${made}.git`, '--bare');
  repository.git('remote', 'add', 'origin', address(bare.dir));
  repository.git('push', '--quiet', 'origin', 'main');
  keep(join(bare.dir, 'lfs/objects'), bytes);
  return { repository, bare, bytes, asked };
}

describe('a remote on this machine', () => {
  const ADDRESSES: [string, (dir: string) => string][] = [
    ['a path', (dir) => dir],
    ['a path from the top of the work tree', (dir) => dir.replace(box.root, '..')],
    ['a path without .git at its end', (dir) => dir.replace(/\.git$/, '')],
    ['a file:// URL', (dir) => `file://${dir}`],
  ];
  test.each(ADDRESSES)('%s: its large files are read there, without git-lfs', async (_what, address) => {
    const { repository, bytes, asked } = cloned(address);
    expect((await read(asked)).equals(bytes)).toBe(true);
    expect(existsSync(join(repository.dir, '.git/lfs'))).toBe(false);
  });

  test('the remote of the branch counts, then the default one, and of several origin', async () => {
    const { repository, bare, bytes, asked } = cloned((dir) => dir);
    repository.git('remote', 'rename', 'origin', 'store');
    repository.git('remote', 'add', 'origin', join(box.root, 'nowhere'));
    expect(await failure(asked)).toMatchObject({ code: expect.stringMatching(/^SOURCE_/) });
    repository.git('config', 'remote.lfsdefault', 'store');
    expect((await read(asked)).equals(bytes)).toBe(true);
    repository.git('config', '--unset', 'remote.lfsdefault');
    repository.git('config', 'branch.main.remote', 'store');
    expect((await read(asked)).equals(bytes)).toBe(true);
    expect(bare.dir).not.toBe(repository.dir);
  });

  test('that does not have it either says that git-lfs might help', async () => {
    const { repository, bare, asked } = cloned((dir) => dir);
    rmSync(join(bare.dir, 'lfs'), { recursive: true });
    const error = await failure(asked);
    expect(error).toMatchObject({ code: 'SOURCE_UNSUPPORTED', hint: expect.stringContaining('git-lfs') });
    expect(repository.dir).toBe(asked.repo);
  });
});

describe('a remote by ssh', () => {
  const ssh = join(box.root, 'ssh.sh');
  const bin = join(box.root, 'far-bin');
  let server: LfsServer;
  let research: Repository;
  let asked: { repo: string; commit: string; path: string };
  const bytes = randomBytes(5000);
  beforeAll(async () => {
    server = await serveLfs(box);
    // what ssh would run at the other end is run here; git-lfs-authenticate is a program of the server
    writeFileSync(ssh, `#!/bin/sh\nPATH='${bin}':$PATH\nfor last; do :; done\nexec sh -c "$last"\n`);
    chmodSync(ssh, 0o755);
    mkdirSync(bin);
    const answer = JSON.stringify({ href: `${server.url}/research/.git/info/lfs`, header: {} });
    writeFileSync(join(bin, 'git-lfs-authenticate'), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
    research = box.repository('research');
    const commit = research.commit({ 'm.bin': server.put(bytes) });
    asked = { repo: `git@models.example.com:${research.dir}`, commit, path: 'm.bin' };
  });
  afterAll(() => server.close());
  const env: Env = { GIT_SSH_COMMAND: `'${ssh}'`, GIT_SSH_VARIANT: 'simple' };

  test('without git-lfs says what is missing', async () => {
    const error = await failure({ ...asked, env: { ...env, ...WITHOUT_LFS } });
    expect(error).toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      hint: expect.stringContaining('install git-lfs'),
    });
    expect(error.message).toContain('from models.example.com:');
    expect(server.requests).toEqual([]);
  });

  describe.runIf(hasGitLfs)('with the git-lfs program, which is on this machine', () => {
    test('the bytes come through it, and are here the next time', async () => {
      const through = { ...asked, env: { ...env, GIT_LFS_SKIP_SMUDGE: '1' }, cache: 'ssh' };
      const [file] = (await find(through)).files;
      expect(file).toMatchObject({ ranges: false, size: 5000 });
      expect((await read(through)).equals(bytes)).toBe(true);
      expect(server.requests.map(({ line }) => line)[0]).toBe('POST /research/.git/info/lfs/objects/batch');
      const asks = server.requests.length;
      expect((await read(through)).equals(bytes)).toBe(true);
      expect(server.requests.length).toBe(asks);
      expect(existsSync(join(box.root, 'ssh/repositories'))).toBe(true);
    });

    test('what it cannot get is a failure of the remote, with its words', async () => {
      const commit = research.commit({ 'm.bin': pointerTo(randomBytes(77)) });
      const error = await failure({ ...asked, commit, env });
      expect(error).toMatchObject({ code: 'REMOTE_FAILED', hint: expect.stringContaining('git lfs') });
      expect(error.message).toMatch(
        /^git-lfs cannot get a file from models\.example\.com:.*Object does not exist/,
      );
    });

    test('it is ended when the load is cancelled', async () => {
      const commit = research.commit({ 'm.bin': server.put(randomBytes(88)) });
      const ending = new AbortController();
      server.fail({ on: 'batch', fault: 'hangs' });
      const before = server.requests.length;
      const hung = failure({ ...asked, commit, env, signal: ending.signal });
      while (server.requests.length === before) await new Promise((resolve) => setTimeout(resolve, 10));
      ending.abort();
      expect(await hung).toMatchObject({ code: 'INTERRUPTED' });
      server.fail();
    });
  });
});

describe.runIf(hasGitLfs)(
  'a remote on this machine that only the git-lfs program, which is here, knows to ask',
  () => {
    test('an agent that the user has set up', async () => {
      const { repository, bare, bytes, asked } = cloned((dir) => dir);
      rmSync(join(bare.dir, 'lfs'), { recursive: true });
      const bag = join(box.root, 'bag');
      writeFileSync(bag, bytes);
      // the protocol of docs/custom-transfers.md
      const agent = join(box.root, 'agent.sh');
      const oid = /sha256:([0-9a-f]{64})/.exec(pointerTo(bytes))?.[1];
      writeFileSync(
        agent,
        `#!/bin/sh\nwhile read -r line; do case "$line" in *init*) echo '{}';; *download*) cp '${bag}' '${bag}.copy'; echo '{"event":"complete","oid":"${oid}","path":"${bag}.copy"}';; *) exit 0;; esac; done\n`,
        { mode: 0o755 },
      );
      repository.git('config', 'lfs.standalonetransferagent', 'bag');
      repository.git('config', 'lfs.customtransfer.bag.path', agent);
      expect((await read({ ...asked, env: {} })).equals(bytes)).toBe(true);
      expect(existsSync(join(repository.dir, '.git/hooks/pre-push'))).toBe(false);
    });
  },
);
