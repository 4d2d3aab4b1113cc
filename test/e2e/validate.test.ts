import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { regIn, runReg, transcript } from '../support/cli-here.js';
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
/** A registry with these files in its work tree; validate looks at those, committed or not, and at the committed configuration. */
function registryWith(files: Record<string, string>): Repository {
  registries += 1;
  const registry = box.repository(`registry-${registries}`);
  const { '.reg.yaml': config } = files;
  registry.commit(config === undefined ? {} : { '.reg.yaml': config });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(registry.dir, path)), { recursive: true });
    writeFileSync(join(registry.dir, path), text);
  }
  return registry;
}
const validate = (files: Record<string, string>, ...args: string[]) =>
  regIn(box, registryWith(files).dir)('validate', ...args);

test('correct links, and files that are no links, give no findings', async () => {
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
    model/name-.model.yaml:1: error: 'model:name-' is not an artifact name: the part behind the dir ends in '-' [link-name]
    no-commit.model.yaml:2: error: source.commit is missing, so the link is not pinned: pin it with: reg update no-commit [link-rev]
    no-path.model.yaml:2: error: there is no models/none.bin at commit <oid 1, short> [link-path]
    no-repo.model.yaml:2: error: there is no git repository at <tmp>/nowhere [link-resolves]
    no-rev.model.yaml:4: error: source.rev is missing, so the link is not pinned: pin it with: reg update no-rev [link-rev]
    no-such-rev.model.yaml:2: error: source.rev 'v9' names no commit of the source [link-commit]
    other-commit.model.yaml:2: error: source.rev 'v1' is commit <oid 1>, and the link pins another: pin it with: reg update other-commit [link-commit]
    size.model.yaml:4: error: the size differs: it is 154 bytes, the link says 155 [link-bytes]
    unknown-key.model.yaml:5: error: unknown key 'sha265' (did you mean 'sha256'?) [link-schema]
    -- exit 1 --
    "
  `);
});

test('no line is a command to the log of a workflow, whatever a file is called', async () => {
  const { stdout } = await validate({ '::add-mask::a.model.yaml': RIGHT });
  expect(stdout).toBe(
    "./::add-mask::a.model.yaml:1: error: '::add-mask::a' is not an artifact name: its dir is empty [link-name]\n",
  );
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
  // by the names of artifacts too
  expect((await at('.', 'sub:right')).code).toBe(0);
  expect((await at('sub', 'wrong')).stdout).toMatch(/^wrong\.model\.yaml:2: /);
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

describe('only what a change touches', () => {
  const NEW = RIGHT.replace('size: 154', 'size: 155');
  const registry = box.repository('changing');
  registry.commit({ 'a.model.yaml': RIGHT, 'wrong.model.yaml': NEW, 'sub/b.model.yaml': RIGHT });
  registry.tag('a@v1.0.0');
  registry.tag('a#prod#2');
  registry.git('checkout', '--quiet', '-b', 'change');
  const reg = regIn(box, registry.dir);
  const changed = async (...args: string[]): Promise<string> => {
    const run = await reg('validate', '--base', 'main', ...args);
    registry.git('checkout', '--quiet', '--force', 'HEAD', '--', '.');
    registry.git('clean', '-dfq');
    return `${run.stdout}${run.stderr}`;
  };
  const write = (path: string, text: string) => writeFileSync(join(registry.dir, path), text);

  test('nothing', async () => {
    expect(await changed()).toBe('there is nothing to check: the change touches no declaration\n');
  });

  test('what main did meanwhile is no part of it', async () => {
    registry.git('checkout', '--quiet', 'main');
    registry.commit({ 'sub/b.model.yaml': NEW });
    registry.git('checkout', '--quiet', 'change');
    expect(await changed()).toBe('there is nothing to check: the change touches no declaration\n');
  });

  test('a new file and one that is another now, committed or not; line ends are no change', async () => {
    write('new.model.yaml', NEW);
    write('a.model.yaml', RIGHT.replaceAll('\n', '\r\n'));
    write('sub/b.model.yaml', `${NEW}# so\n`);
    expect((await changed()).match(/^\S+?:/gm)).toEqual(['new.model.yaml:', 'sub/b.model.yaml:']);
  });

  test('the configuration touches every link', async () => {
    write('.reg.yaml', 'rules: {link-bytes: warning}\n');
    // the rules of the default branch hold until it is merged
    expect(await changed()).toMatch(
      /^\.reg\.yaml:1: info: .*\[config-change\]\nwrong\.model\.yaml:4: error: .*\[link-bytes\]\n$/,
    );
  });

  test('a link that is gone, and in use', async () => {
    registry.git('rm', '--quiet', 'a.model.yaml', 'sub/b.model.yaml');
    registry.git('reset', '--quiet');
    expect(await reg('validate', '--base', 'main', 'sub')).toMatchObject({ code: 0 });
    expect(await changed()).toBe(
      'a.model.yaml:1: error: the link is removed, but a is in use: v1.0.0 in prod; unassign it first, rename it with reg rename, or keep the link [change-removed]\n',
    );
  });

  test('a base that is not here', async () => {
    const origin = `file://${registry.dir}`;
    registry.git('clone', '--quiet', '--depth=1', '--branch=change', origin, '../shallow');
    const shallow = box.at('shallow');
    shallow.git('fetch', '--quiet', '--depth=1', 'origin', 'main:refs/remotes/origin/main');
    const regShallow = regIn(box, shallow.dir);
    const runs = [
      await reg('validate', '--base', 'origin/main'),
      await reg('validate', '--base', 'v9'),
      await regShallow('validate', '--base', 'origin/main'),
    ];
    expect(transcript(...runs)).toMatchInlineSnapshot(`
      "$ reg validate --base origin/main
      -- stderr --
      error: 'origin/main' names no commit here
      hint: fetch it: git branch --all
      -- exit 1 --

      $ reg validate --base v9
      -- stderr --
      error: 'v9' names no commit here
      hint: fetch it: git branch --all
      -- exit 1 --

      $ reg validate --base origin/main
      -- stderr --
      error: 'origin/main' and HEAD have no commit in common here
      hint: this clone is shallow: git fetch --unshallow (fetch-depth: 0 of actions/checkout)
      -- exit 1 --
      "
    `);
  });
});

