import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parseDvcConfig } from '../../src/documents/dvc-config.js';
import { dvcIn } from '../support/dvc-reading.js';
import { dvcConfig, dvcFile, pushTo, trackFile } from '../support/dvc-remote.js';
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

describe('configurations', () => {
  test('what configobj writes and people write is read', () => {
    const text = `# a comment
[core]
    analytics = false
    Remote = storage # the usual one
['remote "storage"']
    url = s3://bucket/a path  # not 'this'
    profile = "my # profile"
[[deeper]]
    url = s3://not/this
['remote "other.one"'] # another
url='/a, b'
empty =
[remote "third"]
URL = https://example.com/?x=[1]=2
`;
    const config = parseDvcConfig(text.replaceAll('\n', '\r\n'), '.dvc/config');
    expect(
      Object.fromEntries([...config].map(([name, values]) => [name, Object.fromEntries(values)])),
    ).toEqual({
      core: { analytics: 'false', remote: 'storage' },
      'remote "storage"': { url: 's3://bucket/a path', profile: 'my # profile' },
      'remote "other.one"': { url: '/a, b', empty: '' },
      'remote "third"': { url: 'https://example.com/?x=[1]=2' },
    });
  });

  test.each(['[core\n', 'no pair\n', "url = 'open\n", 'url = """\n', '= value\n'])(
    'an invalid line is refused by its number: %j',
    (line) => {
      expect(() => parseDvcConfig(`[core]\n${line}`, '.dvc/config')).toThrow(
        expect.objectContaining({
          code: 'SOURCE_UNSUPPORTED',
          message: '.dvc/config:2: it is not a line of a configuration of DVC',
        }),
      );
    },
  );

  test('none, no default remote, and a section that has the name of a property', async () => {
    project.commit({ '.dvc/config': '[core]\n' });
    expect((await failure('m')).message).toContain(
      '.dvc/config names no default remote, and m.dvc none for m',
    );
    project.commit({ '.dvc/config': '[core]\nremote = __proto__\n[__proto__]\nurl = /\n' });
    expect((await failure('m')).message).toContain("no url of the remote '__proto__'");
    project.git('rm', '-rq', '.dvc');
    project.commit();
    expect(await failure('m')).toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining('m.dvc is in no DVC repository'),
    });
  });

  test('one that is too large is not read', async () => {
    project.commit({ '.dvc/config': `${dvcConfig(remote)}${'# x\n'.repeat(20_000)}` });
    expect((await failure('m')).code).toBe('TOO_LARGE');
  });
});
