import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { hourlyIn, makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const TAGS = ['churn@v1.0.0', 'churn#qa#1', 'churn#prod#2', 'fraud#dev#1', 'fraud#zoo#2', 'fraud#zoo!#3'];

/** A registry whose stages qa, prod and dev hold a version and whose stage zoo is empty again. */
function registryWith(name: string, files: Record<string, string>): Repository {
  const registry = makeRegistry(box, name, 'churn', 'fraud');
  registry.commit(files);
  tagHourly(box, registry, ...TAGS);
  return registry;
}

describe('reg stages', () => {
  const configured = registryWith('configured', { '.reg.yaml': 'stages: [prod, staging]\n' });
  const free = registryWith('free', {});

  test('the configured ones in their order, then the others in use by name', async () => {
    const runs = await hourlyIn(box, configured)(
      'stages',
      'stages --allowed',
      'stages --used',
      'stages --allowed --used',
    );
    expect(transcript(...runs)).toMatchInlineSnapshot(`
      "$ reg stages
      prod
      staging
      dev
      qa

      $ reg stages --allowed
      prod
      staging

      $ reg stages --used
      dev
      prod
      qa

      $ reg stages --allowed --used
      prod
      staging
      dev
      qa
      "
    `);
  });

  test('without a configuration', async () => {
    const runs = await hourlyIn(box, free)('stages', 'stages --allowed', 'stages --used');
    expect(transcript(...runs)).toMatchInlineSnapshot(`
      "$ reg stages
      dev
      prod
      qa

      $ reg stages --allowed
      -- stderr --
      the configuration lists no stages, so any is allowed

      $ reg stages --used
      dev
      prod
      qa
      "
    `);
  });

  test('in JSON they are an array of names, empty when there is none', async () => {
    expect(await jsonIn(box, configured.dir)('stages')).toEqual(['prod', 'staging', 'dev', 'qa']);
    expect(await jsonIn(box, free.dir)('stages', '--allowed')).toEqual([]);
  });

  test('of a deprecated artifact they are still in use', async () => {
    const gone = registryWith('gone', {});
    tagHourly(box, gone, 'fraud@deprecated');
    expect(await jsonIn(box, gone.dir)('stages', '--used')).toEqual(['dev', 'prod', 'qa']);
  });
});

describe('.gto', () => {
  const STAGES = 'types: [model]\nstages: [dev, prod, prod-2]\n';
  const TYPES = '# .gto allows the types model; it is not read beside this file\n';

  test('its stages are honoured where there is no .reg.yaml', async () => {
    const registry = registryWith('gto', { '.gto': STAGES });
    const reg = regIn(box, registry.dir);
    expect((await reg('stages', '--allowed')).stdout).toBe('dev\nprod\nprod-2\n');
    expect((await reg('assign', 'churn@v1.0.0', 'prod-2')).stdout).toBe('churn#prod-2#3\n');
    const refused = await reg('assign', 'churn@v1.0.0', 'pord');
    expect(refused).toMatchObject({
      stdout: '',
      code: 1,
      stderr: expect.stringContaining("did you mean 'prod'?"),
    });
    expect((await reg('unassign', 'churn', 'qa')).stdout).toBe('churn#qa!#4\n');
  });

  test('in a bare clone too', async () => {
    const registry = registryWith('to-clone', { '.gto': STAGES });
    registry.git('clone', '--quiet', '--bare', '.', join(box.root, 'bare.git'));
    expect(await jsonIn(box, join(box.root, 'bare.git'))('stages', '--allowed')).toEqual([
      'dev',
      'prod',
      'prod-2',
    ]);
  });

  test('.reg.yaml is what counts where both are', async () => {
    const registry = registryWith('both', { '.gto': STAGES, '.reg.yaml': 'stages: [live]\n' });
    expect(await jsonIn(box, registry.dir)('stages', '--allowed')).toEqual(['live']);
  });

  test('without stages in it any stage is allowed', async () => {
    const registry = registryWith('any', { '.gto': 'types: [model]\n' });
    expect((await regIn(box, registry.dir)('assign', 'churn@v1.0.0', 'new')).stdout).toBe('churn#new#3\n');
  });

  test.each([
    ['as it is', STAGES, `stages: [ dev, prod, prod-2 ]\n${TYPES}`],
    ['with comments and capitals', '# ours\nSTAGES:\n  - dev # first\n  - prod\n', 'stages: [ dev, prod ]\n'],
    [
      'without stages',
      'types: [model]\n',
      `# stages: [dev, staging, prod]   # allowed stages, in order of promotion\n${TYPES}`,
    ],
  ])('reg init takes its stages over: %s', async (what, gto, expected) => {
    const registry = box.repository(`init ${what}`);
    registry.commit({ '.gto': gto });
    expect(await jsonIn(box, registry.dir)('init')).toEqual({ path: '.reg.yaml' });
    expect(readFileSync(join(registry.dir, '.reg.yaml'), 'utf8')).toBe(
      `# The registry in the tags of this repository.\n${expected}`,
    );
    const allowed = await jsonIn(box, registry.dir)('stages', '--allowed');
    expect(allowed).toEqual(/^stages: \[ (.*) \]/.exec(expected)?.[1]?.split(', ') ?? []);
  });

  test('the command line wins over the file', async () => {
    const registry = box.repository('given');
    registry.commit({ '.gto': STAGES });
    await regIn(box, registry.dir)('init', '--stages', 'a,b');
    expect(await jsonIn(box, registry.dir)('stages')).toEqual(['a', 'b']);
  });
});
