import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readDvcManifest } from '../../src/documents/dvc.js';
import { RegError } from '../../src/errors.js';
import { openSources as openSourcesWithGit } from '../../src/git/open-with-git.js';
import { openSources } from '../../src/git/open-without-git.js';
import { download } from '../../src/models/download.js';
import { parsePointer } from '../../src/models/lfs/pointer.js';
import { locate } from '../../src/models/locate.js';
import { storeOpener } from '../../src/stores/open.js';
import { type Repository, sandbox } from '../support/repo.js';
import { cases } from '../support/soak.js';
import { filesBut } from './batch.js';
import { bytesIn, codeOf, outcomeOf, rowsOf, SECRET, type Text } from './corpus.js';
import { type RawEntry, rawObjects } from './objects.js';

/** Files of a commit by path, and the model that is asked for. */
interface Committed {
  files: Record<string, Text>;
  path: string;
}

const box = sandbox();
const around = { env: { ...box.env, REG_TIMEOUT: '20' }, signal: AbortSignal.timeout(300_000) };
const stores = storeOpener(around);
let count = 0;

/** Commits files, and loads what is at a path then. */
async function load({ files, path }: Committed, repository: Repository): Promise<void> {
  count += 1;
  const { commit } = rawObjects(repository);
  const oid = commit(treeOf(files, repository));
  // what reads git with the program and what reads it without take turns in `npm test`
  const open = cases(1, count % 2) === 1 ? openSourcesWithGit : openSources;
  const opener = open(join(box.root, 'cache'), around);
  const source = await opener.openSource({ kind: 'path', path: repository.dir });
  const place = { kind: 'repository', repository: source, commit: oid, path, at: repository.dir } as const;
  const model = await locate(place, { stores, sources: opener, around });
  await download(model, join(box.root, 'out', String(count)), () => undefined);
}

function treeOf(files: Record<string, Text>, repository: Repository): string {
  const { blob, tree } = rawObjects(repository);
  const folders = new Map<string, Record<string, Text>>();
  const entries: RawEntry[] = [];
  for (const [path, content] of Object.entries(files)) {
    const [, folder = '', rest = ''] = /^([^/]+)\/(.*)$/s.exec(path) ?? [];
    if (folder === '') entries.push(['100644', path, blob(bytesIn(content))]);
    else folders.set(folder, { ...folders.get(folder), [rest]: content });
  }
  for (const [folder, below] of folders) entries.push(['40000', folder, treeOf(below, repository)]);
  // git looks entries up in the order of their names
  return tree(...entries.sort(([, a], [, b]) => (a < b ? -1 : 1)));
}

async function expectRefused(committed: Committed, repository: Repository, code: string): Promise<void> {
  const error = await outcomeOf(() => load(committed, repository));
  expect(error).toBeInstanceOf(RegError);
  expect(error).toMatchObject({ code });
  expect(`${(error as RegError).message} ${(error as RegError).hint}`).not.toContain(SECRET);
  expect(filesBut(box.root).filter((path) => path.includes('canary'))).toEqual([]);
}

describe('a pointer of Git LFS with', () => {
  const repository = box.repository('pointers');
  test.each(rowsOf('pointers'))('$what is refused', async ({ input, code }) => {
    if (code === 'SOURCE_UNSUPPORTED')
      expect(await codeOf(() => parsePointer(bytesIn(input), 'm.bin'))).toBe(code);
    await expectRefused({ files: { 'm.bin': input }, path: 'm.bin' }, repository, code);
  });
});

describe('a .lfsconfig that names', () => {
  const repository = box.repository('lfsconfigs');
  repository.git('remote', 'add', 'origin', 'https://host.invalid/x.git');
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 1\n`;
  test.each(rowsOf('lfsconfigs'))('$what is refused', async ({ input, code }) => {
    await expectRefused(
      { files: { '.lfsconfig': input, 'm.bin': pointer }, path: 'm.bin' },
      repository,
      code,
    );
  });
});

describe('a manifest of a folder of DVC that holds', () => {
  test.each(rowsOf('dvc-manifests'))('$what is refused', async ({ input, code }) => {
    expect(await codeOf(() => readDvcManifest(bytesIn(input), 'models'))).toBe(code);
  });
});

describe('files of DVC with', () => {
  const repository = box.repository('dvc');
  test.each(rowsOf<Committed>('dvc'))('$what are refused', async ({ input, code }) => {
    await expectRefused(input, repository, code);
  });

  describe('a local configuration that is a symbolic link to a device', () => {
    const linked = box.repository('dvc-linked');
    beforeAll(() => {
      linked.commit({ '.dvc/.keep': '' });
      symlinkSync('/dev/zero', join(linked.dir, '.dvc/config.local'));
    });

    test('do not wait for its end', async () => {
      const files = { '.dvc/config': '', 'm.bin.dvc': `outs:\n- {md5: ${'a'.repeat(32)}, path: m.bin}\n` };
      await expectRefused({ files, path: 'm.bin' }, linked, 'SOURCE_UNSUPPORTED');
    });
  });
});
