import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';

const FIXTURE = fileURLToPath(new URL('../../fixtures/dvc-get', import.meta.url));
/** DVC 3.67, where this variable names it. */
const { REG_DVC: dvc } = process.env;

const unpack = (folder: string): void =>
  void execFileSync('tar', ['-xzf', join(FIXTURE, 'made.tar.gz'), '-C', folder]);
const build = (folder: string): void =>
  void execFileSync('sh', [join(FIXTURE, 'build.sh'), folder], {
    env: { PATH: process.env.PATH, DVC: dvc },
    stdio: ['ignore', 'ignore', 'pipe'],
  });

/** What a path of a repository has to be: a file or a folder that DVC itself brought. */
interface Row {
  repo: string;
  path: string;
  got: string;
}

/** Every file below a path, with its bytes; the file itself has the name ''. */
function bytesBelow(path: string): Record<string, string> {
  if (!statSync(path).isDirectory()) return { '': readFileSync(path, 'latin1') };
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(path, name)).isFile()).sort();
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(path, name), 'latin1')]));
}

const WAYS: [string, (folder: string) => void][] = [
  ['as they are kept in a fixture', unpack],
  ['that DVC makes now', build],
];

describe.each(dvc ? WAYS : WAYS.slice(0, 1))('repositories of DVC, %s', (_how, make) => {
  const box = sandbox();
  const root = join(box.root, 'made');
  let registry: Repository;
  let rows: Row[];
  beforeAll(() => {
    mkdirSync(root);
    make(root);
    rows = readdirSync(join(root, 'got')).flatMap((repo) =>
      readdirSync(join(root, 'got', repo)).map((name) => ({
        repo,
        path: name.replaceAll('+', '/'),
        got: join(root, 'got', repo, name),
      })),
    );
    registry = box.repository('registry');
    const link = ({ repo, path }: Row) =>
      `source:\n  repo: ../made/${repo}\n  rev: main\n  path: ${JSON.stringify(path)}\n`;
    registry.commit(Object.fromEntries(rows.map((row, index) => [`m${index}.model.yaml`, link(row)])));
  }, 200_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  /** One of the repositories has its remote in the configuration of a user. */
  const envOf = (repo: string) => ({
    HOME: join(root, 'home'),
    XDG_CONFIG_HOME: join(root, repo === 'user' ? 'user-config' : 'home/config'),
  });

  test.each(['git', 'embedded'])(
    'load has the bytes that dvc get brought, with REG_GIT=%s',
    async (REG_GIT) => {
      expect(rows.length).toBeGreaterThan(25);
      const differences: unknown[] = [];
      for (const [index, { repo, path, got }] of rows.entries()) {
        const reg = regIn(box, registry.dir, { ...envOf(repo), REG_GIT });
        const run = await reg('load', `m${index}`, '--rev', 'HEAD', '-o', `${REG_GIT}/${index}`);
        const bytes = run.code === 0 ? bytesBelow(join(registry.dir, REG_GIT, String(index))) : undefined;
        try {
          expect(run).toMatchObject({ code: 0 });
          expect(bytes).toEqual(bytesBelow(got));
        } catch {
          differences.push({ repo, path, stderr: run.stderr });
        }
      }
      expect(differences).toEqual([]);
    },
    100_000,
  );

  test('what a path of this machine has is compared with what was imported', async () => {
    const index = rows.findIndex(({ repo, path }) => repo === 'urls' && path === 'plain');
    const file = join(root, 'plain/a.txt');
    const before = readFileSync(file);
    writeFileSync(file, 'PLAIN\n');
    const { code, stderr } = await regIn(box, registry.dir, envOf('urls'))(
      'load',
      `m${index}`,
      '--rev',
      'HEAD',
      '-o',
      'changed',
    );
    writeFileSync(file, before);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /plain was imported from \.\.\/plain, which has the md5 .*dvc update plain\.dvc/s,
      ),
    });
  });
});
