import { own } from './own.js';
import type { OverviewEntry } from './page.js';

/** The rows of an overview as short as a page of many models needs them; times are in seconds since the epoch. */
export interface PackedOverview {
  people: readonly string[];
  rows: readonly PackedRow[];
}

type PackedRow = readonly [
  artifact: string,
  latest: string | null,
  /** Letters: `d` for deprecated, `u` for one that is not registered. */
  marks: string,
  problem: OverviewEntry['problem'],
  changed: number | null,
  /** A place in `people`, or -1. */
  changedBy: number,
  held: readonly PackedStage[],
];

/** A stage that holds a version, by its place among the stages; -1 for what is not known of it. */
type PackedStage = readonly [stage: number, version: string, since: number, author: number, behind: number];

const secondsOf = (time: string): number => Date.parse(time) / 1000;
const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

/** Packs rows. */
export function packRows(rows: readonly OverviewEntry[], stages: readonly string[]): PackedOverview {
  const people = new Map<string, number>();
  const numberOf = (author: string): number => {
    const known = people.get(author) ?? people.size;
    people.set(author, known);
    return known;
  };
  const packed = rows.map((row): PackedRow => {
    const held = Object.entries(row.stages as Record<string, string>).map(([stage, version]): PackedStage => {
      const { since, author } = own(row.held, stage) ?? {};
      return [
        stages.indexOf(stage),
        version,
        since === undefined ? -1 : secondsOf(since),
        author === undefined ? -1 : numberOf(author),
        own(row.behind, stage) ?? -1,
      ];
    });
    return [
      row.artifact,
      row.latest,
      `${row.deprecated ? 'd' : ''}${row.registered ? '' : 'u'}`,
      row.problem,
      row.changed === null ? null : secondsOf(row.changed),
      row.changedBy === null ? -1 : numberOf(row.changedBy),
      held,
    ];
  });
  return { people: [...people.keys()], rows: packed };
}

/** The rows again. */
export function unpackRows({ people, rows }: PackedOverview, stages: readonly string[]): OverviewEntry[] {
  return rows.map(([artifact, latest, marks, problem, changed, changedBy, held]) => {
    const named = held.map(([stage, ...rest]) => [stages[stage] ?? '', ...rest] as const);
    return {
      artifact: artifact as OverviewEntry['artifact'],
      latest: latest as OverviewEntry['latest'],
      stages: Object.fromEntries(
        named.map(([stage, version]) => [stage, version]),
      ) as OverviewEntry['stages'],
      registered: !marks.includes('u'),
      deprecated: marks.includes('d'),
      problem,
      behind: Object.fromEntries(
        named.flatMap(([stage, , , , behind]) => (behind < 0 ? [] : [[stage, behind]])),
      ),
      held: Object.fromEntries(
        named.flatMap(([stage, , since, author]) =>
          since < 0 ? [] : [[stage, { since: timeOf(since), author: people[author] ?? '' }]],
        ),
      ),
      changed: changed === null ? null : timeOf(changed),
      changedBy: people[changedBy] ?? null,
    };
  });
}
