import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type LfsServer, pointerTo, serveLfs } from '../support/lfs-server.js';
import { sandbox } from '../support/repo.js';

// A model that Git LFS keeps is bytes too: its pointer alone is no model (docs/specification.md, 3 State, Bytes).

const box = sandbox();
const registry = box.repository('registry');
const reg = regIn(box, registry.dir);
let server: LfsServer;
beforeAll(async () => {
  server = await serveLfs(box);
  registry.git('config', 'lfs.url', `${server.url}/registry/.git/info/lfs`);
});
afterAll(() => server.close());

/** Commits a pointer as a new model. */
function commitModel(pointer: string): void {
  registry.commit({ 'm.bin': pointer, 'churn.model.yaml': 'source: {path: m.bin}\n' });
}

test('a model whose object is nowhere is refused', async () => {
  commitModel(pointerTo(randomBytes(100)));
  const run = await reg('register', 'churn');
  expect(run).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^error: the bytes of churn are neither here nor at the server: the Git LFS server .* does not have/,
    ),
  });
  expect(run.stderr).toContain(
    '\nhint: push them from where they are: git lfs push --all origin; or add --unlinked',
  );
  expect(registry.tags()).toEqual([]);
  expect(await reg('register', 'churn', '--unlinked')).toMatchObject({ code: 0, stdout: 'churn@v0.0.1\n' });
});

test('a model whose object the server has is a version', async () => {
  commitModel(server.put(randomBytes(100)));
  expect(await reg('register', 'churn')).toMatchObject({ code: 0, stdout: 'churn@v0.0.2\n' });
});

test('a model whose object is on this machine is one, and nothing is asked', async () => {
  const bytes = randomBytes(100);
  const pointer = pointerTo(bytes);
  const oid = /sha256:(\w+)/.exec(pointer)?.[1] ?? '';
  const folder = join(registry.dir, '.git/lfs/objects', oid.slice(0, 2), oid.slice(2, 4));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, oid), bytes);
  commitModel(pointer);
  const asked = server.requests.length;
  expect(await reg('register', 'churn')).toMatchObject({ code: 0, stdout: 'churn@v0.0.3\n' });
  expect(server.requests).toHaveLength(asked);
});

test('a model whose server cannot be asked is one, with a warning', async () => {
  commitModel(pointerTo(randomBytes(100)));
  const warning = /^warning: whether Git LFS has the bytes of churn is not known: /m;
  expect((await reg('register', 'churn', '--offline', '--dry-run')).stderr).toMatch(warning);
  server.fail({ on: 'batch', fault: 500 });
  expect(await reg('register', 'churn')).toMatchObject({
    code: 0,
    stdout: 'churn@v0.0.4\n',
    stderr: expect.stringMatching(warning),
  });
  server.fail();
});
