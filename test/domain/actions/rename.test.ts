import { describe, expect, it } from 'vitest';
import { artifactStateOf } from '../../../src/domain/artifact.js';
import { artifactName } from '../../../src/domain/names.js';
import { messageOf, type Plan, type Snapshot } from '../../../src/domain/plan.js';
import { planNewName, planOldName, type RenameRequest } from '../../../src/domain/rename.js';
import type { ErrorCode } from '../../../src/errors.js';
import { events, refusalCode, snapshot, tag } from '../../support/builders.js';

const NEW = artifactName('loss');
const OLD = ['churn@v1.0.0 A 10', 'churn#staging#1 A 20', 'churn#prod#2 A 30', 'churn@v1.1.0 B 40'];

/** What is known of `loss` after some lines. */
const renamed = (lines: readonly string[]): Snapshot =>
  snapshot([], {
    artifact: artifactStateOf(NEW, events(lines)),
    tagNames: new Set(lines.map((line) => tag(line).name)),
  });

const told = ({ tags }: Plan): string[] =>
  tags.map(({ tagName, commit }) => `${tagName} ${commit[0]?.toUpperCase()}`);

const plan = (lines: readonly string[], there: readonly string[] = [], request: RenameRequest = {}): Plan =>
  planNewName(renamed(there), snapshot(lines), request);

describe('what the new name gets (docs/specification.md, 3 State)', () => {
  it.each<[string, string[], string[], string[]]>([
    [
      'the versions that are current or the latest, and their stages',
      OLD,
      [],
      ['loss@v1.0.0 A', 'loss@v1.1.0 B', 'loss#staging#1 A', 'loss#prod#2 A'],
    ],
    [
      'stages that a current version went through, in their order',
      [...OLD, 'churn#staging#3 B 50'],
      [],
      ['loss@v1.0.0 A', 'loss@v1.1.0 B', 'loss#staging#1 A', 'loss#prod#2 A', 'loss#staging#3 B'],
    ],
    [
      'no older versions',
      [...OLD, 'churn@v1.2.0 C 50', 'churn#prod#3 C 60', 'churn#staging#4 C 70'],
      [],
      ['loss@v1.2.0 C', 'loss#prod#1 C', 'loss#staging#2 C'],
    ],
    ['a commit without a version', ['churn#dev#1 D 10'], [], ['loss#dev#1 D']],
    [
      'only what it lacks',
      OLD,
      ['loss@v1.0.0 A 90 ~churn'],
      ['loss@v1.1.0 B', 'loss#staging#1 A', 'loss#prod#2 A'],
    ],
    [
      'its stages again, where it was renamed itself',
      OLD,
      [...OLD.map((line) => line.replace('churn', 'loss')), 'loss@deprecated B 80'],
      ['loss#staging#3 A', 'loss#prod#4 A'],
    ],
  ])('%s', (_what, lines, there, tags) => {
    expect(told(plan(lines, there))).toEqual(tags);
  });

  it('in the names of tags and in trailers', () => {
    const [first, , assignment] = plan(OLD, [], { message: 'A better name' }).tags;
    expect(first && messageOf(first, undefined)).toBe('A better name\n\nReg-Renamed-From: churn\n');
    expect(assignment && messageOf(assignment, 'abc')).toBe(
      'A better name\n\nReg-Version: v1.0.0\nReg-Renamed-From: churn\nReg-Parent: abc\n',
    );
  });

  it('nothing, where it was done before', () => {
    const there = ['loss@v1.0.0 A 90 ~churn', 'loss@v2.0.0 C 95'];
    const old = snapshot([...OLD, 'churn@deprecated B 85']);
    const events = old.artifact.events.map((event) =>
      event.kind === 'deprecation' ? { ...event, successor: NEW } : event,
    );
    const done = { ...old, artifact: artifactStateOf(old.artifact.name, events) };
    expect(planNewName(renamed(there), done, {})).toMatchObject({
      tags: [],
      standing: { tag: 'loss@v2.0.0' },
    });
    expect(planOldName(done, NEW, {})).toMatchObject({ tags: [], note: 'churn is renamed to loss already' });
  });

  it.each<[string, string[], string[], ErrorCode]>([
    ['an artifact that is not there', [], [], 'UNKNOWN_ARTIFACT'],
    ['one without a version', ['churn@v1.0.0 A 10', 'churn@v1.0.0! A 20'], [], 'UNKNOWN_VERSION'],
    ['the name of one that is in use', OLD, ['loss@v3.0.0 C 90'], 'ALREADY_REGISTERED'],
    [
      'a version that is another one there',
      OLD,
      ['loss@v1.0.0 C 90', 'loss@deprecated C 95'],
      'ALREADY_REGISTERED',
    ],
    [
      'a stage that has another version there',
      OLD,
      ['loss@v2.0.0 C 90 ~churn', 'loss#prod#1 C 95'],
      'STAGE_TAKEN',
    ],
    [
      'a name that would come back with more in a stage',
      ['churn@v1.0.0 A 10', 'churn@v1.1.0 B 40'],
      ['loss@v1.0.0 A 5', 'loss#prod#1 A 6', 'loss@deprecated A 8'],
      'STAGE_TAKEN',
    ],
    [
      'a name that would come back with what was withdrawn',
      ['churn@v1.0.0 A 10', 'churn@v1.0.0! A 20', 'churn@v1.1.0 B 40'],
      ['loss@v1.0.0 A 5', 'loss@deprecated A 8'],
      'ALREADY_REGISTERED',
    ],
    [
      'a name that would come back with a later version',
      OLD,
      ['loss@v5.0.0 C 5', 'loss@deprecated C 8'],
      'ALREADY_REGISTERED',
    ],
    [
      'to bring back a name with nothing new',
      ['churn@v1.0.0 A 10'],
      ['loss@v1.0.0 A 5', 'loss@deprecated A 8'],
      'UNKNOWN_VERSION',
    ],
  ])('refuses %s', (_what, lines, there, code) => {
    expect(refusalCode(() => plan(lines, there))).toBe(code);
  });

  it('an artifact in use gets the versions too with force', () => {
    expect(told(plan(OLD, ['loss@v3.0.0 C 90'], { force: true }))).toHaveLength(4);
  });
});

it('what is renamed already gets no second name', () => {
  const once = snapshot([...OLD, 'churn@deprecated B 85']);
  const named = once.artifact.events.map((event) =>
    event.kind === 'deprecation' ? { ...event, successor: NEW } : event,
  );
  const there = { ...once, artifact: artifactStateOf(once.artifact.name, named) };
  expect(refusalCode(() => planOldName(there, artifactName('risk'), {}))).toBe('ALREADY_REGISTERED');
});

it('the old name is deprecated, and names the new one', () => {
  expect(planOldName(snapshot(OLD), NEW, {}).tags).toMatchObject([
    { tagName: 'churn@deprecated', text: 'Rename churn to loss', successor: NEW },
  ]);
});
