import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { dvcIn } from '../support/dvc-reading.js';
import { dvcConfig, dvcFile, pushTo, type Tracked, trackFile, trackFolder } from '../support/dvc-remote.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
let count = 0;
let project: Repository;
let remote: string;
const { read, failure } = dvcIn(box, () => project);
const bytes = randomBytes(1000);
const model = trackFile(bytes);
const folder = trackFolder({ 'a.bin': bytes, 'b.bin': 'b' });
beforeEach(() => {
  count += 1;
  remote = join(box.root, `remote-${count}`);
  project = box.repository(`project-${count}`);
  pushTo(remote, model, folder);
  project.commit({
    '.dvc/config': dvcConfig(remote),
    'm.bin.dvc': dvcFile('m.bin', model),
    'data.dvc': dvcFile('data', folder),
  });
});

describe('where the remote is', () => {
  const at = (url: string, more = {}): string => project.commit({ '.dvc/config': dvcConfig(url, more) });

  test('a path relative to the folder .dvc, a file URL, and an absolute path', async () => {
    for (const url of [`../../remote-${count}`, `file://${remote}`, remote, `"${remote}"  # here`]) {
      at(url);
      expect(await read('m.bin'), url).toEqual({ 'm.bin': bytes });
    }
  });

  test('of a repository at a URL, a path that is this machine’s too', async () => {
    expect(await read('m.bin', { isHere: false })).toEqual({ 'm.bin': bytes });
    for (const url of [`../../remote-${count}`, join(box.root, 'none'), 'C:\\store']) {
      at(url);
      expect(await failure('m.bin', { isHere: false }), url).toMatchObject({
        code: 'SOURCE_UNSUPPORTED',
        message: `the DVC remote 'storage' is a folder of another machine, ${url}`,
      });
    }
  });

  test('a folder that is not mounted', async () => {
    at('../none');
    expect(await failure('m.bin')).toMatchObject({
      code: 'STORE_FAILED',
      message: `there is no folder ${join(project.dir, 'none')}, the DVC remote 'storage'`,
    });
  });

  test('as it was configured at that commit', async () => {
    const commit = project.git('rev-parse', 'HEAD');
    at('../none');
    expect(await read('m.bin', { commit })).toEqual({ 'm.bin': bytes });
  });

  test('config.local of a repository on this machine goes before what was committed', async () => {
    at('gdrive://somewhere');
    writeFileSync(join(project.dir, '.dvc/config.local'), `['remote "storage"']\n    url = ${remote}\n`);
    expect(await read('m.bin')).toEqual({ 'm.bin': bytes });
    expect((await failure('m.bin', { isHere: false })).message).toContain('gdrive://');
    rmSync(join(project.dir, '.dvc/config.local'));
    symlinkSync('/dev/zero', join(project.dir, '.dvc/config.local'));
    expect((await failure('m.bin')).message).toContain('gdrive://');
  });

  test('the remote that an output names, in whatever case', async () => {
    const other: Tracked = trackFile('other');
    mkdirSync(join(box.root, `own-${count}`));
    pushTo(join(box.root, `own-${count}`), other);
    project.commit({
      '.dvc/config': `${dvcConfig('gdrive://x')}['remote "My.Own"']\nurl = ${join(box.root, `own-${count}`)}\n`,
      'o.dvc': dvcFile('o', other, { remote: 'my.OWN' }),
      'p.dvc': dvcFile('p', other, { remote: 'none' }),
    });
    expect(await read('o')).toEqual({ o: Buffer.from('other') });
    expect(await failure('p')).toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: ".dvc/config has no url of the remote 'none', where p is",
    });
  });
});
