import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeTag } from '../../src/git/tag-object.js';
import { jsonIn, type Run, regIn, runReg } from '../support/cli-here.js';
import { type Env, START, sandbox } from '../support/repo.js';
import { person, signersFile } from '../support/signers.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const ann = person(box, 'Ann');
const eve = person(box, 'Eve');
const registry = makeRegistry(box, 'registry', 'churn');
registry.commit({ '.reg-signers': signersFile(ann) });
const reg = (env: Env, ...args: string[]): Promise<Run> => runReg(box, { cwd: registry.dir, env }, ...args);
const object = (tag: string) => decodeTag(Buffer.from(`${registry.git('cat-file', 'tag', tag)}\n`));
const verified = async (...args: string[]) =>
  ((await jsonIn(box, registry.dir)('verify', ...args)) as Record<string, string | null>[]).map(
    ({ tag, signature, signer, problem }) => [tag, signature, signer, problem],
  );

test('a signed tag has message, trailers and date of an unsigned one, and then the signature', async () => {
  expect(await reg(ann.env, 'register', 'churn', '-m', 'First\n\nIt is good.')).toMatchObject({ code: 0 });
  expect(await reg(ann.env, 'assign', 'churn', 'prod', '--sign', '-m', '# one\n\n\ntwo  ')).toMatchObject({
    code: 0,
    stdout: 'churn#prod#1\n',
  });
  const { message, signature, tagger, date, zone, tag } = object('churn#prod#1');
  const parent = registry.git('rev-parse', 'refs/tags/churn@v0.0.1');
  expect(message).toBe(`# one\n\n\ntwo\n\nReg-Version: v0.0.1\nReg-Parent: ${parent}\n`);
  expect(signature).toMatch(/^-----BEGIN SSH SIGNATURE-----\n[\s\S]+-----END SSH SIGNATURE-----\n$/);
  expect({ tagger, date, zone, tag }).toEqual({
    tagger: { name: 'Ann', email: 'ann@example.com' },
    date: START + 1,
    zone: '+0000',
    tag: 'churn#prod#1',
  });
  expect(await jsonIn(box, registry.dir)('which', 'churn', 'prod')).toMatchObject({
    version: 'v0.0.1',
    message: '# one\n\n\ntwo',
  });
  expect(registry.tags()).toEqual(['churn#prod#1', 'churn@v0.0.1']);
});

test('tag.gpgSign signs every write, and --no-sign does not', async () => {
  registry.commit();
  expect(await reg(ann.signing, 'assign', 'churn', 'dev')).toMatchObject({
    stdout: 'churn@v0.0.2\nchurn#dev#2\n',
    code: 0,
  });
  expect([object('churn@v0.0.2').signature, object('churn#dev#2').signature]).toEqual([
    expect.stringContaining('SSH'),
    expect.stringContaining('SSH'),
  ]);
  expect((await reg(ann.signing, 'unassign', 'churn', 'dev', '--no-sign')).code).toBe(0);
  expect(object('churn#dev!#3').signature).toBeUndefined();
});

test('what cannot be signed is not written', async () => {
  const before = registry.tags();
  const nokey = { ...ann.env, GIT_CONFIG_VALUE_1: join(box.root, 'none') };
  const run = await reg(nokey, 'assign', 'churn@v0.0.1', 'dev', '--sign');
  expect(run).toMatchObject({ code: 1, stdout: '' });
  expect(run.stderr).toMatch(
    /^error: git could not sign churn#dev#4: .*none.*\nhint: nothing was written; .*\n$/,
  );
  expect(registry.tags()).toEqual(before);
});

