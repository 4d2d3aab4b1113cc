import fc from 'fast-check';
import type { Event } from '../../src/domain/event.js';
import { type ArtifactName, artifactName, type StageName, stageName } from '../../src/domain/names.js';
import * as reference from '../support/reference-fold.js';
import { LAST_DATE } from './random-repository.js';

/** A question to the program, and how it may be asked. */
export interface Question {
  ask: 'show' | 'versions' | 'which' | 'all' | 'latest';
  artifact: ArtifactName;
  stage: StageName;
  /** Seconds since the epoch. */
  at: number | undefined;
  isJson: boolean;
  /** Whether the git program must not be used. */
  withoutGit: boolean;
}

/** A random question, of these kinds. */
export const question = (...kinds: Question['ask'][]): fc.Arbitrary<Question> =>
  fc.record({
    ask: fc.constantFrom(...kinds),
    artifact: fc.constantFrom('churn', 'churn', 'churn', 'models:churn').map(artifactName),
    stage: fc.constantFrom('dev', 'prod').map(stageName),
    at: fc.option(fc.nat(LAST_DATE), { nil: undefined, freq: 1 }),
    isJson: fc.boolean(),
    withoutGit: fc.constantFrom(false, false, false, true),
  });

/** The command line of a question. */
export function wordsOf({ ask, artifact, stage, at, isJson }: Question): string[] {
  const words = {
    show: ['show', '--deprecated'],
    versions: ['show', artifact],
    which: ['which', artifact, stage],
    all: ['which', artifact, stage, '--all'],
    latest: ['latest', artifact],
  }[ask];
  const time = at === undefined ? [] : ['--at', isoTime(at)];
  return [...words, ...time, ...(isJson ? ['--json'] : [])];
}

/** What the program has to answer: values with `--json`, else fields; undefined where nothing is there. */
export function expectedAnswer(events: readonly Event[], asked: Question): unknown {
  const { ask, artifact, stage, at, isJson } = asked;
  if (ask === 'show') {
    const rows = reference.referenceStates(events, at).map(overviewRow);
    return isJson ? rows : rows.map(overviewFields);
  }
  const own = events.filter((event) => event.artifact === artifact);
  const state = reference.referenceState(artifact, own, at);
  const [first, ...rest] = reference
    .inStage(state, stage)
    .map((held, index) =>
      stageRow(artifact, stage, held, index === 0 ? reference.since(state, stage) : undefined),
    );
  switch (ask) {
    case 'which':
      return isJson ? first : first && [[first.version]];
    case 'all':
      return first && (isJson ? [first, ...rest] : [first, ...rest].map(({ version }) => [version]));
    case 'latest': {
      const latest = reference.latest(state);
      return latest && (isJson ? versionRow(state)(latest) : [[latest.id]]);
    }
    case 'versions': {
      const shown = reference.greatestFirst(state).filter(({ registered, active }) => registered || active);
      if (state.events.length === 0) return undefined;
      const rows = shown.map(versionRow(state));
      return isJson ? rows.map((row) => ({ ...row, approvals: [] })) : rows.map(versionFields);
    }
  }
}

/** What the program printed, in the same form. */
export const answerOf = (stdout: string, { isJson }: Question): unknown =>
  isJson
    ? JSON.parse(stdout)
    : stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split('\t'));

const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

const made = ({ tag, time, tagger, message }: reference.PlacedEvent) => ({
  tag,
  time: isoTime(time),
  author: tagger.name,
  email: tagger.email,
  message,
});

/** The row of a version in a stage; `since` is the event since which it is current. */
const stageRow = (
  artifact: ArtifactName,
  stage: StageName,
  { version: { id, commit }, assignment }: reference.ReferenceInStage,
  since: reference.PlacedEvent = assignment,
) => ({ artifact, stage, version: id, commit, ...made(since), assigned: made(assignment) });

const versionRow = (state: reference.ReferenceState) => (version: reference.ReferenceVersion) => ({
  artifact: state.name,
  version: version.id,
  commit: version.commit,
  ...made(version.event),
  active: version.active,
  stages: currentStages(state).flatMap(([stage, id]) => (id === version.id ? [stage] : [])),
});

const currentStages = (state: reference.ReferenceState): [StageName, reference.VersionId][] =>
  reference.stagesUsed(state).flatMap((stage) => {
    const [current] = reference.inStage(state, stage);
    return current ? [[stage, current.version.id]] : [];
  });

const overviewRow = (state: reference.ReferenceState) => ({
  artifact: state.name,
  latest: reference.latest(state)?.id ?? null,
  stages: Object.fromEntries(currentStages(state)),
  registered: true,
  deprecated: state.deprecated,
  problem: null,
});

const overviewFields = ({ artifact, latest, stages, deprecated }: ReturnType<typeof overviewRow>) => [
  artifact,
  latest ?? '-',
  Object.entries(stages)
    .map(([stage, id]) => `${stage}=${id}`)
    .join(',') || '-',
  deprecated ? 'deprecated' : 'active',
];

const versionFields = (row: ReturnType<ReturnType<typeof versionRow>>) => [
  row.version,
  row.active ? row.stages.join(',') || '-' : 'deregistered',
  row.time,
  row.author,
  row.commit,
  row.message,
];
