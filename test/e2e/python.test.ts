import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

// The recipe of docs/python.md, run as it is there.

const DOCS = readFileSync(new URL('../../docs/python.md', import.meta.url), 'utf8');
const [, RECIPE = ''] = /^```python\n([\s\S]*?)^```$/m.exec(DOCS) ?? [];
const hasPython = spawnSync('python3', ['--version']).status === 0;

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:risk');
const folder = join(box.root, 'python');
beforeAll(async () => {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'registry.py'), RECIPE);
  const program = fileURLToPath(new URL('../../bin/reg.js', import.meta.url));
  const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  writeFileSync(join(folder, 'bin/reg'), script, { mode: 0o755 });
  for (const line of ['assign churn prod', 'assign models:risk prod']) {
    box.advance(60);
    await regIn(box, registry.dir)(...line.split(' '));
  }
});

/** What a program that imports the recipe prints, read as JSON. */
function python(program: string): unknown {
  const env = { ...box.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, REGISTRY: registry.dir };
  const source = `import json, os\nfrom registry import RegError, load, reg\nR = os.environ["REGISTRY"]\n${program}`;
  const run = spawnSync('python3', ['-c', source], { cwd: folder, env, encoding: 'utf8' });
  expect([run.status, run.stderr]).toEqual([0, '']);
  return JSON.parse(run.stdout);
}

test('it has thirty lines at most', () => {
  expect(RECIPE.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
});

test.runIf(hasPython)('it loads what is in prod, and knows the rest by its code', () => {
  const answer = python(`
paths = [load("churn", "prod", registry=R), load("churn", "prod", registry=R), load("models:risk", "prod", registry=R)]
try:
    load("churn", "dev", registry=R)
except RegError as error:
    code, text = error.code, str(error)
rows = reg("show", "#prod", registry=R)
print(json.dumps([[str(p.relative_to(p.cwd()) if p.is_absolute() else p) for p in paths], paths[0].read_text(), code, text, [r["version"] for r in rows]]))`);
  expect(answer).toEqual([
    ['models/churn/v0.0.1/model.bin', 'models/churn/v0.0.1/model.bin', 'models/models/risk/v0.0.1/model.bin'],
    'a model',
    'UNKNOWN_STAGE',
    expect.stringContaining('dev'),
    ['v0.0.1', 'v0.0.1'],
  ]);
});

test.runIf(hasPython)('a registry that is not there is an error with its code', () => {
  expect(
    python(`
try:
    reg("show", registry="nowhere")
except RegError as error:
    print(json.dumps(error.code))`),
  ).toBe('NO_REPOSITORY');
});
