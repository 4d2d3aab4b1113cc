import { beforeAll, describe, expect, test } from 'vitest';
import { openRegistry } from '../../src/api.js';
import { withRemote } from '../e2e/registry.js';
import { runHere } from '../support/here.js';
import { sandbox } from '../support/repo.js';
import { person, signersFile } from '../support/signers.js';

const box = sandbox();
const ann = person(box, 'Ann');
const { registry, remote } = withRemote(box, 'registry');
const reg = (...args: string[]) => runHere({ cwd: registry.dir, env: { ...box.env, ...ann.env } }, ...args);
const push = (...refspecs: string[]) => registry.git('push', '--quiet', '--force', 'origin', ...refspecs);

async function done(...args: string[]): Promise<void> {
  box.advance(60);
  expect(await reg(...args)).toMatchObject({ code: 0 });
}

/** What is found, each as `rule tag: message`, without who and when. */
async function found(options = {}, where = registry.dir): Promise<string[]> {
  const opened = await openRegistry(where, { env: box.env, cwd: box.root });
  const { findings } = await opened.validate({ tags: true, ...options });
  return findings
    .map(
      ({ rule, file, message }) =>
        `${rule} ${file.replace('refs/tags/', '')}: ${message.replace(/; its tagger is .*/, '')}`,
    )
    .sort();
}

const POLICY = 'policy: {prod: {by: [ann@example.com], signed: true}}\n';

beforeAll(async () => {
  registry.commit({ '.reg.yaml': POLICY, '.reg-signers': signersFile(ann) });
  push('main');
  await done('register', 'churn', '--version', 'v1.0.0', '--push');
  await done('assign', 'churn', 'prod', '--push', '--sign');
});

/** Each breaks one rule, and is gone afterwards. */
const BREAKS: [rule: string, make: () => string[], findings: string[]][] = [
  [
    'tag-object',
    () => {
      registry.git('tag', 'churn#dev#7');
      return ['churn#dev#7'];
    },
    ['tag-object churn#dev#7: it is named as an event, but is not one: it is a lightweight tag on a commit'],
  ],
  [
    'tag-look-alike',
    () => {
      registry.tag('churn#dev#x');
      return ['churn#dev#x'];
    },
    ['tag-look-alike churn#dev#x: it looks like an event, but its name cannot be read as one'],
  ],
  [
    'tag-approval',
    () => {
      registry.tag('reg/approve/churn/v1.0.0/prod/bo%40example.com');
      return ['reg/approve/churn/v1.0.0/prod/bo%40example.com'];
    },
    [
      'tag-approval reg/approve/churn/v1.0.0/prod/bo%40example.com: it approves of nothing: it is named after someone other than its tagger, ann@example.com',
    ],
  ],
  [
    'tag-registered',
    () => {
      registry.tag('churn@v1.0.0#2', 'Again', 'HEAD~1');
      return ['churn@v1.0.0#2'];
    },
    [
      'tag-parent churn@v1.0.0#2: it names no event before it, and churn#prod#1 does',
      'tag-registered churn@v1.0.0#2: it hides churn@v1.0.0, another registration of v1.0.0',
      'tag-signed churn@v1.0.0#2: churn@v1.0.0#2 is not signed, and prod asks for it',
    ],
  ],
  [
    'tag-name',
    () => {
      registry.writeTagRef('churn#prod#2', `${registry.git('rev-parse', 'refs/tags/churn#prod#1')}\n`);
      return ['churn#prod#2'];
    },
    ["tag-name churn#prod#2: it holds the tag object of 'churn#prod#1'"],
  ],
  [
    'tag-commit',
    () => {
      const message = 'Assign\n\nReg-Version: v1.0.0\n';
      registry.git('tag', '-a', '-m', message, 'churn#prod#2', 'HEAD~1');
      return ['churn#prod#2'];
    },
    [
      expect.stringMatching(
        /^tag-commit churn#prod#2: churn#prod#2 is at commit \w{12}, and churn v1\.0\.0 is registered at \w{12}$/,
      ),
      'tag-parent churn#prod#2: it names no event before it, and churn#prod#1 does',
      'tag-signed churn#prod#2: churn#prod#2 is not signed, and prod asks for it',
    ] as string[],
  ],
];

describe('tags, as they are where they are shared', () => {
  test('nothing is wrong', async () => {
    expect(await found()).toEqual([]);
  });

  test.each(BREAKS)('%s', async (_rule, make, findings) => {
    box.advance(60);
    const tags = make();
    push(...tags.map((tag) => `refs/tags/${tag}`));
    // it is found although this clone has not got it
    for (const tag of tags) registry.git('update-ref', '-d', `refs/tags/${tag}`);
    expect(await found()).toEqual(findings);
    expect(await found({}, `file://${remote.dir}`), 'at its URL').toEqual(findings);
    expect(await found({ offline: true }), 'not here').toEqual([]);
    push(...tags.map((tag) => `:refs/tags/${tag}`));
  });

  test('levels, policy and signers are those of the remote’s default branch', async () => {
    registry.tag('churn#prod#2');
    push('refs/tags/churn#prod#2');
    const unsigned = [
      'tag-parent churn#prod#2: it names no event before it, and churn#prod#1 does',
      'tag-signed churn#prod#2: churn#prod#2 is not signed, and prod asks for it',
    ];
    registry.commit({ '.reg.yaml': 'rules: {tag-signed: off}\n' }, 'No rules here');
    expect(await found()).toEqual(unsigned);
    expect(await found({ offline: true }), 'what the clone remembers').toEqual(unsigned);
    registry.git('reset', '--quiet', '--hard', 'origin/main');
    // somebody else goes on, and this clone does not know
    const other = box.at('other');
    registry.git('clone', '--quiet', remote.dir, '../other');
    other.commit({ '.reg.yaml': `${POLICY}rules: {tag-signed: warning}\n` });
    other.git('push', '--quiet', 'origin', 'main');
    const opened = await openRegistry(registry.dir, { env: box.env, cwd: box.root });
    expect(await opened.validate({ tags: true })).toMatchObject({
      ok: true,
      findings: [{ level: 'info' }, { level: 'warning' }],
    });
  });

  test('--since: a time, a rev, an event', async () => {
    const one = [
      'tag-parent churn#prod#2: it names no event before it, and churn#prod#1 does',
      'tag-signed churn#prod#2: churn#prod#2 is not signed, and prod asks for it',
    ];
    for (const since of ['2026-01-01', 'main', 'HEAD~1', 'churn#prod#2', 'refs/tags/churn#prod#1'])
      expect(await found({ since }), since).toEqual(one);
    expect(await found({ since: '2026-01-02' })).toEqual([]);
    await expect(found({ since: 'nothing' })).rejects.toMatchObject({ code: 'UNKNOWN_REV' });
  });

  test('tag-moved, and tag-chain: with a remembered state', async () => {
    box.advance(60);
    registry.git('tag', '-d', 'churn@v1.0.0');
    const old = remote.git('rev-parse', 'refs/tags/churn@v1.0.0').slice(0, 12);
    const recreated = registry.tag('churn@v1.0.0', 'Another');
    const now = recreated.slice(0, 12);
    expect(await found()).toContain(
      `tag-moved churn@v1.0.0: it is ${now} here and ${old} where it is shared`,
    );
    push('refs/tags/churn@v1.0.0');
    expect(await found()).toContain(
      `tag-chain churn#prod#1: churn@v1.0.0 was moved or recreated: when churn#prod#1 was written it was ${old}, and now it is ${now}`,
    );
  });
});
