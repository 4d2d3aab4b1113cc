import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, startReg } from '../support/cli.js';
import { sandbox } from '../support/repo.js';
import { siteRegistry } from '../support/site-registry.js';

const box = sandbox();
const repository = siteRegistry(box);
const reg = regIn(box, repository.dir);

test('site says which page to open first', async () => {
  const { stdout, stderr, code } = await reg('site', '--out', '../public');
  expect({ stdout, code }).toEqual({ stdout: '../public/index.html\n', code: 0 });
  expect(stderr).toMatch(/^\d+ files, 0\.\d MB; open the page in a browser, or publish the folder\n$/);
  expect(readFileSync(join(box.root, 'public/index.html'), 'utf8')).toContain('models:churn');
});

test('site in JSON, of a registry elsewhere', async () => {
  const out = join(box.root, 'elsewhere');
  const { stdout } = await regIn(box, box.root)(
    'site',
    '--repo',
    `file://${repository.dir}`,
    '--out',
    out,
    '--json',
  );
  expect(JSON.parse(stdout)).toEqual({
    path: out,
    index: join(out, 'index.html'),
    files: expect.any(Number),
    bytes: expect.any(Number),
    missing: [],
  });
});

test('a folder that holds something else is refused', async () => {
  const { stderr, code } = await reg('site', '--out', '.');
  expect(code).toBe(1);
  expect(stderr).toContain('holds other files, and no earlier site');
});

test('ui opens the browser, serves what is there, and ends at Ctrl-C without a word', async () => {
  const bin = join(box.root, 'bin');
  const opened = join(box.root, 'opened');
  mkdirSync(bin);
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > '${opened}'\n`);
  chmodSync(join(bin, 'xdg-open'), 0o755);
  const child = startReg(box, { cwd: repository.dir, env: { PATH: `${bin}:${box.env.PATH}` } }, [
    'ui',
    '--open',
  ]);
  const ended = new Promise<unknown>((resolve) =>
    child.on('close', (code, signal) => resolve(signal ?? code)),
  );
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  const url = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk) => resolve(String(chunk).trim())),
  );
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(await (await fetch(`${url}artifacts/models_3achurn/index.html`)).text()).toContain('Release');
  await expect.poll(() => readFileSync(opened, 'utf8'), { timeout: 10_000 }).toBe(url);
  child.kill('SIGINT');
  expect(await ended).toBe('SIGINT');
  expect(stderr).toBe('serving on this machine alone; Ctrl-C ends it\n');
});

test.each(['http', '70000', '-1'])('--port %s is no port', async (port) => {
  expect(await reg('ui', `--port=${port}`)).toMatchObject({ code: 2, stdout: '' });
});
