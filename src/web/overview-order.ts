import { startOf } from './moments.js';
import type { OverviewEntry, ShortStay } from './page.js';

/** Which rows of the overview are shown: what their names hold, and whether deprecated ones are among them. */
export interface OverviewChoices {
  find: string;
  /** A column, `-` before it for the other way round. */
  sort: string;
  deprecated: string;
  day: string;
}

/** The rows that are asked for, in the order that is asked for. */
export function chosenRows(rows: readonly OverviewEntry[], choices: OverviewChoices): OverviewEntry[] {
  const words = choices.find.toLowerCase().split(/\s+/).filter(Boolean);
  const isBackward = choices.sort.startsWith('-');
  const key = keyOf(isBackward ? choices.sort.slice(1) : choices.sort);
  const chosen = rows.filter(
    (row) =>
      (choices.deprecated !== '' || !row.deprecated) && words.every((word) => textOf(row).includes(word)),
  );
  return chosen
    .map((row, place) => ({ row, place, key: key(row) }))
    .sort((a, b) => compareKeys(a.key, b.key) * (isBackward ? -1 : 1) || a.place - b.place)
    .map(({ row }) => row);
}

type Key = string | number;

const textOf = ({ artifact, latest, stages }: OverviewEntry): string =>
  [artifact, latest ?? '', ...Object.keys(stages), ...Object.values(stages)].join(' ').toLowerCase();

/** Names forward; what is the furthest behind, and what changed last, first. */
function keyOf(column: string): (row: OverviewEntry) => Key {
  if (column === 'artifact') return (row) => row.artifact.toLowerCase();
  if (column === 'changed') return (row) => -Date.parse(row.changed ?? '1970-01-01');
  return (row) => -(row.behind[column] ?? -1);
}

const compareKeys = (a: Key, b: Key): number => (a < b ? -1 : a > b ? 1 : 0);

/** What a stage of an artifact holds, and since when and by whom where that is known. */
export interface CellContent {
  version: string;
  since?: string;
  author?: string;
}

/** What each stage of each artifact held at the start of a day; the empty day is now. Gives a function that looks it up. */
export function cellsOn(
  rows: readonly OverviewEntry[],
  stays: readonly ShortStay[] | null,
  day: string,
): (artifact: string, stage: string) => CellContent | undefined {
  const cells = new Map<string, CellContent>();
  const put = (artifact: string, stage: string, cell: CellContent): void =>
    void cells.set(`${artifact}#${stage}`, cell);
  if (day === '')
    for (const { artifact, stages } of rows)
      for (const [stage, version] of Object.entries(stages)) put(artifact, stage, { version: String(version) });
  const moment = day === '' ? Number.POSITIVE_INFINITY : startOf(day);
  for (const [artifact, stage, version, from, until, author] of stays ?? [])
    if (day === '' ? until === null : Date.parse(from) <= moment && (until === null || moment < Date.parse(until)))
      put(artifact, stage, { version, since: from, author });
  return (artifact, stage) => cells.get(`${artifact}#${stage}`);
}
