import { expect, it } from 'vitest';
import { DEFAULT_CONFIG } from '../../src/documents/config.js';
import type { RemoteNames } from '../../src/git/port.js';
import type { RegistryContext } from '../../src/registry/context.js';
import { type RemoteUse, remoteChooser } from '../../src/registry/remote.js';
import { type WriteTarget, writeTargetOf } from '../../src/registry/write-target.js';

const ANN = { name: 'Ann', email: 'ann@example.com', now: 0, zone: '+0000' };
const URL = 'https://example.com/r';

/** How a write uses the remote of a repository of this kind; options and configuration name what is on. */
const remoteFor = async (
  where: string,
  options: { push?: boolean; offline?: boolean },
  always: boolean,
): Promise<Partial<WriteTarget>> => {
  const repository = {
    address: where === 'a URL' ? URL : undefined,
    hasRemote: async (name: string) => where === 'a clone' && name === 'upstream',
    writer: { identity: async () => ANN, signsTags: async () => true },
  };
  const config = async () => ({ ...DEFAULT_CONFIG, push: always });
  const remote = async () => 'upstream';
  const context = { repository, config, remote } as unknown as RegistryContext;
  const { identity, sign, ...target } = await writeTargetOf(context, options);
  expect([identity, sign]).toEqual([ANN, true]);
  return target;
};

const ASKS = { remote: 'upstream', asks: true, push: false, note: undefined };
const PUSHES = { remote: 'upstream', asks: true, push: true, note: undefined };
const STAYS = { remote: 'upstream', asks: false, push: false };
const AT_URL = { remote: URL, asks: true, push: true, note: undefined };
const TOLD = expect.stringContaining('upstream was not asked');

it.each<[string, { push?: boolean; offline?: boolean }, boolean, unknown]>([
  ['a clone', {}, false, ASKS],
  ['a clone', {}, true, PUSHES],
  ['a clone', { push: true }, false, PUSHES],
  ['a clone', { push: true }, true, PUSHES],
  ['a clone', { push: false }, true, ASKS],
  ['a clone', { offline: false }, false, ASKS],
  ['a clone', { offline: true }, false, { ...STAYS, note: TOLD }],
  ['a clone', { offline: true }, true, { ...STAYS, note: TOLD }],
  ['a clone', { offline: true, push: false }, true, { ...STAYS, note: TOLD }],
  ['no clone', {}, false, { ...STAYS, note: undefined }],
  ['no clone', { offline: true }, false, { ...STAYS, note: undefined }],
  ['no clone', { offline: true }, true, { ...STAYS, note: undefined }],
  ['no clone', { push: false }, true, { ...STAYS, note: undefined }],
  ['a URL', {}, false, AT_URL],
  ['a URL', {}, true, AT_URL],
  ['a URL', { push: true }, false, AT_URL],
  ['a URL', { push: false }, false, AT_URL],
])('in %s, with options %j and push: %s in the configuration', async (where, options, always, expected) => {
  expect(await remoteFor(where, options, always)).toEqual(expected);
});

it.each<[string, { push?: boolean; offline?: boolean }]>([
  ['a clone', { push: true, offline: true }],
  ['no clone', { push: true, offline: true }],
  ['a URL', { offline: true }],
  ['a URL', { push: true, offline: true }],
])('in %s %j cannot be', async (where, options) => {
  await expect(remoteFor(where, options, false)).rejects.toMatchObject({ code: 'USAGE' });
});

it.each<[{ push?: boolean }, boolean]>([
  [{ push: true }, false],
  [{}, true],
])('a push to no remote cannot be: options %j and push: %s in the configuration', async (options, always) => {
  const refused = expect(remoteFor('no clone', options, always)).rejects;
  await refused.toMatchObject({ code: 'NO_CLONE', message: "this repository has no remote 'upstream'" });
});

/** The remote that is chosen where git's configuration says this. */
const chosen = (remotes: RemoteNames, use: RemoteUse, env: Record<string, string> = {}): Promise<string> =>
  remoteChooser({ remotes: async () => remotes }, env)(use);

const TWO = ['fork', 'upstream'];

it.each<[RemoteNames, Record<string, string>, string, string]>([
  [{ names: [] }, {}, 'origin', 'origin'],
  [{ names: ['only'] }, {}, 'only', 'only'],
  [{ names: ['origin', ...TWO] }, {}, 'origin', 'origin'],
  [{ names: TWO, ofBranch: 'upstream' }, {}, 'upstream', 'upstream'],
  [{ names: [...TWO, 'origin'], ofBranch: '.' }, {}, 'origin', 'origin'],
  [{ names: TWO, ofBranch: 'upstream', pushDefault: 'fork' }, {}, 'upstream', 'fork'],
  [{ names: TWO, ofBranch: 'upstream', chosen: 'fork' }, {}, 'fork', 'fork'],
  [{ names: TWO, chosen: 'fork' }, { REG_REMOTE: 'upstream' }, 'upstream', 'upstream'],
  [{ names: TWO, chosen: 'fork' }, { REG_REMOTE: '' }, 'fork', 'fork'],
])('the remote of %j with %j is %s, and for writes %s', async (remotes, env, read, write) => {
  expect(await chosen(remotes, 'read', env)).toBe(read);
  expect(await chosen(remotes, 'write', env)).toBe(write);
});

it('a remote that is not there, and several without a choice, are errors', async () => {
  await expect(chosen({ names: TWO, chosen: 'gone' }, 'read')).rejects.toMatchObject({
    code: 'NO_CLONE',
    message: "this repository has no remote 'gone'",
  });
  await expect(chosen({ names: TWO }, 'read')).rejects.toMatchObject({
    code: 'NO_CLONE',
    message: 'this repository has several remotes, and none is chosen: fork, upstream',
    hint: 'choose one with: git config reg.remote fork',
  });
});
