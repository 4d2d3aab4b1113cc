import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keptInside } from '../support/canary.js';
import { runHere } from '../support/here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { filesBut, runBounded } from './batch.js';
import { rowsOf } from './corpus.js';
import { rawObjects } from './objects.js';

/** A bare repository inside a registry's work tree: with a clone comes its configuration, which may name programs. */
interface Committed {
  config: [key: string, value: string][];
  /** Whether the model is a pointer of Git LFS. */
  pointer?: boolean;
  /** Whether the model itself is not there. */
  missing?: boolean;
  /** What the link names; by default the bare repository. */
  repo?: string;
  /** All that the link says of its source. */
  source?: string;
}

const box = sandbox();
const env = { ...keptInside(box), REG_TIMEOUT: '20' };
/** What appears when something of a row was run. */
const canaryOf = (number: number): string => join(box.root, `canary-${number}`);

/** A server that wants a login from everybody. */
let server: Server;
let address = '';
beforeAll(async () => {
  server = createServer((_request, response) =>
    response.writeHead(401, { 'www-authenticate': 'Basic realm="models"' }).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'1'.repeat(64)}\nsize 5\n`;

/** Commits a bare repository into a registry, and clones that, as somebody does who then loads a model. */
function cloneWith({ config, pointer, missing, repo, source }: Committed, number: number): Repository {
  const clone = `clone-${number}`;
  const canary = canaryOf(number);
  const script = join(box.root, `script-${number}`);
  writeFileSync(script, `#!/bin/sh\ntouch '${canary}'\n`);
  chmodSync(script, 0o755);
  writeFileSync(`${script}.config`, `[core]\n\tsshCommand = "touch '${canary}'; false"\n`);
  const filled = (text: string): string =>
    text
      .replaceAll('{canary}', canary)
      .replaceAll('{script}', script)
      .replaceAll('{server}', address)
      .replaceAll('{root}', box.root)
      .replaceAll('{clone}', clone);
  const evil = box.repository(`evil-${number}`);
  const { tree, commit, blob } = rawObjects(evil);
  const model = missing ? '9'.repeat(40) : blob(pointer ? POINTER : 'bytes');
  evil.git('update-ref', 'refs/heads/main', commit(tree(['100644', 'm.bin', model])));
  evil.tag('churn#prod#1');
  for (const [key, value] of config) evil.git('config', filled(key), filled(value));
  evil.git('config', 'core.bare', 'true');
  const registry = box.repository(`registry-${number}`);
  const inside = join(registry.dir, 'vendor', 'evil.git');
  mkdirSync(join(inside, '..'));
  cpSync(join(evil.dir, '.git'), inside, { recursive: true });
  rmSync(join(inside, 'hooks'), { recursive: true });
  mkdirSync(join(inside, 'hooks'));
  for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change'])
    cpSync(script, join(inside, 'hooks', hook));
  symlinkSync('vendor/evil.git', join(registry.dir, 'shortcut'));
  const said = source ?? `repo: '${filled(repo ?? './vendor/evil.git')}', rev: main, path: m.bin`;
  registry.commit({ 'a.model.yaml': `source: {${said}}\n` });
  registry.git('clone', '--quiet', registry.dir, join(box.root, clone));
  return box.at(clone);
}

describe('a bare repository that came with the registry, and whose configuration names', () => {
  const rows = rowsOf<Committed>('committed-repositories').map((row, number) => ({ ...row, number }));
  test.each(rows)('$what: reg load runs nothing of it', async ({ input, code, number }) => {
    const { dir } = cloneWith(input, number);
    expect(existsSync(join(dir, 'vendor/evil.git/HEAD'))).toBe(true);
    const before = filesBut(dir);
    const reg = (...args: string[]) =>
      runHere({ cwd: dir, env: { ...box.env, ...env }, signal: AbortSignal.timeout(60_000) }, ...args);
    const run = await reg('load', 'a', '-o', 'out/m', '--json');
    expect(existsSync(canaryOf(number))).toBe(false);
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code } });
    expect(run).toMatchObject({ code: 1, stdout: '' });
    for (const command of ['validate', 'doctor', 'outdated'])
      expect((await reg(command)).stderr).not.toContain('interrupted');
    expect(existsSync(canaryOf(number))).toBe(false);
    expect(filesBut(dir)).toEqual(before);
  });

  test('a clone inside the registry, and a bare one beside it, are read', async () => {
    const { dir } = cloneWith({ config: [], repo: './mine' }, rows.length);
    const right = box.repository('right');
    right.commit({ 'm.bin': 'bytes' });
    right.git('clone', '--quiet', right.dir, join(dir, 'mine'));
    right.git('clone', '--quiet', '--bare', right.dir, join(box.root, 'beside.git'));
    expect(await runBounded(box, dir, env, ['load', 'a', '-o', 'm-1'])).toMatchObject({ code: 0 });
    box.at(`clone-${rows.length}`).commit({
      'a.model.yaml': 'source: {repo: ../beside.git, rev: main, path: m.bin}\n',
    });
    expect(await runBounded(box, dir, env, ['load', 'a', '-o', 'm-2'])).toMatchObject({ code: 0 });
  });
});
