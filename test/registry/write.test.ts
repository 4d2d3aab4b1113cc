import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DEFAULT_CONFIG } from '../../src/documents/config.js';
import { planAssign, planRegister } from '../../src/domain/actions.js';
import { artifactName, stageName } from '../../src/domain/names.js';
import type { Plan, Snapshot } from '../../src/domain/plan.js';
import { tagNameOf, tagRef } from '../../src/domain/refs.js';
import { RegError } from '../../src/errors.js';
import {
  type Outcome,
  type RefChange,
  type RegistryRepository,
  requireRemote,
  requireWriter,
} from '../../src/git/port.js';
import type { RegistryContext } from '../../src/registry/context.js';
import { type WriteOptions, write } from '../../src/registry/write.js';
import { memoryRepository } from '../support/memory.js';
import { listTags } from '../support/tags.js';

const CHURN = artifactName('churn');
const DONE: Outcome = { kind: 'done' };
const LOST: Outcome = { kind: 'lost', reason: 'another push was in the way' };

/** A clone in memory and its remote, of which one push after the other ends as a test says. */
function makeClone(...pushes: ((take: () => void) => Outcome)[]) {
  const here = memoryRepository({ name: 'Ann', email: 'ann@example.com', now: 100, zone: '+0000' });
  const commit = here.commit();
  const there = new Map<string, string>();
  const asked: string[] = [];
  const take = (refs: readonly RefChange[]): void => {
    for (const { ref, to } of refs)
      if (to === undefined) there.delete(ref);
      else there.set(ref, to);
  };
  const repository: RegistryRepository = {
    ...here,
    hasRemote: async () => true,
    remote: (name) => ({
      ...requireRemote(here, name),
      listArtifacts: async (artifacts) => {
        asked.push('list');
        const tags = [...there].map(([ref, oid]) => ({ name: tagNameOf(ref) ?? '', oid, peeled: commit }));
        const last = [...there.values()].at(-1);
        return artifacts.map((artifact) => ({ tags, tips: new Map(), turn: { artifact, last } }));
      },
      listTags: async () => [],
      fetch: async () => undefined,
      push: async (refs) => {
        asked.push('push');
        return pushes.shift()?.(() => take(refs)) ?? DONE;
      },
    }),
  };
  const context = {
    repository,
    config: async () => DEFAULT_CONFIG,
    remote: async () => 'origin',
    workTree: async () => undefined,
    around: { env: {} },
    note: () => undefined,
    now: () => 0,
  } as unknown as RegistryContext;
  const register = (options: WriteOptions = { push: true }) =>
    write(context, CHURN, (snapshot) => planRegister(snapshot, { commit }), { unlinked: true, ...options });
  const tags = async () => (await listTags(here)).map(({ name }) => name);
  return { here, there, repository, context, commit, asked, register, tags };
}

const lost = (): Outcome => LOST;
const done = (take: () => void): Outcome => {
  take();
  return DONE;
};
/** A request that got through and was sent again: the second answer is the one that is seen. */
const sentTwice = (take: () => void): Outcome => {
  take();
  return LOST;
};

// pauses are of random length, up to a second
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => vi.restoreAllMocks());

