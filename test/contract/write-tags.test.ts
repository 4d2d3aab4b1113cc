import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { requireWriter } from '../../src/git/port.js';
import { START, sandbox } from '../support/repo.js';
import { listTags, readTags } from '../support/tags.js';
import { ANN, annotate, BENCHES, type Bench, creating, DONE, LOST, tagObject } from './bench.js';

const box = sandbox();
const CHURN = artifactName('churn');

const names = async ({ repository }: Bench): Promise<string[]> =>
  (await listTags(repository)).map(({ name }) => name);

describe.each(BENCHES)('writing tags: %s', (kind, makeBench) => {
  const make = (name: string): Bench & { head: string } => {
    const bench = makeBench(box, `${kind}-${name}`);
    return { ...bench, head: bench.commit() };
  };

  test('the identity is who git thinks is writing, and when', async () => {
    const { repository } = make('identity');
    expect(await requireWriter(repository).identity()).toEqual({ ...ANN, now: START, zone: '+0000' });
  });

  test('a tag object that was written is no tag before a ref leads to it', async () => {
    const bench = make('object');
    const oid = await requireWriter(bench.repository).store(tagObject(bench.head, 'churn@v1.0.0'), false);
    expect(oid).toMatch(/^[0-9a-f]{40}$/);
    expect(await names(bench)).toEqual([]);
  });

  test('what was written is read back as it was', async () => {
    const bench = make('back');
    const { repository, head } = bench;
    const oid = await requireWriter(repository).store(tagObject(head, 'churn@v1.0.0'), false);
    const turn = await requireWriter(repository).turn(CHURN);
    expect(await requireWriter(repository).change([creating('churn@v1.0.0', oid)], turn)).toEqual(DONE);
    expect(await readTags(repository, CHURN)).toMatchObject([
      {
        tag: {
          name: 'churn@v1.0.0',
          oid,
          commit: head,
          tagger: ANN,
          date: START,
          message: 'About churn@v1.0.0\n',
        },
      },
    ]);
  });

  test('several tags are created in one go', async () => {
    const bench = make('several');
    const first = await requireWriter(bench.repository).store(tagObject(bench.head, 'churn@v1.0.0'), false);
    const second = await requireWriter(bench.repository).store(tagObject(bench.head, 'churn#dev#1'), false);
    const refs = [creating('churn@v1.0.0', first), creating('churn#dev#1', second)];
    const turn = await requireWriter(bench.repository).turn(CHURN);
    expect(await requireWriter(bench.repository).change(refs, turn)).toEqual(DONE);
    expect(await listTags(bench.repository)).toEqual([
      { name: 'churn#dev#1', oid: second },
      { name: 'churn@v1.0.0', oid: first },
    ]);
  });

  test('a name that exists is refused, and stays what it was', async () => {
    const bench = make('taken');
    const before = annotate(bench, 'churn@v1.0.0', bench.head);
    const oid = await requireWriter(bench.repository).store(
      tagObject(bench.head, 'churn@v1.0.0-again'),
      false,
    );
    const turn = await requireWriter(bench.repository).turn(CHURN);
    const refused = await requireWriter(bench.repository).change([creating('churn@v1.0.0', oid)], turn);
    expect(refused).toEqual(LOST);
    expect(await listTags(bench.repository)).toEqual([{ name: 'churn@v1.0.0', oid: before }]);
  });

  test.each(['first', 'last'])('all or none: the name that exists comes %s', async (place) => {
    const bench = make(`none-${place}`);
    annotate(bench, 'churn#dev#1', bench.head);
    const oid = await requireWriter(bench.repository).store(tagObject(bench.head, 'any'), false);
    const refs = ['churn#dev#1', 'churn@v1.0.0', 'churn@v2.0.0'].map((tagName) => creating(tagName, oid));
    if (place === 'last') refs.reverse();
    const turn = await requireWriter(bench.repository).turn(CHURN);
    expect(await requireWriter(bench.repository).change(refs, turn)).toEqual(LOST);
    expect(await names(bench)).toEqual(['churn#dev#1']);
  });

  test('of two writers at once that want one name one wins', async () => {
    const bench = make('race');
    const oids = await Promise.all(
      ['one', 'two'].map((name) => requireWriter(bench.repository).store(tagObject(bench.head, name), false)),
    );
    const results = await Promise.all(
      oids.map(async (oid) => {
        const turn = await requireWriter(bench.repository).turn(CHURN);
        return requireWriter(bench.repository).change([creating('churn@v1.0.0', oid)], turn);
      }),
    );
    expect(results).toEqual(expect.arrayContaining([DONE, LOST]));
    const winner = results.findIndex(({ kind }) => kind === 'done');
    expect(await listTags(bench.repository)).toEqual([{ name: 'churn@v1.0.0', oid: oids[winner] }]);
  });
});
