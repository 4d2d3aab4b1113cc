import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readDvcManifest } from '../../src/documents/dvc.js';
import { dvcIn } from '../support/dvc-reading.js';
import {
  dvcConfig,
  dvcFile,
  keyOf,
  manifestOf,
  md5Of,
  pushTo,
  trackFile,
  trackFolder,
} from '../support/dvc-remote.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const remote = join(box.root, 'remote');
const model = trackFile('a model');
pushTo(remote, model);
let count = 0;
let project: Repository;
const { failure } = dvcIn(box, () => project);
beforeEach(() => {
  count += 1;
  project = box.repository(`project-${count}`);
  project.commit({ '.dvc/config': dvcConfig(remote), 'm.dvc': dvcFile('m', model) });
});

describe('manifests', () => {
  const { md5 } = model;
  const refusal = (content: string): unknown => {
    try {
      return readDvcManifest(Buffer.from(content), 'data');
    } catch (error) {
      return error;
    }
  };
  const list = (...paths: string[]): string =>
    manifestOf(paths.map((relpath) => ({ md5, relpath }))).toString();

  test('the one of DVC’s documentation has the md5 that it says there', () => {
    const manifest = manifestOf([
      { md5: 'de7371b0119f4f75f9de703c7c3bac16', relpath: 'cat.jpeg' },
      { md5: '402e97968614f583ece3b35555971f64', relpath: 'index.jpeg' },
    ]);
    expect(md5Of(manifest)).toBe('6fdb5336fce0dbfd669f83065f107551');
    expect(readDvcManifest(manifest, 'images')).toEqual([
      { path: 'cat.jpeg', md5: 'de7371b0119f4f75f9de703c7c3bac16' },
      { path: 'index.jpeg', md5: '402e97968614f583ece3b35555971f64' },
    ]);
  });

  test.each([
    ['a path that leads up', list('../x'), 'SOURCE_PATH'],
    ['a path that leads up on the way', list('a/../../x'), 'SOURCE_PATH'],
    ['an absolute path', list('/etc/passwd'), 'SOURCE_PATH'],
    ['a path of Windows', list('C:\\x'), 'SOURCE_PATH'],
    ['a folder of git', list('.git/config'), 'SOURCE_PATH'],
    ['an empty path', list(''), 'SOURCE_PATH'],
    ['a line break', list('a\nb'), 'SOURCE_PATH'],
    ['a file twice', list('a', 'b', 'a'), 'SOURCE_PATH'],
    ['a file and a folder of one name', list('a/b/c', 'a/b'), 'SOURCE_PATH'],
    ['an md5 that is none', '[{"md5": "../../x", "relpath": "a"}]', 'SOURCE_UNSUPPORTED'],
    ['an md5 of a folder', `[{"md5": "${md5}.dir", "relpath": "a"}]`, 'SOURCE_UNSUPPORTED'],
    ['no md5', '[{"relpath": "a"}]', 'SOURCE_UNSUPPORTED'],
    ['no path', `[{"md5": "${md5}"}]`, 'SOURCE_UNSUPPORTED'],
    ['entries that are none', '[null]', 'SOURCE_UNSUPPORTED'],
    ['no list', '{}', 'SOURCE_UNSUPPORTED'],
    ['no JSON', '[', 'SOURCE_UNSUPPORTED'],
    ['levels without end', '['.repeat(1_000_000), 'SOURCE_UNSUPPORTED'],
    ['too many files', `[${'{},'.repeat(100_000)}{}]`, 'TOO_LARGE'],
  ])('%s', (_what, content, code) => {
    expect(refusal(content)).toMatchObject({ code });
  });

  test('one that is too large is read no further', async () => {
    const hostile = trackFolder({ a: 'a' });
    pushTo(remote, {
      ...hostile,
      objects: new Map([[keyOf(hostile.md5), Buffer.alloc(17 * 1024 * 1024, ' ')]]),
    });
    project.commit({ 'big.dvc': dvcFile('big', hostile) });
    expect((await failure('big')).code).toBe('TOO_LARGE');
  });
});
