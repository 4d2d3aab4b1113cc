import type { HistoryRow, ShownVersion } from '../../registry/rows.js';
import { startOf } from './moments.js';
import type { OverviewEntry } from './page.js';
import { type DayInStage, dayInStage } from './stays.js';

// The registry on a day: what `reg show --at` answers for the moment at which the day begins, from lists of what turned when.

/** From when on, in seconds since the epoch, a part of an artifact has a value, and who made it so: a place in `people`. Null: it has none. */
export type Turn = readonly [time: number, value: string | null, author: number];

/**
 * What turned in the overview of an artifact, oldest first, by the part: `listed`, `latest`, `deprecated` and `changed`; what a stage
 * holds, and how far it is behind, below its name and a mark.
 */
export type Parts = Readonly<Record<string, readonly Turn[]>>;

/** Before the name of a stage: the version that it holds. */
export const IN_STAGE = '#';
/** Before the name of a stage: by how many active versions it is behind. */
export const BEHIND = '<';

/** What turned when, by artifact. */
export interface PastArtifacts {
  people: readonly string[];
  artifacts: readonly (readonly [artifact: string, parts: Parts])[];
}

/** When versions were registered by which tag (`+`), or taken back (`-`): in the order of `reg show`. */
export type VersionTurns = readonly (readonly [
  version: string,
  turns: readonly (readonly [time: number, tag: string | null])[],
])[];

/** What a stage held, for so long. */
export interface PastStay {
  stage: string;
  version: string;
  from: string;
  until: string | null;
  author: string;
}

/** The artifacts of a registry on a day. */
export interface OverviewOnDay {
  /** As `reg show --deprecated --at` lists them. */
  rows: OverviewEntry[];
  /** What a stage held as the day began, and what came before it was over. */
  stage(artifact: string, stage: string): DayInStage<PastStay>;
}

/** The turn that holds at a moment, in seconds since the epoch; undefined where nothing is there. */
export function turnAt<T extends readonly [number, string | null, ...unknown[]]>(
  turns: readonly T[] | undefined,
  moment: number,
): T | undefined {
  const last = turns?.findLast(([time]) => time <= moment);
  return last === undefined || last[1] === null ? undefined : last;
}

const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

/** The registry on a day, which `past` has to hold. */
export function overviewOn({ people, artifacts }: PastArtifacts, day: string): OverviewOnDay {
  const moment = startOf(day) / 1000;
  const nameOf = (turn: Turn): string => people[turn[2]] ?? '';
  const rows: OverviewEntry[] = [];
  const byArtifact = new Map(artifacts);
  for (const [artifact, parts] of artifacts) {
    if (turnAt(parts.listed, moment) === undefined) continue;
    const changed = turnAt(parts.changed, moment);
    const held = below(parts, IN_STAGE, moment);
    rows.push({
      artifact: artifact as OverviewEntry['artifact'],
      latest: (turnAt(parts.latest, moment)?.[1] ?? null) as OverviewEntry['latest'],
      stages: Object.fromEntries(
        held.map(([stage, [, version]]) => [stage, version]),
      ) as OverviewEntry['stages'],
      registered: true,
      deprecated: turnAt(parts.deprecated, moment) !== undefined,
      problem: null,
      behind: Object.fromEntries(
        below(parts, BEHIND, moment).map(([stage, [, count]]) => [stage, Number(count)]),
      ),
      held: Object.fromEntries(
        held.map(([stage, turn]) => [stage, { since: isoTime(turn[0]), author: nameOf(turn) }]),
      ),
      changed: changed === undefined ? null : isoTime(changed[0]),
      changedBy: changed === undefined ? null : nameOf(changed),
    });
  }
  return {
    rows,
    stage: (artifact, stage) =>
      dayInStage(staysIn(byArtifact.get(artifact)?.[IN_STAGE + stage] ?? [], stage, nameOf), stage, day),
  };
}

/** What holds at a moment in the parts behind a mark, by the rest of their names. */
function below(parts: Parts, mark: string, moment: number): [string, Turn][] {
  return Object.entries(parts).flatMap(([part, turns]) => {
    const turn = part.startsWith(mark) ? turnAt(turns, moment) : undefined;
    return turn === undefined ? [] : [[part.slice(mark.length), turn]];
  });
}

const staysIn = (turns: readonly Turn[], stage: string, nameOf: (turn: Turn) => string): PastStay[] =>
  turns.flatMap((turn, index) => {
    const [time, version] = turn;
    const next = turns[index + 1]?.[0];
    const until = next === undefined ? null : isoTime(next);
    return version === null ? [] : [{ stage, version, from: isoTime(time), until, author: nameOf(turn) }];
  });

/** The versions of an artifact on a day, as `reg show A --at` lists them. Stages are given by what each of them held then. */
export function versionsOn(
  { history, versionTurns }: { history: readonly HistoryRow[]; versionTurns: VersionTurns },
  held: readonly { stage: string; version: string }[],
  day: string,
): ShownVersion[] {
  const moment = startOf(day) / 1000;
  const events = new Map(history.map((row) => [row.tag, row]));
  return versionTurns.flatMap(([version, turns]) => {
    const found = turnAt(turns, moment)?.[1];
    const event = found === undefined || found === null ? undefined : events.get(found.slice(1));
    if (event === undefined) return [];
    const { artifact, commit, tag, time, author, email, message } = event;
    const id = version as ShownVersion['version'];
    const stages = held.filter((one) => one.version === version).map(({ stage }) => stage);
    return [
      {
        ...{ artifact, version: id, commit, tag, time, author, email, message },
        active: found?.startsWith('+') ?? false,
        stages: stages as ShownVersion['stages'],
        approvals: [],
      },
    ];
  });
}
