import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shellWords } from '../../src/cli/complete.js';
import { runHere } from '../support/here.js';
import { sandbox } from '../support/repo.js';
import { withRemote } from './registry.js';

// `--fields`: bare values for scripts.

const box = sandbox();
const { registry } = withRemote(box, 'registry');

async function reg(line: string) {
  box.advance(60);
  return runHere({ cwd: registry.dir, env: box.env, now: Date.now }, ...shellWords(line));
}

// one story, told in this order: reading and writing, a row and rows, a list, a map, parts, nothing
test.each<[line: string, stdout: string]>([
  ['init --stages dev,prod --fields path', '.reg.yaml\n'],
  ['validate --fields ok,findings', 'true\t[{"level":"info"'],
  ['show --fields artifact,latest,stages,registered', 'churn\t-\t-\tfalse\n'],
  ['register churn --version v1.0.0 --dry-run --fields tag,version', 'churn@v1.0.0\tv1.0.0\n'],
  ['register churn --version v1.0.0 -m "Two\nlines" --fields tag,stage,pushed', 'churn@v1.0.0\t-\tfalse\n'],
  ['assign churn dev --fields event,stage', 'assignment\tdev\n'],
  [
    'assign churn prod --push --fields tag,pushed',
    'churn@v1.0.0\ttrue\nchurn#dev#1\ttrue\nchurn#prod#2\ttrue\n',
  ],
  ['approve churn prod --fields artifact,version', 'churn\tv1.0.0\n'],
  ['which churn prod --fields version', 'v1.0.0\n'],
  ['which churn prod --all --fields=version,stage', 'v1.0.0\tprod\n'],
  ["which '#prod' --fields artifact,version", 'churn\tv1.0.0\n'],
  ['latest churn --fields "stages, message"', 'dev,prod\tTwo\n'],
  ['show --fields artifact,stages', 'churn\tdev=v1.0.0,prod=v1.0.0\n'],
  ['show --versions-per-stage -1 --fields stages', 'dev=v1.0.0,prod=v1.0.0\n'],
  ['show churn --fields version,stages,approvals', 'v1.0.0\tdev,prod\t-\n'],
  ['history --fields tag --asc', 'churn@v1.0.0\nchurn#dev#1\nchurn#prod#2\n'],
  ['history --intervals --stage dev --fields version,until', 'v1.0.0\t-\n'],
  ["check-ref 'churn#prod#2' --fields current,artifact,version", 'true\tchurn\tv1.0.0\n'],
  ['check-ref nightly --other-tags ok --fields current,artifact', ''],
  ['check-ref nightly --other-tags ok --json=current', 'null\n'],
  ['verify --fields tag,problem', 'churn#prod#2\t-\nchurn#dev#1\t-\nchurn@v1.0.0\t-\n'],
  ['describe churn@v1.0.0 --fields path,description', 'model.bin\t-\n'],
  ['describe churn --version 1.0.0 --fields version', 'v1.0.0\n'],
  ['load churn --stage prod -o out.bin --fields version', 'v1.0.0\n'],
  ["diff churn@v1.0.0 'churn#prod' --fields same", 'true\n'],
  ['load churn -o out.bin --fields path,source', `${join(registry.dir, 'out.bin')}\t{"path":"model.bin"`],
  ['load churn -o out.bin --json --fields size', '{\n  "size": 7\n}\n'],
  ['load churn -o out.bin --json=version --fields size', '{\n  "version": null,\n  "size": 7\n}\n'],
  ['status --fields tag', ''],
  ['site -o public --fields index', `${join(registry.dir, 'public/index.html')}\n`],
  ['rollback churn prod --fields tag', ''],
  ['help tags --fields topic', 'tags\n'],
])('%s', async (line, stdout) => {
  const run = await reg(line);
  expect(run.stdout.slice(0, stdout.length), run.stderr).toBe(stdout);
  if (!stdout.includes('{"')) expect(run.stdout).toBe(stdout);
});

test.each<[line: string, error: string]>([
  [
    'which churn prod --fields vresion',
    "error: the answer of reg which has no field 'vresion'\nhint: did you mean 'version'? it has: artifact, stage,",
  ],
  [
    'register churn --version v9.0.0 --fields oid,nosuch',
    "error: the answer of reg register has no field 'nosuch'\nhint: it has: tag,",
  ],
  ['show --fields ""', 'error: no field is named\nhint: name fields: artifact,'],
  ['show --fields version', "error: this answer has no field 'version'\nhint: it has: artifact, latest,"],
  ['show churn --json=latest', '{"error":'],
  ['stages --fields tag', "error: this answer has no field 'tag'\nhint: leave out the fields\n"],
  ['validate --format sarif --fields ok', 'error: --format and --fields exclude each other\n'],
  ['show --fields', "error: option '--fields <field,…>' argument missing\n"],
])('a wrong field: %s', async (line, error) => {
  const { code, stdout, stderr } = await reg(line);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.replaceAll(/^\{\n +/g, '{')).toContain(error);
  expect(registry.tags()).not.toContain('churn@v9.0.0');
});

test('what comes from a repository makes no second field or row', async () => {
  registry.commit({
    'a\tb.model.yaml': 'source: {path: x\n',
    'c.model.yaml': 'source: {path: model.bin}\ndescription: "a\\tb\\nc"\n',
  });
  expect((await reg('describe c --fields description,artifact')).stdout).toBe('a\\tb\\nc\tc\n');
});

test('options go by their earlier names too', async () => {
  const { code } = await reg('site --out=earlier -q');
  expect([code, readFileSync(join(registry.dir, 'earlier/index.html'), 'utf8').slice(0, 9)]).toEqual([
    0,
    '<!doctype',
  ]);
});

test('the commit to register is an argument or an option', async () => {
  expect((await reg('register churn --rev HEAD --version v3.0.0 --force -q')).stdout).toBe('churn@v3.0.0\n');
  expect(await reg('register churn HEAD --rev HEAD~1')).toMatchObject({ code: 2, stdout: '' });
});