test('programs of git’s configuration sign, also those of a file that is included for this folder alone', async () => {
  const program = join(box.root, 'signer');
  writeFileSync(program, `#!/bin/sh\necho used >> '${program}.log'\nexec ssh-keygen "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(
    join(box.root, 'work.inc'),
    `[gpg]\n\tformat = ssh\n[gpg "ssh"]\n\tprogram = ${program}\n\tdefaultKeyCommand = "echo key::${ann.key}"\n`,
  );
  // the key is not named: a command gives it, and the private part is with an agent
  writeFileSync(
    join(box.root, 'home', '.gitconfig'),
    `[includeIf "gitdir:${registry.dir}/"]\n\tpath = ${join(box.root, 'work.inc')}\n`,
  );
  const agent = execFileSync('ssh-agent', ['-s'], { encoding: 'utf8' });
  const [, socket = ''] = /SSH_AUTH_SOCK=([^;]+)/.exec(agent) ?? [];
  const [, pid = ''] = /SSH_AGENT_PID=(\d+)/.exec(agent) ?? [];
  try {
    const env = { SSH_AUTH_SOCK: socket };
    execFileSync('ssh-add', ['-q', join(box.root, 'key-Ann')], {
      env: { ...box.env, ...env },
      stdio: 'pipe',
    });
    const run = await reg(env, 'assign', 'churn@v0.0.1', 'dev', '--sign');
    expect(run).toMatchObject({ code: 0, stdout: 'churn#dev#4\n' });
    expect(readFileSync(`${program}.log`, 'utf8')).toBe('used\n');
  } finally {
    process.kill(Number(pid));
    writeFileSync(join(box.root, 'home', '.gitconfig'), '');
  }
});

test('verify: who signed what, and whether it is right', async () => {
  await reg(eve.env, 'assign', 'churn@v0.0.2', 'prod', '--sign');
  const bytes = execFileSync('git', ['cat-file', 'tag', 'churn#prod#1'], { cwd: registry.dir, env: box.env });
  registry.writeRawTag(
    bytes.toString().replace('two', 'six').replace('churn#prod#1', 'churn#prod#6'),
    'churn#prod#6',
  );
  // a good signature under another name
  registry.writeTagRef('churn#prod#7', `${registry.git('rev-parse', 'refs/tags/churn#prod#1')}\n`);
  expect(await verified()).toEqual([
    ['churn#prod#7', 'good', 'ann@example.com', "churn#prod#7 holds the tag object of 'churn#prod#1'"],
    ['churn#prod#6', 'bad', null, 'the signature of churn#prod#6 is not right'],
    ['churn#prod#5', 'unknown', null, null],
    ['churn#dev#4', 'good', 'ann@example.com', null],
    ['churn#dev!#3', 'unsigned', null, null],
    ['churn#dev#2', 'good', 'ann@example.com', null],
    ['churn@v0.0.2', 'good', 'ann@example.com', null],
    ['churn#prod#1', 'good', 'ann@example.com', null],
    ['churn@v0.0.1', 'unsigned', null, null],
  ]);
  expect((await verified('churn#dev')).map(([tag]) => tag)).toEqual([
    'churn#dev#4',
    'churn#dev!#3',
    'churn#dev#2',
  ]);
  expect((await verified('churn@v0.0.2')).map(([tag]) => tag)).toEqual([
    'churn#prod#5',
    'churn#dev!#3',
    'churn#dev#2',
    'churn@v0.0.2',
  ]);
  expect((await regIn(box, registry.dir)('verify')).code).toBe(1);
  const dev = await regIn(box, registry.dir)('verify', 'churn#dev');
  expect(dev).toMatchObject({ code: 0, stderr: 'nothing is broken in 3 events\n' });
  for (const tag of ['churn#prod#6', 'churn#prod#7']) registry.git('update-ref', '-d', `refs/tags/${tag}`);
});

const hasGpg = spawnSync('gpg', ['--version']).status === 0;
const gnupg: Env = { GNUPGHOME: join(box.root, 'gnupg') };
const gpg = (...args: string[]): string =>
  execFileSync('gpg', ['--batch', '--quiet', ...args], {
    env: { ...box.env, ...gnupg },
    encoding: 'utf8',
    stdio: 'pipe',
  });

beforeAll(() => {
  if (!hasGpg) return;
  mkdirSync(gnupg.GNUPGHOME ?? '', { mode: 0o700 });
  gpg('--passphrase', '', '--quick-generate-key', 'Ann <ann@example.com>', 'ed25519', 'sign', 'never');
});
// it would go on for as long as the folder is there
afterAll(
  () => void (hasGpg && spawnSync('gpgconf', ['--kill', 'gpg-agent'], { env: { ...box.env, ...gnupg } })),
);

test.runIf(hasGpg)('OpenPGP keys: a fingerprint among the signers makes them good', async () => {
  const key = /^fpr:+([0-9A-F]{40}):/m.exec(gpg('--list-keys', '--with-colons'))?.[1] ?? '';
  const env = { ...ann.env, ...gnupg, GIT_CONFIG_VALUE_0: 'openpgp', GIT_CONFIG_VALUE_1: key };
  expect(await reg(env, 'assign', 'churn@v0.0.1', 'gpg', '--sign')).toMatchObject({ code: 0 });
  expect(object('churn#gpg#6')).toMatchObject({
    message: expect.stringMatching(/\nReg-Version: v0\.0\.1\nReg-Parent: [0-9a-f]{40}\n$/),
    signature: expect.stringContaining('-----BEGIN PGP SIGNATURE-----'),
  });
  const verify = async () =>
    JSON.parse((await reg(gnupg, 'verify', 'churn#gpg', '--json')).stdout) as unknown;
  expect(await verify()).toMatchObject([{ signature: 'unknown', signer: null, key }]);
  registry.commit({
    '.reg-signers': `${signersFile(ann)}ann@example.com openpgp ${key.replace(/(.{4})/g, '$1 ').trim()}\n`,
  });
  expect(await verify()).toMatchObject([{ signature: 'good', signer: 'ann@example.com', key }]);
  registry.git('rm', '-q', '.reg-signers');
  registry.commit();
  // now git's own keyring is all there is
  expect(await verify()).toMatchObject([{ signature: 'good', signer: 'ann@example.com', key }]);
});
