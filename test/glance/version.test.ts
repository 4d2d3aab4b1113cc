import { describe, expect, test } from 'vitest';
import { artifactName, stageName } from '../../src/domain/names.js';
import { versionAtAGlance } from '../../src/glance/version.js';
import { makeRegistry, tagHourly } from '../e2e/registry.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:size', 'gone', 'odd');
tagHourly(box, registry, 'churn@v1.0.0', 'churn#prod#1', 'churn#dev#2', 'models=size@v0.1.0', 'gone@v1.0.0');
registry.commit();
tagHourly(
  box,
  registry,
  'churn@v1.1.0',
  'churn#prod#3',
  'models=size#prod#1',
  'gone@v1.0.0!#1',
  'odd#prod#1',
);
// names promise a registration; what the ref leads to is no tag, or no tag of a commit
registry.git('tag', 'odd@v9.0.0');
registry.git('tag', '-a', '-m', 'of a file', 'odd@v8.0.0', 'HEAD:model.bin');

const at = (artifact: string, stage?: string) =>
  versionAtAGlance(
    registry.dir,
    box.env,
    artifactName(artifact),
    stage === undefined ? undefined : stageName(stage),
  );

describe.each(['files', 'packed'])('tags that are %s', (kind) => {
  test('names and a few objects tell a version', () => {
    if (kind === 'packed') registry.git('pack-refs', '--all');
    expect([at('churn', 'prod'), at('churn', 'dev'), at('churn')]).toEqual(['v1.1.0', 'v1.0.0', 'v1.1.0']);
    expect([at('models:size', 'prod'), at('models:size')]).toEqual([
      registry.git('rev-parse', 'HEAD').trim(),
      'v0.1.0',
    ]);
  });

  test('what is not there, was withdrawn or promises more than it keeps is for the program', () => {
    expect([at('churn', 'staging'), at('chur'), at('gone'), at('odd')]).toEqual(Array(4).fill(undefined));
  });

  test('so is a repository that is named by the environment', () => {
    const env = { ...box.env, GIT_DIR: `${registry.dir}/.git` };
    expect(versionAtAGlance(registry.dir, env, artifactName('churn'), undefined)).toBeUndefined();
  });
});
