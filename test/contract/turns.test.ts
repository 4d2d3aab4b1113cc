import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { tagNameOf } from '../../src/domain/refs.js';
import { type RefChange, requireWriter } from '../../src/git/port.js';
import { sandbox } from '../support/repo.js';
import { listTags, peeledTags, readTags } from '../support/tags.js';
import { annotate, BENCHES, type Bench, creating, DONE, deleting, LOST, tagObject } from './bench.js';

const box = sandbox();
const CHURN = artifactName('churn');

/** A bench whose HEAD can be tagged. */
interface Desk extends Bench {
  /** Stores a tag object; gives the ref that is to lead to it. */
  draft(tagName: string): Promise<RefChange>;
  /** Writes one tag the way it is meant to be: takes a turn, uses it. */
  write(tagName: string): Promise<RefChange>;
  names(): Promise<string[]>;
}

describe.each(BENCHES)('turns: %s', (kind, makeBench) => {
  function makeDesk(name: string): Desk {
    const bench = makeBench(box, `${kind}-${name}`);
    const { repository } = bench;
    const head = bench.commit();
    const draft = async (tagName: string): Promise<RefChange> =>
      creating(tagName, await requireWriter(repository).store(tagObject(head, tagName), false));
    return {
      ...bench,
      draft,
      write: async (tagName) => {
        const ref = await draft(tagName);
        const artifact = artifactName(tagName.replace(/[@#].*/, '').replace('=', ':'));
        expect(
          await requireWriter(repository).change([ref], await requireWriter(repository).turn(artifact)),
        ).toEqual(DONE);
        return ref;
      },
      names: async () => (await listTags(repository)).map(({ name }) => name),
    };
  }

  test('a write of two artifacts takes both turns, or neither', async () => {
    const { repository, draft, write, names } = makeDesk('two');
    const { turn, change } = requireWriter(repository);
    const LOSS = artifactName('loss');
    const refs = async (version: string): Promise<RefChange[]> => [
      await draft(`churn@${version}`),
      await draft(`loss@${version}`),
    ];
    const early = [await turn(CHURN), await turn(LOSS)];
    await write('loss@v0.1.0');
    expect(await change(await refs('v1.0.0'), ...early)).toEqual(LOST);
    expect(await names()).toEqual(['loss@v0.1.0']);
    const both = [await turn(CHURN), await turn(LOSS)];
    const made = await refs('v1.0.0');
    expect(await change(made, ...both)).toEqual(DONE);
    // each turn is the last tag of its own artifact
    expect([(await turn(CHURN)).last, (await turn(LOSS)).last]).toEqual(made.map(({ to }) => to));
  });

  test.each([
    ['the first', []],
    ['a later', ['churn@v0.1.0']],
  ])('of two writers at once that took %s turn one wins, whatever they write', async (which, before) => {
    const { repository, draft, write, names } = makeDesk(`race-${which}`);
    for (const tagName of before) await write(tagName);
    const turns = [
      await requireWriter(repository).turn(CHURN),
      await requireWriter(repository).turn(CHURN),
    ] as const;
    const refs = [await draft('churn@v1.0.0'), await draft('churn#dev#1')] as const;
    const results = await Promise.all([
      requireWriter(repository).change([refs[0]], turns[0]),
      requireWriter(repository).change([refs[1]], turns[1]),
    ]);
    expect(results).toEqual(expect.arrayContaining([DONE, LOST]));
    const winner = refs[results.findIndex(({ kind }) => kind === 'done')];
    expect(await names()).toEqual([tagNameOf(winner?.ref ?? ''), ...before].sort());
  });

  test('a turn is used once', async () => {
    const { repository, draft, names } = makeDesk('once');
    const turn = await requireWriter(repository).turn(CHURN);
    expect(await requireWriter(repository).change([await draft('churn@v1.0.0')], turn)).toEqual(DONE);
    expect(await requireWriter(repository).change([await draft('churn@v2.0.0')], turn)).toEqual(LOST);
    expect(await names()).toEqual(['churn@v1.0.0']);
    const next = await requireWriter(repository).turn(CHURN);
    expect(await requireWriter(repository).change([await draft('churn@v2.0.0')], next)).toEqual(DONE);
  });

  test('a write that was refused passes no turn on', async () => {
    const { repository, draft, write } = makeDesk('refused');
    const taken = await write('churn@v1.0.0');
    const turn = await requireWriter(repository).turn(CHURN);
    const again = { ...(await draft('churn@v1.0.0-again')), ref: taken.ref };
    expect(await requireWriter(repository).change([again], turn)).toEqual(LOST);
    expect(await requireWriter(repository).turn(CHURN)).toEqual(turn);
    expect(await requireWriter(repository).change([await draft('churn@v2.0.0')], turn)).toEqual(DONE);
  });

  test('a turn that is not the current one deletes nothing', async () => {
    const { repository, write, names } = makeDesk('stale-delete');
    const first = await write('churn@v1.0.0');
    const turn = await requireWriter(repository).turn(CHURN);
    await write('churn@v2.0.0');
    expect(await requireWriter(repository).change([deleting(first)], turn)).toEqual(LOST);
    expect(await names()).toEqual(['churn@v1.0.0', 'churn@v2.0.0']);
  });

  test('a deletion passes the turn on too', async () => {
    const { repository, draft, write, names } = makeDesk('delete');
    const first = await write('churn@v1.0.0');
    await write('churn@v2.0.0');
    const turn = await requireWriter(repository).turn(CHURN);
    const waiting = await requireWriter(repository).turn(CHURN);
    expect(await requireWriter(repository).change([deleting(first)], turn)).toEqual(DONE);
    expect(await requireWriter(repository).change([await draft('churn#dev#1')], waiting)).toEqual(LOST);
    expect(await names()).toEqual(['churn@v2.0.0']);
    await write('churn#dev#1');
  });

  test('and so does one in a clone without earlier writes', async () => {
    const desk = makeDesk('delete-first');
    const { repository, draft, names } = desk;
    const head = (await repository.objects.commit('HEAD')) ?? '';
    const fetched = creating('churn@v1.0.0', annotate(desk, 'churn@v1.0.0', head));
    const [turn, waiting] = [
      await requireWriter(repository).turn(CHURN),
      await requireWriter(repository).turn(CHURN),
    ];
    expect(await requireWriter(repository).change([deleting(fetched)], turn)).toEqual(DONE);
    expect(await requireWriter(repository).change([await draft('churn#dev#1')], waiting)).toEqual(LOST);
    expect(await names()).toEqual([]);
  });

  test('what was written and deleted again does not bring an old turn back', async () => {
    const { repository, draft, write, names } = makeDesk('back');
    const waiting = await requireWriter(repository).turn(CHURN);
    const first = await write('churn@v1.0.0');
    const between = await requireWriter(repository).turn(CHURN);
    expect(await requireWriter(repository).change([deleting(first)], between)).toEqual(DONE);
    for (const turn of [waiting, between])
      expect(await requireWriter(repository).change([await draft('churn#dev#1')], turn)).toEqual(LOST);
    expect(await names()).toEqual([]);
  });

  test('artifacts take turns of their own, also where one is the folder of the other', async () => {
    const { repository, draft, names } = makeDesk('folder');
    const artifacts = ['churn', 'churn/x', 'churn/x/y', 'models:churn'].map((name) => artifactName(name));
    const turns = [];
    for (const artifact of artifacts) turns.push(await requireWriter(repository).turn(artifact));
    for (const turn of turns) {
      const ref = await draft(`${turn.artifact.replace(':', '=')}@v1.0.0`);
      expect(await requireWriter(repository).change([ref], turn)).toEqual(DONE);
    }
    expect(await names()).toHaveLength(4);
    for (const artifact of artifacts)
      expect((await requireWriter(repository).turn(artifact)).last).toBeDefined();
  });

  test.each(['first', 'last'])('deleting is all or none: the tag that has moved comes %s', async (place) => {
    const { repository, draft, write, names } = makeDesk(`none-${place}`);
    const refs = [await write('churn@v1.0.0'), await write('churn@v2.0.0')];
    const moved = { ...(await draft('churn@v1.0.0-other')), ref: 'refs/tags/churn@v1.0.0' };
    const asked = place === 'first' ? [moved, ...refs.slice(1)] : [...refs.slice(1), moved];
    expect(
      await requireWriter(repository).change(
        asked.map(deleting),
        await requireWriter(repository).turn(CHURN),
      ),
    ).toEqual(LOST);
    expect(await names()).toEqual(['churn@v1.0.0', 'churn@v2.0.0']);
    expect(
      await requireWriter(repository).change(refs.map(deleting), await requireWriter(repository).turn(CHURN)),
    ).toEqual(DONE);
    expect(await names()).toEqual([]);
  });

  test('taking a turn is no tag, and answers nothing about the registry', async () => {
    const { repository, write } = makeDesk('no-tag');
    await write('churn@v1.0.0');
    await requireWriter(repository).turn(CHURN);
    expect(await listTags(repository)).toHaveLength(1);
    expect(await peeledTags(repository)).toHaveLength(1);
    expect(await readTags(repository)).toHaveLength(1);
  });
});
