import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { openRegistry } from '../../src/api.js';
import { siteDataJsonSchema } from '../../src/cli/making.js';
import { importInto, type Told } from '../support/fast-import.js';
import { sandbox } from '../support/repo.js';
import { siteRegistry } from '../support/site-registry.js';

const box = sandbox();
const host = { env: box.env, cwd: box.root, now: () => Date.UTC(2026, 10, 25) };
const repository = siteRegistry(box);
const out = join(box.root, 'site');
const open = () => openRegistry(repository.dir, host);
const read = (path: string): string => readFileSync(join(out, path), 'utf8');
const json = (path: string): unknown => JSON.parse(read(path));
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(posix.relative(folder, entry.parentPath), entry.name))
    .sort();

beforeAll(async () => {
  await (await open()).site({ out });
}, 60_000);

describe('data', () => {
  test('every file has its published shape', () => {
    const published = JSON.parse(
      readFileSync(new URL('../../schema/site-data.schema.json', import.meta.url), 'utf8'),
    );
    expect(published).toEqual(JSON.parse(JSON.stringify(siteDataJsonSchema())));
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true }).addSchema(published, 'data');
    const shapes = ['artifact', 'overview', 'history', 'stages', 'files'];
    const data = filesIn(out).filter((path) => /^data\/.*\.json$/.test(path));
    expect(data).toHaveLength(8);
    for (const path of data) {
      const validate = ajv.getSchema(`data#/$defs/${shapes.find((shape) => path.includes(shape))}`);
      expect(validate?.(json(path)), `${path}: ${JSON.stringify(validate?.errors)}`).toBe(true);
    }
  });

  test('it is what the library answers', async () => {
    const registry = await open();
    const rows = await registry.show({ deprecated: true });
    expect(json('data/overview.json')).toMatchObject(rows);
    expect(json('data/history.json')).toEqual(await registry.history());
    expect(json('data/artifacts/models_3achurn.json')).toEqual({
      artifact: 'models:churn',
      versions: await registry.show('models:churn'),
      intervals: await registry.intervals('models:churn'),
      history: await registry.history('models:churn'),
      descriptions: await Promise.all(
        ['v2.1.0', 'v2.0.0', 'v2.0.0-rc.1', 'v1.1.0', 'v1.0.0'].map((version) =>
          // pages read no evidence
          registry.describe('models:churn', { version }).then((row) => ({ ...row, evidence: null })),
        ),
      ),
    });
  });

  test('stages are behind by the active versions that are greater', () => {
    const rows = json('data/overview.json') as { artifact: string; behind: unknown; changedBy: unknown }[];
    expect(rows.find(({ artifact }) => artifact === 'models:churn')).toMatchObject({
      behind: { dev: 0, staging: 1, prod: 3 },
      changedBy: 'Bo Strand',
    });
  });
});

