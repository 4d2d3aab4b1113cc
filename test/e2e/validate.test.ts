import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, runReg, transcript } from '../support/cli.js';
import { type Repository, sandbox } from '../support/repo.js';
import { MODEL, MODEL_PATH, makeResearch, sha256 } from './registry.js';

const box = sandbox();
const research = makeResearch(box);
const COMMIT = research.git('rev-parse', 'v1^{commit}');
const OTHER = research.commit();

const EDITOR = '# yaml-language-server: $schema=schema.json\n';
const SOURCE = `${EDITOR}source: {repo: ../research, rev: v1, commit: ${COMMIT}, path: ${MODEL_PATH}}`;
const RIGHT = `${SOURCE}\nsha256: ${sha256(MODEL)}\nsize: 154\n`;

let registries = 0;
/** A registry with these files in its work tree; validate looks at those, committed or not. */
function registryWith(files: Record<string, string>): Repository {
  registries += 1;
  const registry = box.repository(`registry-${registries}`);
  registry.commit();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(registry.dir, path)), { recursive: true });
    writeFileSync(join(registry.dir, path), text);
  }
  return registry;
}
const validate = (files: Record<string, string>, ...args: string[]) =>
  regIn(box, registryWith(files).dir)('validate', ...args);

test('links that are right, and files that are none, find nothing', async () => {
  const files = { 'a.model.yaml': RIGHT, 'sub/dir/b.model.yaml': RIGHT, 'README.md': 'x', 'c.yaml': ': [' };
  expect(await validate(files)).toMatchObject({ stdout: '', code: 0 });
  expect(await validate({})).toMatchObject({ stdout: '', code: 0 });
});

test('each thing that is wrong is one line, with file and line', async () => {
  const run = await validate({
    'bytes.model.yaml': RIGHT.replace(sha256(MODEL), 'a'.repeat(64)),
    'model/name-.model.yaml': RIGHT,
    'no-commit.model.yaml': RIGHT.replace(`commit: ${COMMIT}, `, ''),
    'no-path.model.yaml': RIGHT.replace(MODEL_PATH, 'models/none.bin'),
    'no-repo.model.yaml': RIGHT.replace('../research', '../nowhere'),
    'no-rev.model.yaml': `${EDITOR}reg: 1\n\n${RIGHT.replace('rev: v1, ', '').replace(EDITOR, '')}`,
    'no-such-rev.model.yaml': RIGHT.replace('v1', 'v9'),
    'other-commit.model.yaml': RIGHT.replace(COMMIT, OTHER),
    'right.model.yaml': RIGHT,
    'size.model.yaml': RIGHT.replace('154', '155'),
    'unknown-key.model.yaml': `${RIGHT}sha265: x\n`,
  });
  expect(transcript(run)).toMatchInlineSnapshot(`
    "$ reg validate
    bytes.model.yaml:3: error: the bytes differ: sha256 is dc0f5bd8903886f13c7d00650297e9f1185bc72186c5c0f820f7433d37fbeb85, the link says aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa [link-bytes]
    model/name-.model.yaml:1: error: its file name is not an artifact name [link-name]
    no-commit.model.yaml:2: error: source.commit is missing, so the link is not pinned: link it again with --rev and --force [link-rev]
    no-path.model.yaml:2: error: there is no models/none.bin at commit <oid 1, short> [link-path]
    no-repo.model.yaml:2: error: there is no git repository at <tmp>/nowhere [link-resolves]
    no-rev.model.yaml:4: error: source.rev is missing, so the link is not pinned: link it again with --rev and --force [link-rev]
    no-such-rev.model.yaml:2: error: source.rev 'v9' names no commit of the source [link-commit]
    other-commit.model.yaml:2: error: source.rev 'v1' is commit <oid 1>, and the link pins another: link it again with --rev and --force [link-commit]
    size.model.yaml:4: error: the size differs: it is 154 bytes, the link says 155 [link-bytes]
    unknown-key.model.yaml:5: error: unknown key 'sha265' (did you mean 'sha256'?) [link-schema]
    -- exit 1 --
    "
  `);
});

test('a file that does not parse is one finding, at the line where it stops', async () => {
  const run = await validate({ 'a.model.yaml': 'reg: 1\nsource: {\n', 'b.model.yaml': RIGHT });
  expect(run.code).toBe(1);
  expect(run.stdout).toMatch(/^a\.model\.yaml:[23]: error: .* \[link-parse\]\n$/);
});

test('JSON has the same findings', async () => {
  const run = await validate(
    { 'a.model.yaml': RIGHT.replace('rev: v1, ', ''), 'b.model.yaml': RIGHT },
    '--json',
  );
  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout)).toEqual({
    ok: false,
    findings: [
      {
        level: 'error',
        rule: 'link-rev',
        file: 'a.model.yaml',
        line: 2,
        message: expect.stringContaining('rev'),
      },
    ],
  });
  expect(JSON.parse((await validate({ 'b.model.yaml': RIGHT }, '--json')).stdout)).toEqual({
    ok: true,
    findings: [],
  });
});

test('a link that promises no bytes is not pinned', async () => {
  const run = await validate({ 'a.model.yaml': RIGHT.replace(/sha256.*\n/, '') }, '--json');
  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({
    ok: false,
    findings: [{ level: 'error', rule: 'link-bytes' }],
  });
});

test('chosen files and folders only, from the working folder', async () => {
  const wrong = `${EDITOR}source: {path: x}\n`;
  const registry = registryWith({ 'wrong.model.yaml': wrong, 'sub/right.model.yaml': RIGHT, 'sub2/x': '' });
  const at = (cwd: string, ...args: string[]) =>
    runReg(box, { cwd: join(registry.dir, cwd) }, 'validate', ...args);
  expect((await at('.', 'sub')).code).toBe(0);
  expect((await at('sub', '.')).code).toBe(0);
  expect((await at('sub', 'right.model.yaml')).code).toBe(0);
  expect((await at('sub', '../wrong.model.yaml')).stdout).toMatch(/^wrong\.model\.yaml:2: /);
  expect((await at('.', 'sub', 'wrong.model.yaml')).code).toBe(1);
  expect(await at('.', 'sub2')).toMatchObject({ code: 2, stdout: '' });
});

test('a link that was right until its source changed', async () => {
  const moving = makeResearch(box, 'moving');
  const registry = registryWith({});
  const reg = regIn(box, registry.dir);
  await reg('link', MODEL_PATH, 'cost', '--source', '../moving', '--rev', 'v1');
  expect((await reg('validate')).code).toBe(0);
  moving.git('tag', '--delete', 'v1');
  moving.git('checkout', '--quiet', '--orphan', 'rewritten');
  moving.commit({ [MODEL_PATH]: 'retrained' });
  moving.git('branch', '--delete', '--force', 'main');
  moving.git('reflog', 'expire', '--expire=now', '--all');
  moving.git('gc', '--quiet', '--prune=now');
  expect(await reg('validate')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^cost\.model\.yaml:\d+: error: .*\[link-resolves\]\n$/m),
  });
});
