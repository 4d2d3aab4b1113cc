import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { listArtifact, requireRemote } from '../../src/git/port.js';
import { sandbox } from '../support/repo.js';
import { CHURN, makeRemote, writersInTurn } from './remote-bench.js';

const box = sandbox();

const OF_CHURN = ['churn#eu/prod#3', 'churn#prod', 'churn#prod!#2', 'churn@deprecated', 'churn@v1.0.0'];
const OF_NEIGHBOURS = [
  'Churn@v1.0.0',
  'churn-2#prod#1',
  'churn-2@v1.0.0',
  'churn/x#prod#1',
  'churn/x@v1.0.0',
  'churn2@v1.0.0',
  'models/churn@v1.0.0',
  'models=churn#prod#1',
  'x-churn@v1.0.0',
];
const FOREIGN = ['@scope/pkg@1.2.3', 'churn-model', 'release-2020', 'v1.0.0'];
const ALL = [...OF_CHURN, ...OF_NEIGHBOURS, ...FOREIGN].sort();

describe.each(writersInTurn())('listing the tags of a remote: %s', (kind, makeWriter, turns) => {
  turns.test('a remote without tags gives an empty list and no turns', async () => {
    const remote = makeRemote(box, `${kind}-none`);
    const { repository, origin } = makeWriter(box, remote);
    const head = remote.git('rev-parse', 'main');
    expect(await requireRemote(repository, origin).listTags()).toEqual([]);
    expect(await listArtifact(requireRemote(repository, origin), CHURN)).toEqual({
      tags: [],
      tips: new Map([
        ['HEAD', head],
        ['refs/heads/main', head],
      ]),
      turn: { artifact: CHURN, last: undefined },
    });
  });

  turns.test('each is listed by name, with its object and what that leads to', async () => {
    const remote = makeRemote(box, `${kind}-peeled`);
    const head = remote.git('rev-parse', 'main');
    const blob = remote.git('rev-parse', 'main:model.bin');
    const first = remote.tag('churn@v1.0.0', 'Register', 'main');
    remote.git('tag', 'churn@v1.1.0', 'main');
    const nested = remote.tag('churn@v2.0.0', 'A tag of a tag', 'churn@v1.0.0');
    const onBlob = remote.tag('churn@v3.0.0', 'A tag on a file', blob);
    const { repository, origin } = makeWriter(box, remote);
    const expected = [
      { name: 'churn@v1.0.0', oid: first, peeled: head },
      { name: 'churn@v1.1.0', oid: head, peeled: undefined },
      { name: 'churn@v2.0.0', oid: nested, peeled: head },
      { name: 'churn@v3.0.0', oid: onBlob, peeled: blob },
    ];
    expect(await requireRemote(repository, origin).listTags()).toEqual(expected);
    expect((await listArtifact(requireRemote(repository, origin), CHURN)).tags).toEqual(expected);
  });

  describe('with the tags of many artifacts', () => {
    const remote = makeRemote(box, `${kind}-many`);
    const oids = new Map(ALL.map((name) => [name, remote.tag(name, name, 'main')]));
    const head = remote.git('rev-parse', 'main');
    // what a pattern for the tags and the turn of churn also matches, further down
    for (const refName of ['refs/tags/churn@v9.0.0', 'refs/tags/churn#prod#9', 'refs/reg/churn@turn'])
      remote.git('update-ref', `refs/elsewhere/${refName}`, head);
    remote.git('update-ref', 'refs/tags/refs/tags/churn@v9.0.0', head);
    const { repository, origin } = makeWriter(box, remote);

    turns.test('all of them, and no other ref', async () => {
      const listed = await requireRemote(repository, origin).listTags();
      const expected = ALL.map((name) => ({ name, oid: oids.get(name), peeled: head }));
      expect(listed.filter(({ name }) => !name.startsWith('refs/'))).toEqual(expected);
      expect(listed).toHaveLength(ALL.length + 1);
    });

    test.each([
      ['churn', OF_CHURN],
      ['churn-2', ['churn-2#prod#1', 'churn-2@v1.0.0']],
      ['churn/x', ['churn/x#prod#1', 'churn/x@v1.0.0']],
      ['models:churn', ['models=churn#prod#1']],
      ['models/churn', ['models/churn@v1.0.0']],
      ['chur', []],
      ['nobody', []],
    ])('those of %s are its own, whatever other names begin or end alike', async (name, expected) => {
      const { tags, turn } = await listArtifact(requireRemote(repository, origin), artifactName(name));
      expect(tags).toEqual(expected.map((tag) => ({ name: tag, oid: oids.get(tag), peeled: head })));
      expect(turn).toEqual({ artifact: name, last: undefined });
    });
  });

  turns.test('whose turn it is, of each artifact', async () => {
    const { repository, origin, draft, turn } = makeWriter(box, makeRemote(box, `${kind}-turns`));
    const artifacts = ['churn', 'churn/x', 'models:churn'].map((name) => artifactName(name));
    const lasts = [];
    for (const artifact of artifacts) {
      const ref = await draft(`${artifact.replace(':', '=')}@v1.0.0`);
      expect(await requireRemote(repository, origin).push([ref], await turn(artifact))).toEqual({
        kind: 'done',
      });
      lasts.push(ref.to);
    }
    for (const [index, artifact] of artifacts.entries())
      expect(await turn(artifact)).toEqual({ artifact, last: lasts[index] });
    expect(await turn(artifactName('fraud'))).toMatchObject({ last: undefined });
    expect(await requireRemote(repository, origin).listTags()).toHaveLength(3);
  });

  turns.test('a remote that is gone fails whatever is asked, and says which', async () => {
    const remote = makeRemote(box, `${kind}-gone`);
    const { repository, origin, draft } = makeWriter(box, remote);
    const refs = [await draft('churn@v1.0.0')];
    const turn = { artifact: CHURN, last: undefined };
    rmSync(remote.dir, { recursive: true });
    for (const ask of [
      () => requireRemote(repository, origin).listTags(),
      () => listArtifact(requireRemote(repository, origin), CHURN),
      () => requireRemote(repository, origin).push(refs, turn),
    ])
      await expect(ask()).rejects.toMatchObject({
        code: 'REMOTE_FAILED',
        message: expect.stringContaining(origin),
      });
  });
});