test('for other programs', async () => {
  const files = { 'a.model.yaml': RIGHT.replace('154', '155'), 'b.model.yaml': RIGHT };
  const registry = registryWith(files);
  const as = async (format: string) => regIn(box, registry.dir)('validate', '--format', format);
  expect((await as('github')).stdout).toBe(
    '::error file=a.model.yaml,line=4,title=reg%3A link-bytes::the size differs: it is 154 bytes, the link says 155\n',
  );
  expect((await as('junit')).stdout).toContain('<testsuites name="reg validate" tests="2" failures="1"');
  expect(JSON.parse((await as('sarif')).stdout).runs[0].results).toHaveLength(1);
  expect(await as('json')).toMatchObject(
    await regIn(box, registry.dir)('validate', '--json').then(({ stdout, code }) => ({ stdout, code })),
  );
  expect(await as('xml')).toMatchObject({ code: 2, stdout: '' });
});

test('levels of rules, and rules that there are not', async () => {
  const wrong = RIGHT.replace(EDITOR, '');
  const run = await validate({ '.reg.yaml': 'rules: {link-editor: error}\n', 'a.model.yaml': wrong });
  expect(run).toMatchObject({ code: 1, stdout: expect.stringContaining('error: the first line') });
  const off = await validate({ '.reg.yaml': 'rules: {link-editor: off}\n', 'a.model.yaml': wrong });
  expect(off).toMatchObject({ code: 0, stdout: '' });
  const unknown = await validate({ '.reg.yaml': 'stages: [a]\nrules: {link-edtor: off}\n' });
  expect(unknown).toMatchObject({ code: 1, stderr: '' });
  expect(unknown.stdout).toBe(
    ".reg.yaml:2: error: there is no rule 'link-edtor' (did you mean 'link-editor'?) [config-schema]\n",
  );
});

test('a tag of the source that was moved, and a link that follows it', async () => {
  const moving = makeResearch(box, 'moving-tag');
  const registry = registryWith({});
  const reg = regIn(box, registry.dir);
  await reg('link', MODEL_PATH, 'cost', '--source', '../moving-tag', '--rev', 'v1');
  registry.commit();
  moving.commit({ [MODEL_PATH]: 'replaced' });
  moving.git('tag', '--force', '--annotate', '--message', 'moved', 'v1');
  expect((await reg('validate')).stdout).toMatch(
    /^cost\.model\.yaml:\d+: error: source\.rev 'v1' is commit .*\[link-commit\]\n$/,
  );
  await reg('update');
  expect((await reg('validate')).code).toBe(0);
  expect((await reg('validate', '--base', 'HEAD')).stdout).toMatch(
    /^cost\.model\.yaml:\d+: error: the bytes change, but source\.rev is 'v1' still: .*\[change-bytes\]\n$/,
  );
});

