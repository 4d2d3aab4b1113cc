import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { outsOfLock, readDvcFile, readPipeline } from '../../src/documents/dvc.js';
import type { Pipeline } from '../../src/documents/dvc-template.js';

const recorded = JSON.parse(readFileSync(new URL('dvc-template.json', import.meta.url), 'utf8'));

/** `$<x>` stands for a template of DVC, which would look like one of JavaScript. */
const templates = (text: string): string =>
  text.replaceAll(/\$<(.*?)>/g, (_, inner: string) => `\${${inner}}`);

function resolved(files: Readonly<Record<string, string>>, file = 'dvc.yaml'): Promise<Pipeline> {
  const read = async (path: string) => {
    const text = files[path];
    return text === undefined ? undefined : Buffer.from(templates(text));
  };
  return readPipeline(Buffer.from(templates(files[file] ?? '')), file, read);
}

describe('templates of a dvc.yaml', () => {
  it('are filled in as DVC does it', async () => {
    const { content, problems } = await resolved(recorded.files);
    expect(problems).toEqual([]);
    const { stages, artifacts } = content;
    expect({ stages, artifacts }).toEqual(recorded.resolved);
  });

  it.each([
    ['p.toml', 'rate = 1.0\n[train]\nseed = 7\n'],
    ['p.py', 'rate = 1.0\nclass train:\n    seed = 7\n'],
  ])('take values of %s', async (path, text) => {
    const { content, problems } = await resolved({
      'dvc.yaml': `vars: [${path}]\nstages: {a: {cmd: "run $<train.seed> $<rate>"}}`,
      [path]: text,
    });
    expect(problems).toEqual([]);
    expect(content.stages).toEqual({ a: { cmd: 'run 7 1.0' } });
  });

  it('start at the folder of the file', async () => {
    const { content } = await resolved(
      {
        'sub/dvc.yaml': 'vars: [../top.yaml]\nstages: {a: {cmd: "$<x> $<y>"}}',
        'sub/params.yaml': 'x: 1',
        'top.yaml': 'y: 2',
        'params.yaml': 'x: 3',
      },
      'sub/dvc.yaml',
    );
    expect(content.stages).toEqual({ a: { cmd: '1 2' } });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a value that is nowhere',
      { 'dvc.yaml': 'stages: {a: {cmd: "$<x>"}}' },
      /stages\.a\.cmd: there is no value for \$\{x\}/,
    ],
    ['an expression that cannot be read', { 'dvc.yaml': 'stages: {a: {cmd: "$<x..y>"}}' }, /cannot be read/],
    [
      'a file that is missing',
      { 'dvc.yaml': 'vars: [p.yaml]\nstages: {a: {cmd: "$<x>"}}' },
      /vars: there is no p\.yaml/,
    ],
    [
      'a file outside the repository',
      { 'dvc.yaml': 'vars: [../p.yaml]\nstages: {a: {cmd: "$<x>"}}' },
      /outside/,
    ],
    [
      'a value that is given twice',
      { 'dvc.yaml': 'vars: [{x: 1}]\nstages: {a: {cmd: "$<x>"}}', 'params.yaml': 'x: 2' },
      /'x' is given twice/,
    ],
    [
      'data where a text is',
      { 'dvc.yaml': 'vars: [{x: [1]}]\nstages: {a: {cmd: "a $<x>"}}' },
      /a list cannot be put there/,
    ],
    [
      'a file in TOML that is none',
      { 'dvc.yaml': 'vars: [p.toml]\nstages: {a: {cmd: "$<x>"}}', 'p.toml': 'x = ' },
      /p\.toml:1: /,
    ],
    [
      'stages without end',
      {
        'dvc.yaml': `stages: {a: {cmd: x, matrix: {${[1, 2, 3, 4, 5, 6].map((n) => `k${n}: [1, 2, 3, 4, 5, 6, 7, 8, 9]`).join(', ')}}}}`,
      },
      /more than 10000 stages/,
    ],
  ])('%s is a problem, and hides nothing else', async (_, files, message) => {
    const { content, problems } = await resolved({
      ...files,
      'dvc.yaml': `${files['dvc.yaml']}\nartifacts: {m: {path: models/m}}`,
    });
    expect(problems.map((problem) => problem.message)).toContainEqual(expect.stringMatching(message));
    expect(content.artifacts).toEqual({ m: { path: 'models/m' } });
  });

  it('parameters that grow without end are a problem', async () => {
    const long = 'x'.repeat(100_000);
    const { problems } = await resolved({
      'dvc.yaml': 'stages: {a: {matrix: { i: "$<n>", j: "$<n>" }, cmd: "$<v>$<v>"}}',
      'params.yaml': `v: ${long}\nn: [${Array.from({ length: 40 }, (_, n) => n).join(', ')}]`,
    });
    expect(problems.at(-1)?.message).toMatch(/too long/);
  });
});

describe('YAML of DVC', () => {
  it('merges mappings', async () => {
    const { content } = await resolved({
      'dvc.yaml': 'stages:\n  a: &a {cmd: x, frozen: true}\n  b:\n    <<: *a\n    cmd: y\n',
    });
    expect(content.stages).toEqual({ a: { cmd: 'x', frozen: true }, b: { cmd: 'y', frozen: true } });
  });

  it('is refused with a key that is there twice', async () => {
    await expect(resolved({ 'dvc.yaml': 'stages: {}\nstages: {}\n' })).rejects.toMatchObject({
      message: "dvc.yaml:2: the key 'stages' is repeated",
    });
  });

  it('finds the outputs of stages that templates make', async () => {
    const { content } = await resolved({
      'dvc.yaml':
        'vars: [{runs: {a: one, b: two}}]\nstages:\n  t:\n    foreach: $<runs>\n    do: {cmd: x, wdir: "$<item>", outs: [m: {remote: r}]}\n',
    });
    const md5 = '0123456789abcdef0123456789abcdef';
    const lock = readDvcFile(
      Buffer.from(
        `schema: '2.0'\nstages:\n  t@a: {outs: [{path: m, md5: ${md5}}]}\n  t@b: {outs: [{path: m, md5: ${md5}}]}\n  t@gone: {outs: [{path: m, md5: ${md5}}]}\n`,
      ),
      'dvc.lock',
    );
    const outs = outsOfLock(lock, content, 'dvc.lock');
    expect(outs.map(({ path, entry }) => [path, entry.remote])).toEqual([
      ['one/m', 'r'],
      ['two/m', 'r'],
    ]);
  });
});
