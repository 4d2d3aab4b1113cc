import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonIn, type Run, runReg } from '../support/cli-here.js';
import { type Repository, type Sandbox, sandbox } from '../support/repo.js';
import { sha256 } from './registry.js';

// A week in a registry whose models live in it: six models, three stages, three people, and a CI that clones with depth 1.

const box = sandbox();
const MODELS = ['churn', 'fraud', 'pricing', 'nlp/intent', 'nlp/topics', 'vision/defects'] as const;
const nameOf = (path: string): string => path.replace('/', ':');
const PEOPLE = { Ann: 'ann@example.com', Bo: 'bo@example.com', Cy: 'cy@example.com' };

interface Person {
  clone: Repository;
  reg: (...args: string[]) => Promise<Run>;
}

function personIn(all: Sandbox, name: keyof typeof PEOPLE, origin: Repository): Person {
  const env = {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: PEOPLE[name],
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: PEOPLE[name],
  };
  all.at('.').git('clone', '--quiet', origin.dir, name);
  const clone = all.at(name);
  clone.git('config', 'user.name', name);
  return { clone, reg: (...args) => runReg(all, { cwd: clone.dir, env }, ...args) };
}

/** Trains a model: new bytes, in one commit that others get. */
function train({ clone }: Person, model: string, bytes: string): string {
  clone.git('pull', '--quiet', '--rebase', 'origin', 'main');
  const commit = clone.commit({ [`models/${model}.bin`]: bytes }, `Train ${model}`);
  clone.git('push', '--quiet', 'origin', 'HEAD:main');
  return commit;
}

const ok = async (run: Promise<Run>): Promise<string> => {
  const { code, stdout, stderr } = await run;
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

test('a week of work: one commit a version, and every answer is about the right bytes', async () => {
  const origin = box.repository('origin.git', '--bare');
  const ann = personIn(box, 'Ann', origin);

  // Monday: Ann sets the registry up. One commit holds the configuration, the models and their links
  await ok(ann.reg('init', '--stages', 'dev,staging,prod'));
  for (const model of MODELS) {
    mkdirSync(join(ann.clone.dir, 'models', model, '..'), { recursive: true });
    writeFileSync(join(ann.clone.dir, `models/${model}.bin`), `${model} 1`);
    await ok(ann.reg('link', `models/${model}.bin`, nameOf(model)));
  }
  ann.clone.commit({}, 'Begin the registry');
  ann.clone.git('push', '--quiet', 'origin', 'HEAD:main');
  for (const model of MODELS)
    expect(await ok(ann.reg('register', nameOf(model), '--push'))).toBe(
      `${model.replace('/', '=')}@v0.0.1\n`,
    );
  await ok(ann.reg('assign', 'churn@v0.0.1', 'prod', '--push'));
  expect(await ok(ann.reg('validate'))).toBe('');

  // Tuesday: Bo trains churn. The other five models have nothing new
  box.advance(86_400);
  const bo = personIn(box, 'Bo', origin);
  const trained = train(bo, 'churn', 'churn 2');
  for (const model of MODELS) {
    const rows = JSON.parse(await ok(bo.reg('register', nameOf(model), '--push', '--json')));
    expect(rows).toMatchObject([
      model === 'churn'
        ? { version: 'v0.0.2', commit: trained, created: true, pushed: true }
        : { version: 'v0.0.1', created: false },
    ]);
  }
  await ok(bo.reg('assign', 'churn', 'dev', '--push'));

  // Wednesday: Cy forgets to commit, and is stopped
  box.advance(86_400);
  const cy = personIn(box, 'Cy', origin);
  writeFileSync(join(cy.clone.dir, 'models/fraud.bin'), 'fraud 2');
  const forgotten = await cy.reg('register', 'fraud', '--push');
  expect(forgotten).toMatchObject({ code: 1, stdout: '' });
  expect(forgotten.stderr).toContain('models/fraud.bin is not committed');
  cy.clone.git('checkout', '--quiet', '--', 'models/fraud.bin');
  train(cy, 'fraud', 'fraud 2');
  expect(await ok(cy.reg('register', 'fraud', '--bump', 'minor', '--push'))).toBe('fraud@v0.1.0\n');
  await ok(cy.reg('assign', 'fraud', 'staging', '--push'));

  // Thursday: CI has a clone of depth 1 without tags; it promotes what Bo tried, and deploys
  box.advance(86_400);
  box.at('.').git('clone', '--quiet', '--depth=1', '--no-tags', `file://${origin.dir}`, 'ci');
  const ci = box.at('ci');
  const inCi = (...args: string[]): Promise<Run> => runReg(box, { cwd: ci.dir }, ...args);
  await ok(inCi('validate'));
  await ok(inCi('assign', 'churn@v0.0.2', 'prod', '--push'));
  expect(await ok(inCi('which', 'churn', 'prod'))).toBe('v0.0.2\n');
  expect((await inCi('load', 'churn#prod', '-o', '-')).stdout).toBe('churn 2');
  expect((await inCi('load', 'churn@v0.0.1', '-o', '-')).stdout).toBe('churn 1');
  expect(ci.git('rev-parse', '--is-shallow-repository')).toBe('true');

  // Friday: churn misbehaves. Ann rolls back, and Bo sees it at once
  box.advance(86_400);
  await ok(ann.reg('sync'));
  expect(await ok(ann.reg('rollback', 'churn', 'prod', '-m', 'too many false alarms', '--push'))).toMatch(
    /^churn#prod#\d+\n$/,
  );
  await ok(bo.reg('sync'));
  expect((await bo.reg('load', 'churn#prod', '-o', '-')).stdout).toBe('churn 1');

  // Years later: which version ran on Thursday, who put it there, and are these the same bytes?
  const ask = jsonIn(box, bo.clone.dir);
  expect(await ask('which', 'churn', 'prod', '--at', '2026-01-04T12:00:00Z')).toMatchObject({
    version: 'v0.0.2',
    commit: trained,
  });
  const loaded = await ask('load', 'churn@v0.0.2', '-o', join(box.root, 'again'));
  expect(loaded).toMatchObject({ sha256: sha256('churn 2'), pinned: true });
  expect(await ask('show')).toMatchObject([
    { artifact: 'churn', latest: 'v0.0.2', stages: { dev: 'v0.0.2', prod: 'v0.0.1' } },
    { artifact: 'fraud', latest: 'v0.1.0', stages: { staging: 'v0.1.0' } },
    { artifact: 'nlp:intent', latest: 'v0.0.1' },
    { artifact: 'nlp:topics', latest: 'v0.0.1' },
    { artifact: 'pricing', latest: 'v0.0.1' },
    { artifact: 'vision:defects', latest: 'v0.0.1' },
  ]);
  // 1 commit at the start, and one for each new version
  expect(origin.git('rev-list', '--count', 'main')).toBe('3');
});