test('consumers, limits, and what is in a stage', async () => {
  const registry = registryWith({});
  const config = `metrics: {rmse: {max: 0.5, noWorseThan: prod, tolerance: 2%}}
expects:
  dashboard: {artifact: cost, tensors: {weights: {dtype: F64, shape: [3]}, bias: {dtype: F64}}}
`;
  registry.commit({ '.reg.yaml': config, 'cost.model.yaml': `${RIGHT}metrics: {rmse: 0.4}\n` });
  registry.tag('cost@v1.0.0');
  registry.tag('cost#prod#2');
  writeFileSync(join(registry.dir, 'cost.model.yaml'), `${RIGHT}metrics: {rmse: 0.41}\n`);
  writeFileSync(join(registry.dir, 'new.model.yaml'), RIGHT);
  expect(transcript(await regIn(box, registry.dir)('validate'))).toMatchInlineSnapshot(`
    "$ reg validate
    cost.model.yaml:1: error: cost does not fit dashboard: tensor 'weights' is F64[2], and is read as F64[3]: dimension 1 is 2, and has to be 3 [interface-fits]
    cost.model.yaml:1: error: cost does not fit dashboard: it has no tensor 'bias', which is read as F64 [interface-fits]
    cost.model.yaml:5: error: rmse is 0.41, worse than 0.4 of v1.0.0 in prod; with a tolerance of 2% it has to be at most 0.408 [metric-worse]
    new.model.yaml:1: error: rmse is asked for, and the link does not say it [metric-missing]
    -- exit 1 --
    "
  `);
});

test('the content of a stage is read from the remote, whatever tags a checkout has', async () => {
  const origin = box.repository('origin');
  const config = 'metrics: {rmse: {max: 0.5, noWorseThan: prod}}\n';
  origin.commit({ '.reg.yaml': config, 'cost.model.yaml': `${RIGHT}metrics: {rmse: 0.3}\n` });
  origin.tag('cost@v1.0.0');
  origin.tag('cost#prod#2');
  origin.commit({ 'cost.model.yaml': `${RIGHT}metrics: {rmse: 0.4}\n` });
  const clone = async (name: string, ...args: string[]) => {
    origin.git('clone', '--quiet', ...args, `file://${origin.dir}`, `../${name}`);
    const { dir, tags } = box.at(name);
    return { reg: regIn(box, dir), tags, git: box.at(name).git };
  };
  const bare = await clone('no-tags', '--no-tags');
  const worse = 'cost.model.yaml:5: error: rmse is 0.4, worse than 0.3 of v1.0.0 in prod [metric-worse]\n';
  expect((await bare.reg('validate')).stdout).toBe(worse);
  expect(bare.tags()).toEqual([]);
  expect((await bare.reg('validate', '--offline')).stdout).toBe('');
  const whole = await clone('whole');
  for (const { git, reg } of [bare, whole]) {
    git('remote', 'set-url', 'origin', `file://${box.root}/nowhere`);
    expect(await reg('validate')).toMatchObject({ stdout: '', code: 4 });
  }
  expect((await whole.reg('validate', '--offline')).stdout).toBe(worse);
});

test('annotations, a summary on the page of the run, and SARIF in one run', async () => {
  const registry = registryWith({
    'a.model.yaml': RIGHT.replace('size: 154', 'size: 155'),
    'b.model.yaml': `${RIGHT}sha265: x\n`,
    'c.model.yaml': `${RIGHT}sha265: x\n`,
  });
  const page = join(box.root, 'summary.md');
  const args = ['validate', '--format', 'github', '--sarif', 'out/reg.sarif'];
  const run = await runReg(box, { cwd: registry.dir, env: { GITHUB_STEP_SUMMARY: page } }, ...args);
  expect(run).toMatchObject({ code: 1, stderr: '3 errors\n' });
  expect(run.stdout.match(/^::error /gm)).toHaveLength(3);
  const { runs } = JSON.parse(readFileSync(join(registry.dir, 'out/reg.sarif'), 'utf8'));
  expect(runs[0].results).toHaveLength(3);
  expect(readFileSync(page, 'utf8')).toBe(
    '### reg validate\n\n| level | rule | findings |\n| --- | --- | --- |\n| error | link&#45;bytes | 1 |\n| error | link&#45;schema | 2 |\n\n3 errors\n\n',
  );
});

test('the report goes through no symbolic link of a change under review', async () => {
  const registry = registryWith({ 'a.model.yaml': RIGHT });
  symlinkSync(box.root, join(registry.dir, 'out'));
  const run = await regIn(box, registry.dir)('validate', '--sarif', 'out/reg.sarif');
  expect(run.code).toBe(1);
  expect(existsSync(join(box.root, 'reg.sarif'))).toBe(false);
  const elsewhere = join(box.root, 'reports', 'reg.sarif');
  expect(await regIn(box, registry.dir)('validate', '--sarif', elsewhere)).toMatchObject({ code: 0 });
  expect(existsSync(elsewhere)).toBe(true);
});
