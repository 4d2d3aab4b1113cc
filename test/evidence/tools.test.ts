import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { runHere } from '../support/here.js';
import { sandbox } from '../support/repo.js';

// Registries that the real tools made, and what these tools say of each version: fixtures/evidence/README.md.

const OUT = fileURLToPath(new URL('../../fixtures/evidence/out/', import.meta.url));
const NAMES = ['dvc-pipeline', 'dvclive', 'hf-card', 'mlflow-model'];
const SCHEMA = JSON.parse(readFileSync(new URL('../../schema/output.schema.json', import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true }).addSchema(SCHEMA, 'output');
const box = sandbox();

// biome-ignore lint/suspicious/noExplicitAny: answers of other tools
type Any = any;

const expected = (name: string): Any => JSON.parse(readFileSync(join(OUT, `${name}.expected.json`), 'utf8'));
const ask = async (name: string, ...args: string[]): Promise<Any> => {
  const cwd = join(box.root, name);
  const { stdout, code, stderr } = await runHere({ cwd, env: box.env, now: Date.now }, ...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};

beforeAll(() => {
  for (const name of NAMES) {
    const bundle = join(OUT, `${name}.bundle`);
    const dir = join(box.root, name);
    execFileSync('git', ['clone', '--quiet', bundle, dir], { env: box.env, stdio: 'ignore' });
    execFileSync('git', ['-C', dir, 'remote', 'remove', 'origin'], { env: box.env });
    const remote = join(OUT, `${name}.remote.tgz`);
    if (existsSync(remote)) execFileSync('tar', ['-C', box.root, '-xzf', remote]);
  }
});

const RELATIONS: Readonly<Record<string, string>> = {
  producer: 'made',
  upstream: 'upstream',
  downstream: 'downstream',
  'top level': 'top',
};
const plain = (value: Any): Any => value?.$float ?? value?.$int ?? value;
const line = (...parts: unknown[]): string =>
  parts.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(' | ');
const pairs = NAMES.flatMap((name) =>
  Object.keys(expected(name).versions).map((target) => [name, target] as const),
);

describe('what the tools say of a version is what reg says, no more and no less', () => {
  test.each(pairs)('%s: %s', async (name, target) => {
    const facts = expected(name).versions[target].facts;
    const row = await ask(name, 'describe', target);
    const validate = ajv.getSchema('output#/$defs/describe');
    expect(validate?.(row), JSON.stringify(validate?.errors)).toBe(true);
    const { evidence } = row;

    const files = name.startsWith('dvc');
    const metrics = (facts.metrics ?? []).map((one: Any) =>
      files
        ? line(one.name, plain(one.value), RELATIONS[one.relation] ?? one.relation, one.file)
        : line(one.name, plain(one.value), one.dataset ?? null),
    );
    const found = evidence.metrics.map((one: Any) =>
      files
        ? line(one.key, one.value, one.relation, one.file)
        : line(one.key, one.value, name === 'hf-card' ? one.dataset : null),
    );
    expect(found.sort()).toEqual([...new Set(metrics as string[])].sort());

    const params = (facts.params ?? []).map((one: Any) => line(one.name, plain(one.value)));
    expect(evidence.params.map((one: Any) => line(one.key, one.value)).sort()).toEqual(params.sort());

    for (const { id, points, errors, effectiveTemplate, kind } of facts.plots?.plots ?? []) {
      if (errors || !points) continue;
      const plot = evidence.plots.find((one: Any) => one.id === id);
      expect(plot, id).toBeDefined();
      // where the template is lost, DVC draws lines and the names of DVCLive's files say more
      const isLost = effectiveTemplate === 'linear' && /plots\/sklearn\//.test(id);
      if (kind !== 'image' && !isLost) expect(plot.template, id).toBe(effectiveTemplate);
    }
    for (const { inputs, cmd } of facts.lineage?.upstream ?? []) {
      for (const command of [cmd ?? []].flat())
        expect(evidence.commands.map((one: Any) => one.command)).toContain(command);
      for (const { role, path, md5, size } of inputs)
        if (role === 'source data')
          expect(evidence.data).toContainEqual(
            expect.objectContaining({ name: path, digest: `md5:${md5}`, size }),
          );
    }
    for (const { name: data, digest } of facts.data ?? [])
      expect(evidence.data).toContainEqual(
        expect.objectContaining({ name: data, digest: digest ? `mlflow:${digest}` : null }),
      );
    if (facts.model?.md5)
      expect(evidence.bytes).toEqual({ digest: `md5:${facts.model.md5}`, size: facts.model.size });
    const sha256 = facts.manifestSha256 ?? facts.sha256;
    if (sha256) expect(evidence.bytes.digest).toBe(`sha256:${sha256}`);
    for (const [file, sha] of Object.entries(facts.environmentDigests ?? {}))
      expect(evidence.environment).toContainEqual({ file: `model/${file}`, sha256: sha });
    if (facts.signature)
      expect(evidence.signature.inputs.map((one: Any) => one.name)).toEqual(
        facts.signature.inputs.map((one: Any) => one.name),
      );
    if (facts.run_id)
      expect(evidence.run).toMatchObject({ id: facts.run_id, started: '2026-11-30T10:56:40Z' });
    if (facts.safetensors)
      expect(Object.keys(evidence.interface.tensors).sort()).toEqual(
        Object.keys(facts.safetensors.tensors).sort(),
      );
    // a path of the machine that built it is printed nowhere
    expect(JSON.stringify(evidence)).not.toContain('/tmp/');
  });
});

describe('what the tools say of two versions is in diff', () => {
  const diffs = NAMES.flatMap((name) =>
    Object.entries(expected(name).diffs ?? {}).map(([pair, answer]) => [name, pair, answer as Any] as const),
  );
  test.each(diffs)('%s: %s', async (name, pair, answer) => {
    const { changes } = await ask(name, 'diff', ...pair.split('..'));
    for (const [section, table] of [
      ['metrics', answer['metrics diff --json']],
      ['params', answer['params diff --json']],
    ])
      for (const [file, rows] of Object.entries(table ?? {}))
        for (const [key, { old: from, new: to }] of Object.entries(rows as Record<string, Any>))
          expect(changes, `${file}:${key}`).toContainEqual(
            expect.objectContaining({ section, name: key, from: plain(from), to: plain(to) }),
          );
  });

  test('data, by their digests', async () => {
    const { changes } = await ask('dvc-pipeline', 'diff', 'cancer@v1.1.0', 'cancer@v2.0.0');
    expect(changes).toContainEqual(
      expect.objectContaining({
        section: 'data',
        name: 'data/data.csv',
        from: 'md5:bcd2d65d60c81e467b57f0572bbf68cc',
      }),
    );
  });
});

test('describe in a table names the relation of what is not of the model itself', async () => {
  const { stdout } = await runHere(
    { cwd: join(box.root, 'dvc-pipeline'), env: box.env, now: Date.now },
    'describe',
    'cancer@v1.1.0',
  );
  expect(stdout).toContain('metric f1.test\t0.9285714285714286 (downstream)');
  expect(stdout).toContain('param train.optimizer.lr\t0.01\n');
  expect(stdout).toContain(
    'data data/data.csv\tmd5:bcd2d65d60c81e467b57f0572bbf68cc, 16928 bytes (upstream)',
  );
});
