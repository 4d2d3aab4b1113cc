import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/table/table.js';
import { startReg } from '../support/cli.js';
import { runReg } from '../support/cli-here.js';
import { runHere } from '../support/here.js';
import { sandbox } from '../support/repo.js';
import { MODEL_PATH, makeResearch, withRemote } from './registry.js';

const box = sandbox();
const research = makeResearch(box);
const { registry } = withRemote(box, 'registry');
const SCHEMA = JSON.parse(readFileSync(new URL('../../schema/output.schema.json', import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true }).addSchema(SCHEMA, 'output');

const here = (...args: string[]) =>
  runHere({ cwd: registry.dir, env: box.env, now: Date.now }, ...args, '--json');
const covered = new Set<string>();

/** Says what is wrong with an answer, by the schema of its command. */
function check(command: string, answer: unknown): void {
  const validate = ajv.getSchema(`output#/$defs/${command}`);
  expect(validate, `a schema for ${command}`).toBeDefined();
  expect(
    validate?.(answer),
    `${command}: ${JSON.stringify(validate?.errors)}\n${JSON.stringify(answer)}`,
  ).toBe(true);
  covered.add(command);
}

// one story, told in this order; a number at the end is the exit code
const STORY: [line: string, code?: number][] = [
  ['init --stages dev,prod'],
  [`link ${MODEL_PATH} cost --source ../research --rev v1`],
  ['link model.bin loose'],
  ['validate', 0],
  ['register churn --version v1.0.0 --dry-run'],
  ['register churn --version v1.0.0'],
  ['assign churn@v1.0.0 dev'],
  ['assign churn@v1.0.0 prod --push'],
  ['register churn HEAD --version v1.1.0 --force'],
  ['assign churn@v1.1.0 prod'],
  ['approve churn@v1.1.0 prod'],
  ['rollback churn prod'],
  ['which churn prod'],
  ['which churn prod --all'],
  ['latest churn'],
  ['show'],
  ['show --deprecated --versions-per-stage -1'],
  ['show churn'],
  ['history'],
  ['history churn --intervals'],
  ['stages'],
  ['check-ref churn@v1.0.0'],
  ['verify'],
  ['export csv'],
  ['export kserve --storage-container --image registry.example/reg:1'],
  ['describe churn@v1.0.0'],
  ['describe cost --rev HEAD', 1],
  ['diff churn@v1.0.0 churn@v1.1.0'],
  ['status', 1],
  ['sync'],
  ['doctor', 1],
  ['outdated', 1],
  ['update cost'],
  ['load churn -o out.bin'],
  ['upload out.bin stored --register'],
  ['import mlem'],
  ['cache ls'],
  ['files churn'],
  ['store gc --dry-run'],
  ['validate --tags'],
  ['site --out public'],
  ['unassign churn prod'],
  ['deregister churn@v1.1.0'],
  ['rename churn renamed --dry-run'],
  ['deprecate churn'],
  ['show churn'],
  ['approvals'],
  ['help tags'],
  // the last one, for it takes the remote away
  ['browse churn@v1.0.0'],
];

describe('what each command answers is what its schema says', () => {
  test.each(STORY)('reg %s', async (line, code = 0) => {
    box.advance(60);
    // an empty answer would fit any schema
    if (line === 'doctor') registry.tag('churn@v1');
    if (line.startsWith('browse'))
      registry.git('remote', 'set-url', 'origin', 'git@github.com:mycompany/models.git');
    if (line.startsWith('rename')) registry.commit({ 'renamed.model.yaml': 'source: {path: model.bin}\n' });
    if (line.startsWith('import')) registry.commit({ 'old.mlem': 'object_type: link\npath: x\nrepo: ./y\n' });
    if (line.startsWith('outdated')) {
      research.commit({ [MODEL_PATH]: 'retrained' });
      research.tag('v2');
    }
    const run = await here(...line.split(' '));
    expect(run, run.stderr).toMatchObject({ code });
    const isError = run.stdout === '';
    check(isError ? 'error' : (line.split(' ')[0] ?? ''), JSON.parse(isError ? run.stderr : run.stdout));
  });

  test.each([
    ['ui', '--json'],
    ['serve', '--json', '--port', '0'],
  ])('%s, which goes on serving', async (...args) => {
    const child = startReg(box, { cwd: registry.dir }, args);
    const line = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk;
        if (text.endsWith('}\n')) resolve(text);
      });
      child.on('exit', () => reject(new Error(`it ended: ${text}`)));
    });
    child.removeAllListeners('exit').kill();
    check(args[0], JSON.parse(line));
  });

  test('completion', async () => {
    const run = await runReg(box, { cwd: registry.dir }, 'completion', 'bash', '--json');
    check('completion', JSON.parse(run.stdout));
  });

  test('hook, which reads what git says', async () => {
    const oid = registry.git('rev-parse', 'refs/tags/churn@v1.0.0');
    const stdin = `${oid} ${'0'.repeat(40)} refs/tags/churn@v1.0.0\n`;
    const run = await runReg(box, { cwd: registry.dir, stdin }, 'hook', 'pre-receive', '--json');
    expect(run.code).toBe(1);
    check('hook', JSON.parse(run.stdout));
  });

  test('no command is left out', () => {
    expect([...covered].sort()).toEqual(
      expect.arrayContaining([...COMMANDS.map(({ name }) => name), 'error'].sort()),
    );
  });
});
