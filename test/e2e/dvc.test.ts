import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { keyOf, md5Of } from '../support/dvc-remote.js';
import { sandbox } from '../support/repo.js';
import { serveHttp } from '../support/servers.js';
import { MODEL, predictCost, sha256 } from './registry.js';

const box = sandbox();
const project = box.repository('dvc/project');
const registry = box.repository('registry');
const reg = regIn(box, registry.dir);
const FILE = 'models/linear_regression.safetensors';
beforeAll(() => {
  cpSync(fileURLToPath(new URL('../../fixtures/dvc', import.meta.url)), join(box.root, 'dvc'), {
    recursive: true,
  });
  project.commit({}, 'Track');
  project.tag('v1');
  registry.commit({ 'README.md': 'a registry' });
});
const linkTo = (path: string, source = '../dvc/project') =>
  reg('link', path, 'cost', '--source', source, '--rev', 'v1', '--force');

describe('a model that DVC tracks', () => {
  test.each([
    ['by its path', FILE],
    ['by its .dvc file', `${FILE}.dvc`],
    ['by the artifact of dvc.yaml', 'cost'],
    ['as the output of a stage', 'out/weights.safetensors'],
  ])('is linked, pinned and loaded %s', async (_how, path) => {
    expect(await linkTo(path)).toMatchObject({ stdout: 'cost.model.yaml\n', code: 0 });
    const link = readFileSync(join(registry.dir, 'cost.model.yaml'), 'utf8');
    expect(link).toContain(`sha256: ${sha256(MODEL)}\nsize: ${MODEL.length}\n`);
    registry.commit();
    const { bytes, stderr, code } = await reg('load', 'cost', '-o', '-');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(predictCost(bytes, 4, 100)).toBeCloseTo(14.71, 2);
  });

  test('a folder of it lands with all of its files', async () => {
    expect((await linkTo('data')).code).toBe(0);
    registry.commit();
    expect(await reg('load', 'cost', '-o', 'out')).toMatchObject({ stdout: 'out\n', stderr: '', code: 0 });
    const there = readdirSync(join(registry.dir, 'out'), { recursive: true, encoding: 'utf8' });
    expect(there.sort()).toEqual(['cost.csv', 'notes', 'notes/größe.txt']);
    rmSync(join(registry.dir, 'out'), { recursive: true });
  });

  test('a text that DVC 2 tracked is loaded as it was', async () => {
    expect((await linkTo('old/notes.txt')).code).toBe(0);
    registry.commit();
    expect((await reg('load', 'cost', '-o', '-')).stdout).toBe('trained in 2021\r\nby hand\r\n');
  });

  test('in the registry itself', async () => {
    const own = regIn(box, project.dir);
    expect((await own('link', 'cost', 'own', '--rev', 'v1')).code).toBe(0);
    expect((await own('load', 'own', '--rev', 'HEAD')).code).toBe(1);
    project.commit({}, 'Link');
    expect((await own('load', 'own', '-o', '-')).bytes.equals(MODEL)).toBe(true);
  });
});

describe('what is not there', () => {
  const remote = join(box.root, 'dvc/remote');

  test('a model that was not pushed, and a remote that is not mounted', async () => {
    renameSync(join(remote, 'files'), join(remote, 'gone'));
    expect(transcript(await linkTo(FILE))).toMatchInlineSnapshot(`
      "$ reg link models/linear_regression.safetensors cost --source ../dvc/project --rev v1 --force
      -- stderr --
      error: models/linear_regression.safetensors (md5 147b22f52243380bf9faa23d561b6b53) is missing in the DVC remote 'storage', file://<tmp>/dvc/remote
      hint: put it there from a clone that has it: dvc push --remote storage models/linear_regression.safetensors
      -- exit 1 --
      "
    `);
    renameSync(join(remote, 'gone'), join(remote, 'files'));
    renameSync(remote, `${remote}-gone`);
    expect(transcript(await linkTo(FILE))).toMatchInlineSnapshot(`
      "$ reg link models/linear_regression.safetensors cost --source ../dvc/project --rev v1 --force
      -- stderr --
      error: there is no folder <tmp>/dvc/remote, the DVC remote 'storage'
      hint: mount it, or name where it is: dvc remote modify --local NAME url PATH
      -- exit 4 --
      "
    `);
    renameSync(`${remote}-gone`, remote);
  });

  test('the remote of a repository at a URL is a folder of another machine', async () => {
    const server = await serveHttp(box);
    try {
      const run = await linkTo(FILE, `${server.url}/dvc/project/.git`);
      expect(run).toMatchObject({
        stdout: '',
        code: 1,
        stderr: expect.stringContaining(
          "error: the DVC remote 'storage' is a folder of another machine, ../../remote\n",
        ),
      });
    } finally {
      await server.close();
    }
  });

  test('damaged bytes are never written', async () => {
    await linkTo(FILE);
    registry.commit();
    const object = join(remote, keyOf(md5Of(MODEL)));
    const damaged = Buffer.from(MODEL);
    damaged.fill('x', damaged.length - 1);
    writeFileSync(object, damaged);
    const run = await regIn(box, registry.dir, { XDG_CACHE_HOME: join(box.root, 'other-cache') })(
      'load',
      'cost',
    );
    writeFileSync(object, MODEL);
    expect(run).toMatchObject({
      stdout: '',
      code: 1,
      stderr: expect.stringContaining('are not those that its source promises'),
    });
    expect(readdirSync(registry.dir)).not.toContain('linear_regression.safetensors');
  });
});
