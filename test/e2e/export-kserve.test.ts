import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openRegistry } from '../../src/index.js';
import { type Run, regIn, runReg } from '../support/cli-here.js';
import { faults, partFor, type Schema, schemaIn } from '../support/crd.js';
import { FORMAT_FILES } from '../support/format-files.js';
import { sandbox } from '../support/repo.js';
import { sha256 } from './registry.js';

// `reg export kserve`: what it writes, whether KServe's own schema takes it, and that the container's command loads the model.

const box = sandbox();
const registry = box.repository('registry');
const [, LIGHTGBM = Buffer.alloc(0)] = FORMAT_FILES['lightgbm.txt'] ?? [];
const ADDRESS = 'https://git.example/mycompany/models';
const SERVING = `serving:
  runtime: our-lgbserver
  formatVersion: 1.10
  protocol: v2
  resources: {requests: {cpu: 2, memory: 4Gi}, limits: {nvidia.com/gpu: 1}}
  replicas: {min: 0, max: 4}
  args: [--nthread=2]
  env: {PREDICT: yes}
`;
let web: Server;
let webUrl: string;
const reg = (...args: string[]): Promise<Run> => regIn(box, registry.dir)(...args);
const exported = async (...args: string[]): Promise<Manifest> => {
  const run = await reg('export', 'kserve', ...args);
  expect([run.code, run.stderr], args.join(' ')).toEqual([0, run.stderr]);
  return parse(run.stdout, { version: '1.1' }) as Manifest;
};
interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> };
  spec: { predictor: { model: { storageUri: string; modelFormat: unknown; protocolVersion?: string } } };
}
const uriOf = ({ spec }: Manifest): string => spec.predictor.model.storageUri;