describe('pages', () => {
  test('every link leads to a page that is there, or to the git host', () => {
    const files = new Set(filesIn(out));
    const links = [...files]
      .filter((path) => path.endsWith('.html'))
      .flatMap((path) =>
        [...read(path).matchAll(/ (?:href|src)="([^"#]+)[^"]*"/g)].map(([, to = '']) => [path, to] as const),
      );
    const lost = links.filter(
      ([path, to]) =>
        !/^https:\/\/(github|example)\.com\//.test(to) && !files.has(posix.join(dirname(path), to)),
    );
    expect(links.length).toBeGreaterThan(100);
    expect(lost).toEqual([]);
  });

  test('nothing in them is a script but the site’s own, and a policy says so', () => {
    for (const path of filesIn(out).filter((one) => one.endsWith('.html'))) {
      const page = read(path);
      expect(page).toContain(
        `content="default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri`,
      );
      expect(page).not.toMatch(/ style=| on[a-z]+=/);
      expect([...page.matchAll(/<script[^>]*>/g)].map(([tag]) => tag.replace(/src="[^"]*"/, 'src'))).toEqual([
        '<script src defer>',
        '<script type="application/json" id="page">',
      ]);
    }
  });

  test('commits and tags lead to the git host, encoded', () => {
    expect(read('artifacts/models_3achurn/index.html')).toContain(
      'href="https://github.com/mycompany/model-registry/releases/tag/models%3Dchurn%23prod%2310"',
    );
  });

  test('a version has its source, its card, and the command that loads it', () => {
    const page = read('artifacts/models_3achurn/versions/v1.0.0.html');
    expect(page).toContain(
      'reg load models:churn@v1.0.0 --repo https://github.com/mycompany/model-registry.git',
    );
    expect(page).toContain(
      `https://github.com/mycompany/research/blob/${'a'.repeat(40)}/models/churn.safetensors`,
    );
    expect(page).toContain('<strong>who leaves</strong>');
  });
});

test('what was taken back or deprecated says by whom, when and why, and no command that would fail', () => {
  const [version = '', model = ''] = [
    'artifacts/fraud/versions/v0.2.0-rc.1.html',
    'artifacts/old-scores/index.html',
  ]
    .map(read)
    .map((page) => page.replaceAll(/<script type.*/g, '').replaceAll(/<[^>]*>/g, ''));
  expect(version).toContain('Deregistered by مايا حداد on 2026-08-28 09:00: Not good enough');
  expect(version).not.toContain('reg load');
  expect(model).toContain('Deprecated by Bo Strand on 2026-06-30 09:00: Replaced by churn');
});

describe('the folder', () => {
  test('a second site takes the place of the first one, and leaves nothing behind', async () => {
    const folder = join(box.root, 'again');
    const other = box.repository('other');
    importInto(box, other, [
      { day: '2026-01-01', files: {} },
      { tag: 'gone@v1.0.0', day: '2026-01-01' },
    ]);
    await (await openRegistry(other.dir, host)).site({ out: folder });
    expect(filesIn(folder)).toContain('artifacts/gone/index.html');
    await (await open()).site({ out: folder });
    expect(filesIn(folder)).toEqual(filesIn(out));
  });

  test('the work tree of a branch that pages are published from is as good as empty', async () => {
    const folder = join(box.root, 'branch');
    mkdirSync(folder);
    for (const name of ['.git', 'CNAME']) writeFileSync(join(folder, name), name);
    for (const _ of ['first', 'second']) await (await open()).site({ out: folder });
    expect(filesIn(folder)).toEqual([...filesIn(out), '.git', 'CNAME'].sort());
  });

  test('one that holds other files is refused, and stays as it is', async () => {
    const folder = join(box.root, 'mine');
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.tex'), 'x');
    await expect((await open()).site({ out: folder })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(filesIn(folder)).toEqual(['thesis.tex']);
  });

  test.each([
    ['a file', 'index.html', 'mine.txt'],
    ['a folder', 'artifacts', '.'],
  ])('%s of an earlier site that is a symbolic link is not written through', async (what, path, to) => {
    const folder = join(box.root, `linked ${what}`);
    await (await open()).site({ out: folder });
    const elsewhere = join(box.root, `elsewhere ${what}`);
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'mine.txt'), 'mine');
    rmSync(join(folder, path), { recursive: true });
    symlinkSync(join(elsewhere, to), join(folder, path));
    await expect((await open()).site({ out: folder })).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(filesIn(elsewhere)).toEqual(['mine.txt']);
    expect(readFileSync(join(elsewhere, 'mine.txt'), 'utf8')).toBe('mine');
  });
});

test('no login of a remote or a source is in any file', async () => {
  const secret = box.repository('secret');
  const source = 'https://user:t0ps3cret@github.com/o/research?token=t0ps3cret';
  importInto(box, secret, [
    {
      day: '2026-01-01',
      files: { 'churn.model.yaml': `source: {repo: "${source}", rev: main, path: m.bin}\n` },
    },
    { tag: 'churn@v1.0.0', day: '2026-01-01' },
    { tag: 'churn@v1.0.1', day: '2026-01-02' },
  ]);
  secret.git('remote', 'add', 'origin', 'https://user:t0ps3cret@github.com/o/registry.git');
  const folder = join(box.root, 'without-secrets');
  await (await openRegistry(secret.dir, host)).site({ out: folder });
  const texts = filesIn(folder).map((path) => readFileSync(join(folder, path), 'utf8'));
  expect(texts.join('')).toContain('https://github.com/o/research');
  expect(texts.filter((text) => text.includes('t0ps3cret'))).toEqual([]);
});

test('the overview of a thousand artifacts is below 300 kB', async () => {
  const large = box.repository('large');
  const told = Array.from({ length: 1000 }, (_, index): Told[] => {
    const name = `team-${index % 20}/model-${index}`;
    const assigned = ['dev', 'staging', 'prod'].map((stage, place) => ({
      tag: `${name}#${stage}#${place + 1}`,
      day: '2026-03-01',
    }));
    return [{ tag: `${name}@v1.0.0`, day: '2026-02-01' }, ...assigned];
  });
  importInto(box, large, [{ day: '2026-01-01', files: {} }, ...told.flat()]);
  const { openContext } = await import('../../src/open.js');
  const { siteOf } = await import('../../src/site/pages.js');
  const site = await siteOf(await openContext(large.dir, host), null, async () => null);
  const page = await (await site.find('index.html'))?.();
  expect(page).toContain('team-19/model-999');
  expect(Buffer.byteLength(page ?? '')).toBeLessThan(300_000);
});

test('text that is copied or read aloud keeps apart what is shown apart', () => {
  const inline = '(?:a|b|bdi|code|span|time|q)';
  for (const path of filesIn(out).filter((one) => one.endsWith('.html'))) {
    // an icon, a field of a list and a head of a sorted column end there too
    const [main = ''] = /<main.*<\/main>/s.exec(read(path)) ?? [];
    const joined = main.match(
      new RegExp(`[^<>\\s]</${inline}>(?:</${inline}>)*(?:<${inline}(?: [^>]*)?>)+[^<>\\s,.;:(]+`, 'g'),
    );
    expect([path, joined]).toEqual([path, null]);
  }
});

describe('a registry of many versions', () => {
  const many = box.repository('many');
  const VERSIONS = 40;
  const folder = join(box.root, 'many-site');
  const link = (name: string, version: number): string =>
    `source: {url: s3://models/${name}/${version}.onnx}\nsha256: ${'a'.repeat(64)}\nmetrics: {auc: 0.${version + 10}}\n`;
  const told = Array.from({ length: VERSIONS }, (_, version): Told[] =>
    ['team/one', 'team/two'].flatMap((name, place): Told[] => [
      { files: { [`${name}.model.yaml`]: link(name, version) }, day: '2026-03-01' },
      { tag: `team=${name.slice(5)}@v1.${version}.0`, day: `2026-03-0${place + 1}` },
    ]),
  );
  importInto(box, many, [
    { files: { 'README.md': '# Models' }, day: '2026-01-01' },
    ...told.flat(),
    { tag: 'team=one#prod#1', day: '2026-04-01', said: 'Go\n\nReg-Version: v1.0.0\n' },
  ]);
  const openMany = () => openRegistry(many.dir, host);
  const page = (path: string): { text: string; made: number } => ({
    text: readFileSync(join(folder, path), 'utf8'),
    made: statSync(join(folder, path)).ino,
  });
  const ONE = 'artifacts/team_3aone/versions/v1.3.0.html';
  const TWO = 'artifacts/team_3atwo/versions/v1.3.0.html';

  test('is read in few runs of git, however many commits its versions have', async () => {
    const { openContext } = await import('../../src/open.js');
    const { site } = await import('../../src/site/write.js');
    const context = await openContext(many.dir, host);
    const { objects } = context.repository;
    let asked = 0;
    const counted =
      <A extends unknown[], T>(ask: (...args: A) => T) =>
      (...args: A): T => {
        asked += 1;
        return ask(...args);
      };
    const each = {
      ...objects,
      entry: counted(objects.entry),
      entries: counted(objects.entries),
      blob: counted(objects.blob),
      sizes: counted(objects.sizes),
      many: objects.many && { trees: counted(objects.many.trees), blobs: counted(objects.many.blobs) },
    };
    await site({ ...context, repository: { ...context.repository, objects: each } }, { out: folder });
    expect(asked).toBeLessThan(VERSIONS);
    expect(page(ONE).text).toContain('0.13');
  });

  test('what did not change is not written again, and a file that is missing is', async () => {
    const [one, two] = [page(ONE), page(TWO)];
    many.tag('team=two#prod#1', 'Try it', 'team=two@v1.3.0^{}');
    await (await openMany()).site({ out: folder });
    expect(page(ONE)).toEqual(one);
    expect(page(TWO).made).not.toBe(two.made);
    expect(page(TWO).text).toContain('prod');
    expect(page('index.html').text).toContain('prod');
    rmSync(join(folder, ONE));
    await (await openMany()).site({ out: folder });
    expect(page(ONE).text).toBe(one.text);
    many.git('tag', '-d', 'team=two@v1.9.0', 'team=two#prod#1');
    await (await openMany()).site({ out: folder });
    expect(filesIn(folder)).not.toContain('artifacts/team_3atwo/versions/v1.9.0.html');
    const fresh = join(box.root, 'fresh');
    await (await openMany()).site({ out: fresh });
    expect(filesIn(folder)).toEqual(filesIn(fresh));
    for (const path of filesIn(fresh))
      expect([path, page(path).text]).toEqual([path, readFileSync(join(fresh, path), 'utf8')]);
  });

  test('says how far it is, and the first signal ends it', async () => {
    const { openContext } = await import('../../src/open.js');
    const { site } = await import('../../src/site/write.js');
    const ending = new AbortController();
    const context = await openContext(many.dir, { ...host, signal: ending.signal });
    const seen: string[] = [];
    const out = join(box.root, 'ended');
    const onProgress = (done: number, all: number): void => {
      seen.push(`${done <= all}`);
      ending.abort();
    };
    await expect(site(context, { out, onProgress })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(seen).toContain('true');
    // the next run takes the folder over
    await (await openMany()).site({ out });
    expect(filesIn(out)).toEqual(filesIn(folder));
  });
});
