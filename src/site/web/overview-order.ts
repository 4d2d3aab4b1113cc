import { own } from './own.js';
import type { OverviewEntry, ShortStay } from './page.js';
import { dayInStage, type Lasting } from './stays.js';

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
  return (row) => -(own(row.behind, column) ?? -1);
}

const compareKeys = (a: Key, b: Key): number => (a < b ? -1 : a > b ? 1 : 0);

/** What a stage of an artifact holds, and since when and by whom where that is known. */
interface Held {
  version: string;
  since?: string;
  author?: string;
}

/** What a cell of the matrix says: what the stage holds, and on a day what came into it before the day was over. */
export interface CellContent {
  held: Held | undefined;
  later: readonly Held[];
}

/** What each stage of each artifact held on a day; the empty day is now. Gives a function that looks it up. */
export function cellsOn(
  rows: readonly OverviewEntry[],
  everyStay: readonly ShortStay[] | null,
  day: string,
): (artifact: string, stage: string) => CellContent {
  const known = new Map<string, StayInCell[]>();
  for (const stay of (everyStay ?? []).map(lasting)) {
    const cell = known.get(stay.cell);
    if (cell) cell.push(stay);
    else known.set(stay.cell, [stay]);
  }
  const current = new Map<string, OverviewEntry['stages']>(rows.map((row) => [row.artifact, row.stages]));
  return (artifact, stage) => {
    const stays = known.get(`${artifact}#${stage}`) ?? [];
    if (day !== '') {
      const { atStart, later } = dayInStage(stays, stage, day);
      return { held: atStart, later };
    }
    const version = own((current.get(artifact) ?? {}) as Record<string, string>, stage);
    const lasts = stays.find(({ until }) => until === null);
    return { held: lasts ?? (version === undefined ? undefined : { version }), later: [] };
  };
}

type StayInCell = Required<Held> & Lasting & { cell: string };

const lasting = ([artifact, stage, version, from, until, author]: ShortStay): StayInCell => ({
  cell: `${artifact}#${stage}`,
  stage,
  version,
  from,
  since: from,
  until,
  author,
});
