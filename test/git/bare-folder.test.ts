import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { borrowFolder, makeBareFolder } from '../../src/git/remote/cache.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const DAY = 24 * 60 * 60;
const isBare = (folder: string): string =>
  execFileSync('git', ['-C', folder, 'rev-parse', '--is-bare-repository'], {
    env: box.env,
    encoding: 'utf8',
  }).trim();
const namesIn = (home: string): string[] => readdirSync(home).sort();

describe('making a folder a bare repository', () => {
  test('git takes it for one', async () => {
    const folder = join(box.root, 'new/deep');
    await makeBareFolder(folder);
    expect(isBare(folder)).toBe('true');
    expect(namesIn(folder)).toEqual(['HEAD', 'config', 'objects', 'refs']);
  });

  test('one that is there stays as it is', async () => {
    const folder = join(box.root, 'there');
    await makeBareFolder(folder);
    writeFileSync(join(folder, 'config'), '[core]\n\tbare = true\n[remote "x"]\n\turl = y\n');
    const before = statSync(join(folder, 'HEAD')).mtimeMs;
    await makeBareFolder(folder);
    expect(statSync(join(folder, 'HEAD')).mtimeMs).toBe(before);
    expect(
      execFileSync('git', ['-C', folder, 'config', 'remote.x.url'], { env: box.env, encoding: 'utf8' }),
    ).toBe('y\n');
  });

  test('many at once make one', async () => {
    const folder = join(box.root, 'many');
    await Promise.all(Array.from({ length: 20 }, () => makeBareFolder(folder)));
    expect(isBare(folder)).toBe('true');
    expect(namesIn(folder)).toEqual(['HEAD', 'config', 'objects', 'refs']);
  });

  test('a place that cannot be written to says how to name another', async () => {
    writeFileSync(join(box.root, 'a-file'), '');
    await expect(makeBareFolder(join(box.root, 'a-file/cache'))).rejects.toMatchObject({
      code: 'FILE_SYSTEM',
      hint: expect.stringContaining('XDG_CACHE_HOME'),
    });
  });
});

describe('borrowing a folder', () => {
  let homes = 0;
  const newHome = (): string => {
    homes += 1;
    return join(box.root, `home-${homes}`);
  };

  test('one that was given back comes again with what is in it', async () => {
    const home = newHome();
    const first = await borrowFolder(home, 'churn');
    expect(first.isFresh).toBe(true);
    expect(isBare(first.path)).toBe('true');
    writeFileSync(join(first.path, 'packed-refs'), 'kept');
    await first.giveBack();
    expect(namesIn(home)).toEqual(['churn']);
    const second = await borrowFolder(home, 'churn');
    expect(second.isFresh).toBe(false);
    expect(existsSync(join(second.path, 'packed-refs'))).toBe(true);
    expect(existsSync(first.path)).toBe(false);
  });

  test('one of another name does not', async () => {
    const home = newHome();
    await (await borrowFolder(home, 'churn')).giveBack();
    expect((await borrowFolder(home, 'fraud')).isFresh).toBe(true);
    expect(namesIn(home)).toContain('churn');
  });

  test('of many borrowers at once no two share one, and one gets what was kept', async () => {
    const home = newHome();
    await (await borrowFolder(home, 'churn')).giveBack();
    const borrowed = await Promise.all(Array.from({ length: 20 }, () => borrowFolder(home, 'churn')));
    expect(new Set(borrowed.map(({ path }) => path)).size).toBe(20);
    expect(borrowed.filter(({ isFresh }) => !isFresh)).toHaveLength(1);
    for (const { path } of borrowed) expect(isBare(path)).toBe('true');
    await Promise.all(borrowed.map(({ giveBack }) => giveBack()));
    await Promise.all(borrowed.map(({ drop }) => drop()));
    expect(namesIn(home)).toEqual(['churn']);
    expect(isBare(join(home, 'churn'))).toBe('true');
    expect((await borrowFolder(home, 'churn')).isFresh).toBe(false);
  });

  test('one that is dropped is gone; one that was given back before stays', async () => {
    const home = newHome();
    const dropped = await borrowFolder(home, 'churn');
    await dropped.drop();
    expect(namesIn(home)).toEqual([]);
    const kept = await borrowFolder(home, 'churn');
    await kept.giveBack();
    await kept.drop();
    expect(namesIn(home)).toEqual(['churn']);
  });

  test('one without a name is for once', async () => {
    const home = newHome();
    const once = await borrowFolder(home, undefined);
    expect(once.isFresh).toBe(true);
    await once.giveBack();
    await once.drop();
    expect(namesIn(home)).toEqual([]);
  });

  test('what killed processes left is swept a day later, by the clock of that disk', async () => {
    const home = newHome();
    const age = (name: string, seconds: number): void => {
      mkdirSync(join(home, name, 'refs'), { recursive: true });
      const at = Date.now() / 1000 - seconds;
      utimesSync(join(home, name), at, at);
    };
    age('old.borrowed', DAY + 600);
    age('young.borrowed', DAY - 600);
    // it may be kept for long, and belongs to nobody
    age('churn', 9 * DAY);
    const { path } = await borrowFolder(home, 'fraud');
    expect(namesIn(home)).toEqual(['churn', path.slice(home.length + 1), 'young.borrowed'].sort());
  });

  // root may remove anything
  test.skipIf(process.getuid?.() === 0)('folders that cannot be removed block no write', async () => {
    const home = newHome();
    mkdirSync(join(home, 'stuck.borrowed/refs'), { recursive: true });
    writeFileSync(join(home, 'stuck.borrowed/refs/x'), '');
    chmodSync(join(home, 'stuck.borrowed/refs'), 0o500);
    utimesSync(join(home, 'stuck.borrowed'), 1, 1);
    expect((await borrowFolder(home, 'churn')).isFresh).toBe(true);
    chmodSync(join(home, 'stuck.borrowed/refs'), 0o700);
  });
});
