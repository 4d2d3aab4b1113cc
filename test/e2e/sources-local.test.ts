import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';
import { MODEL, MODEL_PATH, makeResearch, sha256 } from './registry.js';

const box = sandbox();
const research = makeResearch(box, 'research of größe');
const first = research.git('rev-parse', 'HEAD');
research.git('tag', 'light');
research.git('branch', 'stable');
research.commit({ [MODEL_PATH]: 'retrained' });
const bare = `${box.root}/bare.git`;
research.git('clone', '--quiet', '--bare', '.', bare);
const registry = box.repository('registry');
registry.commit();
const reg = regIn(box, registry.dir);

let artifacts = 0;
/** Links to a source, commits that, loads it again; gives the link as JSON and the bytes. */
async function linkAndLoad(source: string, rev: string) {
  artifacts += 1;
  const name = `model-${artifacts}`;
  const linked = await reg('link', MODEL_PATH, name, '--source', source, '--rev', rev, '--json');
  expect(linked).toMatchObject({ code: 0 });
  registry.commit();
  const { bytes, stderr, code } = await reg('load', name, '-o', '-');
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return { link: JSON.parse(linked.stdout) as Record<string, unknown>, bytes };
}

const SOURCES = [
  { where: 'an absolute path', source: research.dir },
  { where: 'a relative path', source: '../research of größe' },
  { where: 'a folder inside of a work tree', source: `${research.dir}/models` },
  { where: 'a file URL', source: pathToFileURL(research.dir).href },
  { where: 'a bare repository', source: bare },
  { where: 'a file URL of a bare repository', source: `file://${bare}` },
];
const REVS = [
  { what: 'an annotated tag', rev: 'v1' },
  { what: 'a branch', rev: 'stable' },
  { what: 'a lightweight tag', rev: 'light' },
  { what: 'a full commit id', rev: first },
  { what: 'an abbreviated commit id', rev: first.slice(0, 9) },
  { what: 'a full ref', rev: 'refs/heads/stable' },
];

describe('what a source and a rev may be', () => {
  test.each(pairs(SOURCES, REVS).map(([row, rev]) => ({ ...row, ...rev })))(
    '$what of $where',
    async ({ source, rev }) => {
      const { link, bytes } = await linkAndLoad(source, rev);
      expect(link).toMatchObject({ commit: first, sha256: sha256(MODEL), size: MODEL.length });
      expect(bytes.equals(MODEL)).toBe(true);
    },
  );

  test('this repository itself', async () => {
    registry.commit({ 'own.bin': 'of its own' });
    expect((await reg('link', 'own.bin', 'own', '--rev', 'main')).code).toBe(0);
    registry.commit();
    expect((await reg('load', 'own', '-o', '-')).stdout).toBe('of its own');
  });

  test('a branch that moves on does not move a link that is pinned', async () => {
    research.git('branch', 'moving', first);
    await linkAndLoad(research.dir, 'moving');
    research.git('branch', '--force', 'moving', 'main');
    expect((await reg('load', `model-${artifacts}`, '-o', '-')).bytes.equals(MODEL)).toBe(true);
  });
});

test('what cannot be linked is refused, and no file is written', async () => {
  const link = (path: string, source: string, rev: string) =>
    reg('link', path, 'wrong', '--source', source, '--rev', rev);
  expect(
    transcript(
      await link(MODEL_PATH, '../research of größe', 'no-such-rev'),
      await link('models/none.bin', '../research of größe', 'main'),
      await link('../../etc/passwd', '../research of größe', 'main'),
      await link('/etc/passwd', '../research of größe', 'main'),
      await link(MODEL_PATH, '../nowhere', 'main'),
      await link(MODEL_PATH, 'ext::sh -c "touch pwned"', 'main'),
      await link(MODEL_PATH, '--upload-pack=touch pwned', 'main'),
      await link(MODEL_PATH, 's3://bucket/repo', 'main'),
      await link(MODEL_PATH, 'https://ann:secret@127.0.0.1/research', 'main'),
    ),
  ).toMatchInlineSnapshot(`
    "$ reg link models/linear_regression.safetensors wrong --source '../research of größe' --rev no-such-rev
    -- stderr --
    error: 'no-such-rev' names no commit of ../research of größe
    hint: give a branch, a tag or a commit id that the source has
    -- exit 1 --

    $ reg link models/none.bin wrong --source '../research of größe' --rev main
    -- stderr --
    error: there is no models/none.bin at commit <oid 1, short>
    hint: check the path, from the top of that repository, and that the file is committed there
    -- exit 1 --

    $ reg link ../../etc/passwd wrong --source '../research of größe' --rev main
    -- stderr --
    error: '../../etc/passwd' is not a path inside a repository: it holds '..'
    hint: write it from the top of the repository
    -- exit 1 --

    $ reg link /etc/passwd wrong --source '../research of größe' --rev main
    -- stderr --
    error: '/etc/passwd' is not a path inside a repository: it is absolute
    hint: write it from the top of the repository
    -- exit 1 --

    $ reg link models/linear_regression.safetensors wrong --source ../nowhere --rev main
    -- stderr --
    error: there is no git repository at <tmp>/nowhere
    hint: check --source, or source.repo of the link
    -- exit 1 --

    $ reg link models/linear_regression.safetensors wrong --source 'ext::sh -c "touch pwned"' --rev main
    -- stderr --
    error: 'ext::sh -c "touch pwned"' is not a repository to read from: remote helpers run programs
    hint: use https, ssh, git or file URLs, user@host:path, or a plain path
    -- exit 1 --

    $ reg link models/linear_regression.safetensors wrong --source '--upload-pack=touch pwned' --rev main
    -- stderr --
    error: '--upload-pack=touch pwned' is not a repository to read from: it looks like an option
    hint: use https, ssh, git or file URLs, user@host:path, or a plain path
    -- exit 1 --

    $ reg link models/linear_regression.safetensors wrong --source s3://bucket/repo --rev main
    -- stderr --
    error: 's3://bucket/repo' is not a repository to read from: s3:// is not supported
    hint: use https, ssh, git or file URLs, user@host:path, or a plain path
    -- exit 1 --

    $ reg link models/linear_regression.safetensors wrong --source https://ann:secret@127.0.0.1/research --rev main
    -- stderr --
    error: a link file is no place for a user name or a token
    hint: leave it out of the URL, https://127.0.0.1/research, and let git's credential helper know it
    -- exit 1 --
    "
  `);
  expect(registry.git('status', '--porcelain')).toBe('');
});
