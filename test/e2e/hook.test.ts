import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM } from '../support/cli.js';
import { type Run, runReg } from '../support/cli-here.js';
import { type Env, sandbox } from '../support/repo.js';
import { person, signersFile } from '../support/signers.js';
import { withRemote } from './registry.js';

const box = sandbox();
const [ann, bo, eve] = ['Ann', 'Bo', 'Eve'].map((name) => person(box, name)) as [
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
];
const { registry, remote } = withRemote(box, 'registry');
const POLICY = `policy:
  prod: {after: dev, branch: main, by: [ann@example.com, bo@example.com], signed: true, approvals: 1}
`;
registry.commit({ '.reg.yaml': POLICY, '.reg-signers': signersFile(ann, bo) });
registry.git('push', '--quiet', 'origin', 'main');
const hook = join(remote.dir, 'hooks', 'pre-receive');
writeFileSync(hook, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' hook pre-receive\n`);
chmodSync(hook, 0o755);

const reg = (env: Env, ...args: string[]): Promise<Run> => runReg(box, { cwd: registry.dir, env }, ...args);
const good = async (env: Env, ...args: string[]): Promise<string> => {
  box.advance(60);
  const { stdout, stderr, code } = await reg(env, ...args);
  expect(code, stderr).toBe(0);
  return stdout;
};

/** What the server says of a push by git alone, without the beginning of each line; empty when it takes it. */
function push(...refspecs: string[]): string[] {
  const { stderr, status } = spawnSync('git', ['push', '--quiet', 'origin', ...refspecs], {
    cwd: registry.dir,
    env: box.env,
    encoding: 'utf8',
  });
  const said = [...stderr.matchAll(/^remote: reg: (.*?)\s*$/gm)].map(([, text = '']) => text);
  expect(status === 0, stderr).toBe(said.length === 0);
  return said;
}

/** Makes a tag with git, by somebody, around the tool; only in the clone. */
function forge(who: Env, name: string, rev = 'HEAD', ...options: string[]): string {
  box.advance(60);
  const args = [
    'tag',
    '-f',
    ...options,
    ...(options.includes('--no-sign') ? [] : ['-a']),
    '-m',
    'Said',
    name,
    rev,
  ];
  spawnSync('git', args, { cwd: registry.dir, env: { ...box.env, ...who } });
  return name;
}
const drop = (name: string): string => registry.git('update-ref', '-d', `refs/tags/${name}`);

beforeAll(async () => {
  await good(ann.env, 'register', 'churn', '--push');
  await good(ann.env, 'assign', 'churn', 'dev', '--push');
});

test('a good one passes, with its approval, and what it followed', async () => {
  await good(bo.env, 'approve', 'churn', 'prod', '--push', '--sign');
  expect(await good(ann.env, 'assign', 'churn', 'prod', '--push', '--sign')).toBe('churn#prod#2\n');
  // it names the approval that it rests on
  const approval = remote.git('rev-parse', 'refs/tags/reg/approve/churn/v0.0.1/prod/bo%40example.com');
  expect(remote.git('cat-file', 'tag', 'churn#prod#2')).toContain(`\nReg-Approval: ${approval}\n`);
  // events that were made without a push come together
  registry.commit();
  registry.git('push', '--quiet', 'origin', 'main');
  await good(ann.env, 'register', 'churn');
  await good(ann.env, 'assign', 'churn@v0.0.2', 'dev');
  expect(await good(ann.env, 'sync')).toContain('churn#dev#3');
  expect(remote.tags()).toEqual([
    'churn#dev#1',
    'churn#dev#3',
    'churn#prod#2',
    'churn@v0.0.1',
    'churn@v0.0.2',
    'reg/approve/churn/v0.0.1/prod/bo%40example.com',
  ]);
});

test('refs outside the registry are ignored', () => {
  registry.git('branch', 'topic');
  for (const name of ['v1.0.0', 'release-2020', '@scope/pkg@v1.2.3']) forge(eve.env, name);
  expect(push('topic', 'v1.0.0', 'release-2020', 'refs/tags/@scope/pkg@v1.2.3')).toEqual([]);
  forge(eve.env, 'v1.0.0', 'HEAD~1');
  expect(push('+v1.0.0', ':release-2020', ':topic')).toEqual([]);
  // git ends a line with a line feed alone, and allows other ends of lines in a name
  const odd = 'odd\u2028name\u0085x';
  registry.git('branch', odd);
  expect(push(odd)).toEqual([]);
});

describe('what is refused, by name', () => {
  test.each<[string, () => string[], string[]]>([
    [
      'moved',
      () => [`+${registry.git('rev-parse', 'churn@v0.0.2')}:refs/tags/churn@v0.0.1`],
      ['churn@v0.0.1: it is an event, and tags of history do not move; write a new one'],
    ],
    [
      'deleted',
      () => [':refs/tags/churn#prod#2', ':refs/tags/reg/approve/churn/v0.0.1/prod/bo%40example.com'],
      [
        'churn#prod#2: it is an event, and history is not deleted; take it back with an event of its own',
        'reg/approve/churn/v0.0.1/prod/bo%40example.com: it is an approval, and history is not deleted; take it back with an event of its own',
      ],
    ],
    [
      'forged: a good signature under another name',
      () => [`${registry.git('rev-parse', 'churn#prod#2')}:refs/tags/churn#prod#4`],
      ["churn#prod#4: it is forged: its object calls itself 'churn#prod#2'; make a tag of its own"],
    ],
    [
      'lightweight',
      () => ['HEAD:refs/tags/churn#dev#4'],
      [
        'churn#dev#4: it is a lightweight tag on a commit; make an annotated tag on a commit: reg register, reg assign',
      ],
    ],
    [
      'a look-alike',
      () => [forge(ann.env, 'churn#prod#x')],
      ['churn#prod#x: it looks like an event, but its name cannot be read as one; choose another name'],
    ],
    [
      'an approval in the name of somebody else',
      () => [forge(eve.env, 'reg/approve/churn/v0.0.2/prod/bo%40example.com')],
      [
        'reg/approve/churn/v0.0.2/prod/bo%40example.com: it is no approval: it is named after someone other than its tagger, eve@example.com; write it with reg approve',
      ],
    ],
    [
      'a counter that is taken',
      () => [forge(ann.env, 'churn#dev!#3')],
      [
        'churn#dev!#3: its counter is out of order: 3 is taken already; get the tags that are here with reg sync, and write it again',
      ],
    ],
    [
      'a counter from the clouds',
      () => [forge(ann.env, 'churn#dev#999999999')],
      [
        'churn#dev#999999999: its counter is out of order: the next one is 4; get the tags that are here with reg sync, and write it again',
      ],
    ],
    [
      'a date before what is there',
      () => [forge({ ...ann.env, GIT_COMMITTER_DATE: '@1767225600 +0000' }, 'churn@v0.0.0')],
      [
        'churn@v0.0.0: it is out of order: by its date it comes before churn#dev#3 of 2026-01-01T00:06:00Z, which is here already; get the tags that are here with reg sync, and write it again',
      ],
    ],
    [
      'a version that is registered already',
      () => [forge(ann.env, 'churn@v0.0.1#4')],
      [
        'churn@v0.0.1#4: v0.0.1 is registered already, by churn@v0.0.1; deregister it first, or register another version',
      ],
    ],
    [
      'names that reg does not write',
      () => [
        forge(ann.env, 'CHURN@v1.0.0'),
        forge(ann.env, 'churn#eu/qa#4'),
        forge(ann.env, 'churn#qa'),
        forge(ann.env, 'churn#DEV#5'),
      ],
      [
        "CHURN@v1.0.0: 'CHURN' differs from the artifact 'churn' by letter case alone; use 'churn', or a name that no file system can confuse with it",
        "churn#eu/qa#4: a stage has no '/': 'eu/qa'; write eu-qa instead",
        'churn#qa: an event of a stage has a counter; write it with reg assign',
        "churn#DEV#5: 'DEV' differs from the stage 'dev' of churn by letter case alone; use 'dev', or list both as stages: in .reg.yaml",
      ],
    ],
    [
      'an approval that is dated ahead',
      () => [
        forge(
          { ...bo.env, GIT_COMMITTER_DATE: '@1893456000 +0000' },
          'reg/approve/churn/v0.0.2/prod/bo%40example.com',
        ),
      ],
      [
        'reg/approve/churn/v0.0.2/prod/bo%40example.com: it is dated 2030-01-01T00:00:00Z, ahead of the clock here; set the clock right, delete the tag and approve again',
      ],
    ],
    [
      'unsigned, by a stranger, of a version without approval that is nowhere near',
      () => [forge(eve.env, 'churn#prod#4')],
      [
        'churn#prod#4: eve@example.com may not change prod of churn; ask one of those who may: ann@example.com, bo@example.com',
        'churn#prod#4: churn#prod#4 is not signed, and prod asks for it; sign it: add --sign, or git config tag.gpgSign true',
        'churn#prod#4: churn v0.0.2 has 0 of 1 approvals for prod; others than eve@example.com approve with: reg approve churn@v0.0.2 prod --push',
      ],
    ],
  ])('%s', (_title, make, expected) => {
    const refspecs = make();
    expect(push(...refspecs)).toEqual(expected);
    for (const name of refspecs) if (registry.tags().includes(name)) drop(name);
  });

  test('nothing of it is there', () => {
    expect(remote.tags().filter((tag) => tag.startsWith('churn'))).toHaveLength(5);
  });
});

test('a signature of a stranger', () => {
  const forged = forge(eve.signing, 'churn#prod#4');
  expect(push(forged)).toContain(
    `churn#prod#4: churn#prod#4 is signed with a key that is not among the signers: ${fingerprint()}; add the key to the file of signers on the protected branch, if it is that of a colleague`,
  );
  drop(forged);
});

const fingerprint = (): string =>
  spawnSync('ssh-keygen', ['-lf', join(box.root, 'key-Eve')], { encoding: 'utf8' }).stdout.split(' ')[1] ??
  '';
