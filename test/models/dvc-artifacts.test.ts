import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parseLocation } from '../../src/domain/location.js';
import { sourceOpener } from '../../src/git/open.js';
import { artifactInGit } from '../../src/models/dvc-index.js';
import { dvcIn } from '../support/dvc-reading.js';
import { dvcConfig, dvcFile, dvcLock, pushTo, trackFile, trackFolder } from '../support/dvc-remote.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const project = box.repository('project');
const { find, read, failure } = dvcIn(box, () => project);
const [first, second, third] = [randomBytes(100), randomBytes(200), randomBytes(300)];
beforeAll(() => {
  const [model, folder, locked] = [trackFile(first), trackFolder({ 'best/m.bin': second }), trackFile(third)];
  pushTo(join(box.root, 'remote'), model, folder, locked);
  project.commit({
    '.dvc/config': dvcConfig(join(box.root, 'remote')),
    'models/churn.pkl.dvc': dvcFile('churn.pkl', model),
    'models/runs.dvc': dvcFile('runs', folder),
    'dvc.yaml': `stages: {train: {cmd: x, outs: [out/t.bin]}}
artifacts:
  churn:
    path: models/churn.pkl
    type: model
    labels: [pricing]
  by-file: {path: models/churn.pkl.dvc}
  plain: {path: models/plain.bin}
  outside: {path: ../up.bin}
  elsewhere: {path: s3://bucket/m.bin}
  template: {path: "models/\${name}.bin"}
  pathless: {type: model}
  itself: {path: itself}
  a/b: {path: models/churn.pkl}
`,
    'models/dvc.yaml':
      'artifacts:\n  best: {path: runs/best/m.bin, type: model}\n  trained: {path: ../out/t.bin}\n',
    'dvc.lock': dvcLock({ train: ['out/t.bin', locked] }),
    'models/plain.bin': 'in git',
  });
});

test.each([
  ['churn', 'churn.pkl', first],
  ['by-file', 'churn.pkl', first],
  ['a/b', 'churn.pkl', first],
  ['dvc.yaml:churn', 'churn.pkl', first],
  ['models:best', 'm.bin', second],
  ['models/dvc.yaml:best', 'm.bin', second],
  ['models:trained', 't.bin', third],
])('the artifact %s of a dvc.yaml leads to %s', async (name, file, bytes) => {
  expect(await read(name)).toEqual({ [file]: bytes });
});

test('an artifact with its model in git has its path there', async () => {
  const opener = sourceOpener(join(box.root, 'cache'), { env: box.env });
  const { objects } = await opener.openSource(parseLocation(project.dir));
  const commit = project.git('rev-parse', 'HEAD');
  expect(await find('plain')).toBeUndefined();
  expect(await artifactInGit(objects, commit, 'plain')).toBe('models/plain.bin');
  for (const name of ['churn', 'itself', 'none', 'models:none', 'models/plain.bin', '..:churn'])
    expect(await artifactInGit(objects, commit, name), name).toBeUndefined();
});

test.each(['none', 'models:churn', 'none:churn', 'itself', '..:churn', 'models/..:churn'])(
  '%s is no artifact with a model',
  async (name) => {
    expect(await find(name)).toBeUndefined();
  },
);

test('an artifact whose template cannot be filled in is refused with the reason', async () => {
  expect(await failure('template')).toMatchObject({
    code: 'SOURCE_UNSUPPORTED',
    message: `dvc.yaml: artifacts.template: there is no value for \${name}`,
  });
});

test.each(['outside', 'elsewhere', 'pathless'])(
  'an artifact without a path inside the repository is refused: %s',
  async (name) => {
    expect(await failure(name)).toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: `the artifact '${name}' of dvc.yaml has no path inside the repository`,
    });
  },
);
