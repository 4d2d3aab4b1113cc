import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheFolder } from '../../src/util/files.js';
import { readPlain, refuseLinksBelow, writeBelow } from '../../src/util/safe-files.js';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'reg-safe-')));
  mkdirSync(join(root, 'tree/real'), { recursive: true });
  mkdirSync(join(root, 'elsewhere'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

describe('links on the way to a path that a person named', () => {
  it('count below the folder, by whatever way the folder is named', async () => {
    symlinkSync(join(root, 'elsewhere'), join(root, 'tree/out'));
    symlinkSync(join(root, 'tree'), join(root, 'way'));
    const tree = join(root, 'tree');
    for (const top of [tree, join(root, 'way')])
      await expect(refuseLinksBelow(tree, join(top, 'out/m.bin'))).rejects.toMatchObject({
        code: 'FILE_SYSTEM',
        hint: `name the folder itself: ${join(root, 'elsewhere')}`,
      });
    for (const path of ['way/real/m.bin', 'tree/real/new/m.bin', 'tree/out', 'elsewhere/m.bin'])
      await refuseLinksBelow(tree, join(root, path));
  });
});

describe('a file below a folder', () => {
  it('keeps its mode, and is replaced, not written into', async () => {
    const path = join(root, 'tree/a');
    writeFileSync(path, 'old', { mode: 0o600 });
    const { ino } = statSync(path);
    await writeBelow(join(root, 'tree'), 'a', 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(path).ino).not.toBe(ino);
  });

  it('is read up to a limit', async () => {
    writeFileSync(join(root, 'a'), '12345');
    expect((await readPlain(join(root, 'a'), 5))?.length).toBe(5);
    await expect(readPlain(join(root, 'a'), 4, 'a')).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await readPlain(join(root, 'a/b'), 4)).toBeUndefined();
  });
});

describe('a cache in the folder for temporary files', () => {
  it("is this user's own, and no link", () => {
    vi.stubEnv('TMPDIR', root);
    const path = cacheFolder({});
    expect(path).toBe(join(root, `reg-cache-${process.geteuid?.()}`));
    symlinkSync(join(root, 'elsewhere'), path);
    expect(cacheFolder({})).toMatch(/reg-cache-[0-9a-f-]{36}$/);
  });
});