beforeAll(async () => {
  web = createServer((request, response) => {
    const isThere = request.url === '/m/model.bst';
    response.writeHead(isThere ? 200 : 404, {
      'content-type': 'application/octet-stream',
      'content-length': isThere ? LIGHTGBM.length : 0,
    });
    response.end(request.method === 'HEAD' || !isThere ? '' : LIGHTGBM);
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}/m/model.bst`;
  box.env.REG_HTTP_PRIVATE = 'allow';
  const pinned = `sha256: ${sha256(LIGHTGBM)}\nsize: ${LIGHTGBM.length}\n`;
  registry.commit({
    'model.bst': LIGHTGBM,
    'odd.bin': 'what is it',
    'folder/1/saved_model.pb': 'graph',
    'folder/1/variables/v.index': 'v',
    'churn.model.yaml': `source: {path: model.bst}\n${SERVING}`,
    'plain.model.yaml': 'source: {path: model.bst}\n',
    'models/tf.model.yaml': 'source: {path: folder}\n',
    'odd.model.yaml': 'source: {path: odd.bin}\n',
    'named.model.yaml': 'source: {path: odd.bin}\nserving: {format: sklearn}\n',
    'onnx.model.yaml': 'source: {path: odd.bin}\nserving: {format: onnx, runtime: ours}\n',
    'web.model.yaml': `source: {url: '${webUrl}'}\n${pinned}`,
    'loose.model.yaml': `source: {url: '${webUrl}'}\n`,
  });
  for (const line of [
    'register churn --version v1.2.0',
    'assign churn@v1.2.0 prod',
    'register models:tf',
    'assign models:tf prod',
  ]) {
    box.advance(60);
    expect(await reg(...line.split(' '))).toMatchObject({ code: 0 });
  }
  registry.git('remote', 'add', 'origin', `${ADDRESS}.git`);
});
afterAll(() => {
  delete box.env.REG_HTTP_PRIVATE;
  web.close();
});

test('a version in a stage, with all that its link says of serving', async () => {
  const { stdout, stderr, code } = await reg('export', 'kserve', 'churn#prod', '--offline');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.replace(/commit: .*/, 'commit: <commit>')).toMatchInlineSnapshot(`
    "apiVersion: serving.kserve.io/v1beta1
    kind: InferenceService
    metadata:
      name: churn-prod
      labels:
        git-reg/artifact: churn
        git-reg/version: v1.2.0
        git-reg/stage: prod
      annotations:
        git-reg/artifact: churn
        git-reg/version: v1.2.0
        git-reg/stage: prod
        git-reg/commit: <commit>
        git-reg/digest: "git:e781918099b5e48c4e4e24835860221bdaf76119"
    spec:
      predictor:
        minReplicas: 0
        maxReplicas: 4
        model:
          modelFormat:
            name: lightgbm
            version: "1.10"
          protocolVersion: v2
          runtime: our-lgbserver
          storageUri: "reg://git.example/mycompany/models.git//churn@v1.2.0"
          resources:
            requests:
              cpu: "2"
              memory: "4Gi"
            limits:
              nvidia.com/gpu: "1"
          args:
            - "--nthread=2"
          env:
            - name: PREDICT
              value: "yes"
    "
  `);
});

test('without the git program, and at the URL of the registry', async () => {
  const own = await exported('churn#prod');
  const embedded = await runReg(
    box,
    { cwd: registry.dir, env: { REG_GIT: 'embedded' } },
    'export',
    'kserve',
    'churn#prod',
  );
  expect(parse(embedded.stdout)).toEqual(own);
  const args = ['--repo', `file://${registry.dir}`, '--registry', `${ADDRESS}.git`];
  expect(await exported('churn#prod', ...args)).toEqual(own);
});

test('names are those of the revision, and the address is always that of the version', async () => {
  const stage = await exported('churn#prod');
  for (const args of [['churn@v1.2.0'], ['churn@latest'], ['churn', '--version', '1.2.0']]) {
    const version = await exported(...args);
    expect(version.metadata.name).toBe('churn-v1-2-0');
    expect(version.metadata.labels).not.toHaveProperty('git-reg/stage');
    expect(uriOf(version)).toBe(uriOf(stage));
  }
  expect(await exported('churn', '--stage', 'prod')).toEqual(stage);
  const head = registry.git('rev-parse', 'HEAD');
  expect(uriOf(await exported('churn'))).toBe(`reg://git.example/mycompany/models.git//churn?rev=${head}`);
  expect((await exported('churn')).metadata.name).toBe(`churn-${head.slice(0, 12)}`);
  expect((await exported('churn#prod', '--name', 'ours')).metadata.name).toBe('ours');
  expect(await reg('export', 'kserve', 'churn#prod', '--name', 'Ours')).toMatchObject({ code: 2 });
});

test('a folder in a folder: names that Kubernetes takes, and the whole one in the annotations', async () => {
  const { metadata, spec } = await exported('models:tf#prod');
  expect(metadata.name).toMatch(/^models-tf-prod-[0-9a-f]{8}$/);
  expect(metadata.labels['git-reg/artifact']).toMatch(/^models-tf-[0-9a-f]{8}$/);
  expect(metadata.annotations['git-reg/artifact']).toBe('models:tf');
  expect(spec.predictor.model.modelFormat).toEqual({ name: 'tensorflow' });
  expect(uriOf(await exported('models:tf#prod'))).toBe(
    'reg://git.example/mycompany/models.git//models:tf@v0.0.1',
  );
});

test('an address that KServe reads is used, unless the bytes are to be checked', async () => {
  const direct = await reg('export', 'kserve', 'web');
  expect(uriOf(parse(direct.stdout))).toBe(webUrl);
  expect(direct.stderr).toContain('--reg-uri lets reg do it');
  expect((parse(direct.stdout) as Manifest).metadata.annotations['git-reg/digest']).toBe(
    `sha256:${sha256(LIGHTGBM)}`,
  );
  expect(uriOf(await exported('web', '--reg-uri'))).toMatch(
    /^reg:\/\/git\.example\/mycompany\/models\.git\/\/web\?rev=/,
  );
});

test('the library gives the same object', async () => {
  const library = await openRegistry(registry.dir, { env: box.env });
  const object = await library.inferenceService('churn', { stage: 'prod', registry: `${ADDRESS}.git` });
  expect(object).toEqual(await exported('churn#prod'));
  await expect(library.inferenceService('loose')).rejects.toMatchObject({ code: 'NOT_PINNED' });
});

test('--json is the object that kubectl takes, and -o writes the file', async () => {
  const json = await reg('export', 'kserve', 'churn#prod', '--json');
  expect(JSON.parse(json.stdout)).toEqual(await exported('churn#prod'));
  expect(await reg('export', 'kserve', 'churn#prod', '-o', 'out/churn.yaml')).toMatchObject({
    code: 0,
    stdout: 'out/churn.yaml\n',
  });
  const written = parse(readFileSync(join(registry.dir, 'out/churn.yaml'), 'utf8'));
  expect(written).toEqual(JSON.parse(json.stdout));
  symlinkSync('/etc', join(registry.dir, 'elsewhere'));
  expect(await reg('export', 'kserve', 'churn#prod', '-o', 'elsewhere/churn.yaml')).toMatchObject({
    code: 1,
    stdout: '',
  });
});

test.each([
  ['loose', 'NOT_PINNED', 'is not pinned'],
  ['odd', 'SOURCE_UNSUPPORTED', 'odd.bin does not say which server takes it'],
  ['nothing', 'NOT_DECLARED', ''],
  ['churn#dev', 'UNKNOWN_STAGE', ''],
  ['churn@v9.0.0', 'UNKNOWN_VERSION', ''],
])('%s is refused: %s', async (target, code, message) => {
  const run = await reg('export', 'kserve', target, '--offline', '--json');
  expect([run.code, run.stdout]).toEqual([1, '']);
  const { error } = JSON.parse(run.stderr);
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
});

test('a format that the link names is believed; a server that cannot load the file is a warning', async () => {
  const run = await reg('export', 'kserve', 'named');
  expect(parse(run.stdout).spec.predictor.model.modelFormat).toEqual({ name: 'sklearn' });
  expect(run.stderr).toContain("KServe's own server for sklearn loads a .joblib, .pkl or .pickle file");
  const own = await reg('export', 'kserve', 'onnx');
  expect(own.stderr).not.toContain('warning');
  expect(parse(own.stdout).spec.predictor.model.protocolVersion).toBe('v2');
});

test.each([
  ['/srv/models', undefined],
  ['git@git.internal:team/models.git', undefined],
  ['http://git.internal/models', undefined],
  ['git@github.com:mycompany/models.git', 'reg://github.com/mycompany/models//'],
  ['https://me:secret@git.example/models', 'reg://git.example/models//'],
])('the registry of a cluster, where the remote is %s', async (url, expected) => {
  const clone = box.repository(`clone-${sha256(url).slice(0, 8)}`);
  clone.commit({ 'model.bst': LIGHTGBM, 'churn.model.yaml': 'source: {path: model.bst}\n' });
  clone.git('remote', 'add', 'origin', url);
  const run = await runReg(box, { cwd: clone.dir }, 'export', 'kserve', 'churn', '--offline');
  expect(run.stdout + run.stderr).not.toContain('secret');
  if (expected === undefined) {
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('--registry https://HOST/PATH');
  } else expect(uriOf(parse(run.stdout))).toContain(expected);
  const named = await runReg(
    box,
    { cwd: clone.dir },
    'export',
    'kserve',
    'churn',
    '--offline',
    '--registry',
    'https://a.example/b/',
  );
  expect(uriOf(parse(named.stdout))).toContain('reg://a.example/b//churn?rev=');
});

describe('the storage container', () => {
  const IMAGE = 'registry.example/reg:0.1.0';

  test('needs an image, and is for every artifact', async () => {
    expect(await reg('export', 'kserve', '--storage-container')).toMatchObject({ code: 2 });
    expect(await reg('export', 'kserve', 'churn', '--storage-container', '--image', IMAGE)).toMatchObject({
      code: 2,
    });
    expect(await reg('export', 'kserve')).toMatchObject({ code: 2 });
    expect(await reg('export', 'csv', '--image', IMAGE)).toMatchObject({ code: 2 });
  });

  /** Runs its command with an address and a folder, as KServe does; the registry is reached through git's settings. */
  async function load(
    uri: string,
    name: string,
  ): Promise<{ status: number | null; stderr: string; folder: string }> {
    const { stdout } = await reg('export', 'kserve', '--storage-container', '--image', IMAGE);
    const { command, env } = parse(stdout).spec.container as { command: string[]; env: { name: string }[] };
    expect(env.map((one) => one.name)).toEqual(['HOME', 'XDG_CACHE_HOME']);
    const [bin, folder] = ['bin', 'mnt'].map((part) => join(box.root, name, part));
    for (const one of [bin, folder]) mkdirSync(one ?? '', { recursive: true });
    const program = fileURLToPath(new URL('../../bin/reg.js', import.meta.url));
    writeFileSync(join(bin ?? '', 'reg'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
      mode: 0o755,
    });
    const [shell = '', ...rest] = command;
    const run = spawnSync(shell, [...rest, uri, folder ?? ''], {
      cwd: box.root,
      encoding: 'utf8',
      env: {
        ...box.env,
        PATH: `${bin}:${process.env.PATH}`,
        XDG_CACHE_HOME: join(box.root, name, 'cache'),
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `url.file://${registry.dir}.insteadOf`,
        GIT_CONFIG_VALUE_0: `${ADDRESS}.git`,
      },
    });
    return { status: run.status, stderr: run.stderr, folder: folder ?? '' };
  }

  test('loads a version, a commit and a folder', async () => {
    const version = await load(uriOf(await exported('churn#prod')), 'version');
    expect([version.status, version.stderr]).toEqual([0, version.stderr]);
    expect(readFileSync(join(version.folder, 'model.bst')).equals(LIGHTGBM)).toBe(true);
    const again = await load(uriOf(await exported('churn#prod')), 'version');
    expect([again.status, readdirSync(again.folder)]).toEqual([0, ['model.bst']]);
    const commit = await load(uriOf(await exported('plain')), 'commit');
    expect([commit.status, readdirSync(commit.folder)]).toEqual([0, ['model.bst']]);
    const folder = await load(uriOf(await exported('models:tf#prod')), 'folder');
    expect([folder.status, readdirSync(folder.folder)]).toEqual([0, ['1']]);
    expect(readFileSync(join(folder.folder, '1/saved_model.pb'), 'utf8')).toBe('graph');
  });

  test('fails where there is no such version, so that the pod does not start', async () => {
    const { status, folder } = await load('reg://git.example/mycompany/models.git//churn@v9.0.0', 'absent');
    expect([status, readdirSync(folder)]).toEqual([1, []]);
  });
});

describe('the schema of KServe', () => {
  const FIXTURE = new URL('../../fixtures/kserve/crd.json', import.meta.url);
  const KINDS = {
    InferenceService: ['inferenceservices', 'v1beta1'],
    ClusterStorageContainer: ['clusterstoragecontainers', 'v1alpha1'],
  } as const;
  const folder = process.env.REG_KSERVE;

  async function manifests(): Promise<Record<keyof typeof KINDS, Manifest[]>> {
    return {
      InferenceService: [
        await exported('churn#prod'),
        await exported('models:tf@latest'),
        await exported('web'),
      ],
      ClusterStorageContainer: [
        await exported('--storage-container', '--image', 'registry.example/reg:0.1.0'),
      ],
    };
  }

  test('takes what is exported, and nothing else', async () => {
    const schemas = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Record<string, Schema>;
    for (const [kind, objects] of Object.entries(await manifests()))
      for (const object of objects) {
        expect(faults(schemas[kind] ?? {}, object)).toEqual([]);
        expect(
          faults(schemas[kind] ?? {}, { ...object, spec: { predictor: { model: {} }, container: {} } }),
        ).not.toEqual([]);
      }
  });

  test('takes the example of the documentation', () => {
    const docs = readFileSync(new URL('../../docs/kserve.md', import.meta.url), 'utf8');
    const [, example = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(docs) ?? [];
    const { InferenceService = {} } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Record<string, Schema>;
    expect(faults(InferenceService, parse(example))).toEqual([]);
  });

  test.runIf(folder)('as a whole takes it too, and the part that is kept here is a part of it', async () => {
    const parts: Record<string, Schema> = {};
    for (const [kind, objects] of Object.entries(await manifests()) as [keyof typeof KINDS, Manifest[]][]) {
      const [plural, version] = KINDS[kind];
      const whole = schemaIn(join(folder ?? '', `serving.kserve.io_${plural}.yaml`), version);
      for (const object of objects) expect(faults(whole, object)).toEqual([]);
      parts[kind] = partFor(whole, objects);
    }
    await expect(`${JSON.stringify(parts, null, 1)}\n`).toMatchFileSnapshot(fileURLToPath(FIXTURE));
  });
});
