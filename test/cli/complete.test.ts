import { describe, expect, test } from 'vitest';
import { complete, shellWords } from '../../src/cli/complete.js';
import type { World } from '../../src/cli/world.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const registry = box.repository('registry');
registry.commit({ '.reg.yaml': 'stages: [dev, staging, prod]\n', 'declared.model.yaml': '' });
const TAGS = [
  // of no registry, and among its tags
  'churn1',
  'v1.0.0',
  'models=fraud@v0.1.0',
  'churn@v1.0.0',
  'churn@v1.2.0',
  'churn@v1.10.0',
  'churn#prod#1',
  'churn#qa#2',
  'churn-v2@v0.1.0',
  'llama-3.1@v1.0.0',
  'cheap@1.0.0',
];
for (const tag of TAGS) registry.tag(tag);
registry.commit();
// taken back, and with it what it was assigned to
for (const tag of ['churn@v2.0.0', 'churn#canary#3', 'churn@v2.0.0!']) registry.tag(tag);
registry.git('pack-refs', '--all');

/** The words that complete a line typed behind `reg`. */
async function completing(line: string, env = {}, cwd = registry.dir): Promise<string[] | 'files'> {
  const world = { env: { ...box.env, ...env }, cwd, now: Date.now } as World;
  const found = await complete(shellWords(line), world);
  return found === 'files' ? found : found.map(([word]) => word);
}

test('two registrations and one deregistration of a version take it back, as for every other question', async () => {
  const other = box.repository('twice');
  other.commit();
  for (const tag of ['twice@v1.0.0', 'twice@v1.0.0#2', 'twice@v1.0.0!#3']) other.tag(tag);
  expect(await completing('assign twice@', {}, other.dir)).toEqual([]);
});

describe('what is completed', () => {
  test.each<[string, string[] | 'files']>([
    ['whi', ['which']],
    ['re', ['register', 'rename']],
    ['--re', ['--repo', '--remote']],
    ['--ver', ['--verbose', '--version']],
    ['show --dep', ['--deprecated']],
    ['show --deprecated --dep', []],
    ['which --a', ['--at', '--all']],
    ['which --js', ['--json']],
    ['which ch', ['churn', 'churn-v2']],
    ['which ', ['churn', 'churn-v2', 'declared', 'llama-3.1', 'models:fraud']],
    ['which mod', ['models:fraud']],
    ['which llama-3.', ['llama-3.1']],
    ['assign llama-3.1@v', ['llama-3.1@v1.0.0']],
    ['which models:f', ['models:fraud']],
    ['--repo . -q which --json ch', ['churn', 'churn-v2']],
    ['which churn ', ['dev', 'staging', 'prod', 'qa']],
    ['which churn-v2 p', ['prod']],
    ['which churn prod ', []],
    ['assign churn@', ['churn@v1.10.0', 'churn@v1.2.0', 'churn@v1.0.0']],
    ['assign churn@v1.1', ['churn@v1.10.0']],
    ["load 'churn#p", ['churn#prod']],
    ["which '#p", ['#prod']],
    ['show --behind p', ['prod']],
    ['show --never=q', ['qa']],
    ['load churn -o ', 'files'],
    ['site --out ', 'files'],
    ['diff ch', ['churn', 'churn-v2']],
    ['diff churn@v1.2.0 churn@v1.1', ['churn@v1.10.0']],
    ["diff churn@v1.2.0 '#p", ['#prod']],
    ['load -o file ch', ['churn', 'churn-v2']],
    ['deregister churn --version v1.', ['v1.10.0', 'v1.2.0', 'v1.0.0']],
    ['history --stage=q', ['qa']],
    ['history --stage ', ['dev', 'staging', 'prod', 'qa']],
    ['register churn --bump m', ['major', 'minor']],
    ['register churn --bump=pa', ['patch']],
    ['show --sort ', ['name', 'semver', 'timestamp']],
    ['show --color=a', ['auto', 'always']],
    ['update churn models:', ['models:fraud']],
    ['validate ', 'files'],
    ['link ', 'files'],
    ['import ', ['mlem']],
    ['completion p', ['powershell']],
    ['no-such-command ', []],
    ['show -- -', []],
  ])('reg %s', async (line, words) => {
    expect(await completing(line)).toEqual(words);
  });

  test('an empty line names every command', async () => {
    expect(await completing('')).toEqual(expect.arrayContaining(['show', 'assign', 'load', 'completion']));
  });

  test('another repository, by the option or the environment', async () => {
    const elsewhere = (line: string, env = {}) => completing(line, env, box.root);
    expect(await elsewhere('which ch')).toEqual([]);
    expect(await elsewhere('-r registry which ch')).toEqual(['churn', 'churn-v2']);
    expect(await elsewhere('--repo=registry which ch')).toEqual(['churn', 'churn-v2']);
    expect(await elsewhere('which ch', { REG_REPO: registry.dir })).toEqual(['churn', 'churn-v2']);
  });
});

test.each<[string, string[]]>([
  ['', ['']],
  ['reg', ['reg']],
  ['reg ', ['reg', '']],
  ['reg   show  ', ['reg', 'show', '']],
  ["reg 'a b' c", ['reg', 'a b', 'c']],
  ['reg "a b', ['reg', 'a b']],
  ['reg a\\ b', ['reg', 'a b']],
])('a line in words: %s', (line, words) => {
  expect(shellWords(line)).toEqual(words);
});