describe('a push', () => {
  test('that is lost is decided again on what the remote has after the pause', async () => {
    let other = '';
    const made = makeClone(() => {
      made.there.set(tagRef('churn@v0.0.1'), other);
      return LOST;
    });
    const { here, commit, asked, register, tags } = made;
    const object = {
      object: commit,
      type: 'commit',
      tag: 'churn@v0.0.1',
      tagger: { name: 'Bo', email: 'bo@example.com' },
      date: 50,
      zone: '+0000',
      message: 'Faster\n',
    } as const;
    other = await requireWriter(here).store(object, false);
    // the other writer has registered the commit
    await expect(register()).rejects.toMatchObject({ code: 'COMMIT_TAKEN' });
    expect(asked).toEqual(['list', 'push', 'list']);
    expect(await tags()).toEqual(['churn@v0.0.1']);
  });

  test('that is lost is made again', async () => {
    const { asked, register, tags } = makeClone(lost, lost, done);
    expect((await register()).rows).toMatchObject([{ tag: 'churn@v0.0.1', pushed: true }]);
    expect(asked).toEqual(['list', 'push', 'list', 'push', 'list', 'push']);
    expect(await tags()).toEqual(['churn@v0.0.1']);
  });

  test('that was taken, although its answer says that it is lost, is not made again', async () => {
    const { asked, register, tags, there } = makeClone(sentTwice);
    const { rows, note } = await register();
    expect(rows).toMatchObject([{ tag: 'churn@v0.0.1', oid: there.get('refs/tags/churn@v0.0.1') }]);
    expect(note).toBeUndefined();
    expect(asked).toEqual(['list', 'push', 'list']);
    expect(await tags()).toEqual(['churn@v0.0.1']);
  });

  test('that is lost, and then the remote is gone: what it has is not known', async () => {
    const { context, repository, commit } = makeClone(lost);
    let asked = 0;
    const gone: RegistryRepository = {
      ...repository,
      remote: (name) => ({
        ...requireRemote(repository, name),
        listArtifacts: async (artifacts) => {
          asked += 1;
          if (asked > 1) throw new RegError('REMOTE_FAILED', 'cannot reach origin');
          return requireRemote(repository, name).listArtifacts(artifacts);
        },
      }),
    };
    const writing = write(
      { ...context, repository: gone },
      CHURN,
      (snapshot) => planRegister(snapshot, { commit }),
      { unlinked: true, push: true },
    );
    await expect(writing).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
      message: 'it is not known whether origin took churn@v0.0.1: cannot reach origin',
      hint: expect.stringMatching(/^look before doing it again: /),
    });
  });

  test.each([
    ['lost', [lost, done]],
    ['taken all the same', [sentTwice]],
  ] as const)('takes along what the remote lacks, also where it was first %s', async (_how, pushes) => {
    const { here, there, asked, context, commit, register } = makeClone(...pushes);
    await register({ push: false });
    const stage = stageName('prod');
    const { rows } = await write(
      context,
      CHURN,
      (snapshot) => planAssign(snapshot, { stage, target: { commit } }),
      { push: true },
    );
    expect(rows).toMatchObject([
      { tag: 'churn@v0.0.1', created: false, pushed: true },
      { tag: 'churn#prod#1', created: true, pushed: true },
    ]);
    expect([...there.keys()]).toEqual(['refs/tags/churn@v0.0.1', 'refs/tags/churn#prod#1']);
    expect(asked.filter((one) => one === 'list')).toHaveLength(3);
    expect((await listTags(here)).map(({ name }) => name)).toEqual(['churn#prod#1', 'churn@v0.0.1']);
  });

  test.each([
    ['refused', 'REMOTE_REFUSED', /^origin refused the push: no$/],
    ['unanswered', 'REMOTE_FAILED', /^origin gave no answer to the push of churn@v0\.0\.1 \(no\); /],
    ['unknown', 'REMOTE_FAILED', /^it is not known whether origin took churn@v0\.0\.1: no$/],
  ] as const)('that ends as %s is not tried again', async (kind, code, message) => {
    const { asked, register, tags } = makeClone(() => ({ kind, reason: 'no' }));
    await expect(register()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(asked).toEqual(['list', 'push']);
    expect(await tags()).toEqual([]);
  });
});

describe('a write that stays here', () => {
  const failing = (outcome: () => Outcome) => {
    const made = makeClone();
    const asked: RefChange[][] = [];
    const repository: RegistryRepository = {
      ...made.repository,
      hasRemote: async () => false,
      writer: {
        ...requireWriter(made.repository),
        change: async (refs) => {
          asked.push([...refs]);
          return outcome();
        },
      },
    };
    const stage = stageName('prod');
    const decide = (snapshot: Snapshot): Plan =>
      planAssign(snapshot, { stage, target: { commit: made.commit } });
    const assign = write({ ...made.context, repository }, CHURN, decide, { unlinked: true });
    return { asked, assign };
  };

  test('is given up where git repeats the same message', async () => {
    const { asked, assign } = failing(() => ({ kind: 'lost', reason: 'permission denied' }));
    await expect(assign).rejects.toMatchObject({
      code: 'BUSY',
      message: 'the tags of churn could not be written, tried 11 times: permission denied',
    });
    expect(asked).toHaveLength(11);
  });

  test('goes on while messages change, as they do where others write', async () => {
    let time = 0;
    const { asked, assign } = failing(() => {
      time += 1;
      return time < 14 ? { kind: 'lost', reason: `ref is at ${time}` } : DONE;
    });
    expect((await assign).rows.map(({ tag }) => tag)).toEqual(['churn@v0.0.1', 'churn#prod#1']);
    expect(asked).toHaveLength(14);
  });
});
