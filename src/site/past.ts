import { type ArtifactState, stagesUsed, versionsGreatestFirst } from '../domain/artifact.js';
import type { StageName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import {
  type Artifact,
  COMPLETE,
  current,
  isActive,
  isDeprecated,
  isVersion,
  latest,
  registrationOf,
  versionMoved,
} from '../domain/state.js';
import { type Span, spansIn } from '../domain/timeline.js';
import { compareVersions, type Version } from '../domain/version.js';
import type { RegistryContext } from '../registry/context.js';
import { stagesAlone } from '../registry/queries.js';
import { type IsLeftOut, undeclaredRule } from '../registry/undeclared.js';
import {
  BEHIND,
  IN_STAGE,
  type Parts,
  type PastArtifacts,
  type Turn,
  type VersionTurns,
} from './web/past.js';

// The registry as of any time, for pages: what `reg show --at` answers, as lists of the moments at which an answer changed. Each list
// comes from the questions of `domain/state.ts`, asked after each event.

/** What turned when in the overview of an artifact. */
export interface ArtifactPast {
  artifact: string;
  parts: Record<string, readonly Step[]>;
}

/** From when on a part has a value; null for none. */
interface Step {
  time: number;
  value: string | null;
  author: string;
}

/** What turned when in the overviews of artifacts. */
export async function pastOf(
  context: RegistryContext,
  artifacts: readonly ArtifactState[],
): Promise<ArtifactPast[]> {
  // one that begins with a stage may not have been listed at first
  const began = artifacts.filter(({ events }) => events[0] !== undefined && 'stage' in events[0]);
  const isLeftOut = await undeclaredRule(context, () => began.length > 0);
  return artifacts.map((artifact) => ({ artifact: artifact.name, parts: partsOf(artifact, isLeftOut) }));
}

const isOfVersion = ({ kind }: { kind: string }): boolean =>
  kind === 'registration' || kind === 'deregistration';

function partsOf(artifact: ArtifactState, isLeftOut: IsLeftOut): ArtifactPast['parts'] {
  const behind = countsBehind(artifact);
  const parts: ArtifactPast['parts'] = {
    listed: stepsOf(
      spansIn(artifact, (past) => {
        const alone = stagesAlone(past);
        return alone === undefined || !isLeftOut(artifact.name, alone) ? '' : undefined;
      }),
    ),
    latest: stepsOf(spansIn(artifact, (past) => latest(past, COMPLETE), isOfVersion)),
    deprecated: stepsOf(spansIn(artifact, (past) => (isDeprecated(past, COMPLETE) ? '' : undefined))),
    changed: stepsOf(spansIn(artifact, ({ events }) => events.at(-1)?.tag)).map((step) => ({
      ...step,
      value: '',
    })),
  };
  for (const stage of stagesUsed(artifact)) {
    const isAbout = (event: { kind: string; stage?: string }): boolean =>
      isOfVersion(event) || event.stage === stage;
    parts[IN_STAGE + stage] = stepsOf(
      spansIn(artifact, (past) => current(past, stage, COMPLETE)?.id, isAbout),
    );
    parts[BEHIND + stage] = stepsOf(spansIn(artifact, (past) => behind(past, stage), isAbout));
  }
  return Object.fromEntries(Object.entries(parts).filter(([, steps]) => steps.length > 0));
}

/** By how many active versions a stage is behind; undefined where it holds none that is active and registered. */
function countsBehind({ versions }: ArtifactState): (past: Artifact, stage: StageName) => string | undefined {
  const known = [...versions.keys()].filter(isVersion).sort(compareVersions);
  const rank = new Map<string, number>(known.map((version, index) => [version, index]));
  return (past, stage) => {
    const held = current(past, stage, COMPLETE)?.id;
    const own = held === undefined ? undefined : rank.get(held);
    if (own === undefined || registrationOf(past, held as Version, COMPLETE) === undefined) return undefined;
    const greater = [...past.versions].filter((version) => (rank.get(version) ?? 0) > own);
    return String(greater.filter((version) => isActive(past, version, COMPLETE)).length);
  };
}

/** Where one span ends and no other one begins, nothing is there. */
function stepsOf(spans: readonly Span<string>[]): Step[] {
  return spans.flatMap(({ answer, from, until }, index) => {
    const begun: Step = { time: from.time, value: answer, author: from.tagger.name };
    return until === undefined || spans[index + 1]?.from.time === until.time
      ? [begun]
      : [begun, { time: until.time, value: null, author: until.tagger.name }];
  });
}

/**
 * The versions of an artifact as `reg show A --at` lists them: when which of them was registered by which tag, or taken back. In the
 * order of `reg show`.
 */
export function versionTurns(artifact: ArtifactState): VersionTurns {
  const bare = new Set(
    artifact.events.flatMap((event) =>
      'stage' in event && event.statedVersion === undefined ? [event.commit] : [],
    ),
  );
  const registered = versionsGreatestFirst(artifact).flatMap(({ id }) => (isVersion(id) ? [id] : []));
  const ofVersions = registered.map((version): VersionTurns[number] => {
    const spans = spansIn(
      artifact,
      (past) => {
        const event = registrationOf(past, version, COMPLETE);
        return event && `${isActive(past, version, COMPLETE) ? '+' : '-'}${event.tag}`;
      },
      (event) => isOfVersion(event) && event.of === version,
    );
    return [version, stepsOf(spans).map(({ time, value }) => [time, value])];
  });
  const ofCommits = [...bare].map((commit): VersionTurns[number] => {
    const spans = spansIn(
      artifact,
      (past) => {
        const first = past.events.find(
          (event) =>
            'stage' in event &&
            event.commit === commit &&
            versionMoved(event as ArtifactState['events'][number], past, COMPLETE) === commit,
        );
        return first && `+${first.tag}`;
      },
      (event) => event.commit === commit,
    );
    return [commit, stepsOf(spans).map(({ time, value }) => [time, value])];
  });
  const newestFirst = ofCommits
    .filter(([, turns]) => turns.length > 0)
    .sort(([one, [a]], [other, [b]]) => (b?.[0] ?? 0) - (a?.[0] ?? 0) || compareText(one, other));
  return [...ofVersions, ...newestFirst];
}

/**
 * What turned between two moments, in seconds since the epoch, and what was so at the first of them.
 * @param to not included
 */
export function pastBetween(artifacts: readonly ArtifactPast[], from: number, to: number): PastArtifacts {
  const people: string[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (author: string): number => {
    const known = numbers.get(author);
    if (known !== undefined) return known;
    numbers.set(author, people.length);
    return people.push(author) - 1;
  };
  const turnsIn = (steps: readonly Step[]): Turn[] => {
    const next = steps.findIndex(({ time }) => time > from);
    const before = steps[(next < 0 ? steps.length : next) - 1];
    const within = next < 0 ? [] : steps.slice(next).filter(({ time }) => time < to);
    const found = before === undefined || before.value === null ? within : [before, ...within];
    return found.map(({ time, value, author }) => [time, value, numberOf(author)]);
  };
  const own = artifacts.flatMap(({ artifact, parts }): [string, Parts][] => {
    const turned = Object.entries(parts).map(([part, steps]) => [part, turnsIn(steps)] as const);
    const some = turned.filter(([, turns]) => turns.length > 0);
    return some.length === 0 ? [] : [[artifact, Object.fromEntries(some)]];
  });
  return { people, artifacts: own };
}
