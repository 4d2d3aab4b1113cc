import { own } from './own.js';
import type { OverviewEntry } from './page.js';
import type { OverviewOnDay } from './past.js';

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
      (choices.deprecated === 'yes' || !row.deprecated) && words.every((word) => textOf(row).includes(word)),
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
  from?: string;
  author?: string;
}

/** What a cell of the matrix says: what the stage holds, and on a day what came into it before the day was over. */
export interface CellContent {
  held: Held | undefined;
  later: readonly Held[];
  /** When the stage was empty from, where the day ended so. */
  emptyFrom?: string | undefined;
}

/** What a stage holds now, as a row says it. */
export function cellNow(row: OverviewEntry, stage: string): CellContent {
  const version = own(row.stages as Record<string, string>, stage);
  const { since, author } = own(row.held, stage) ?? {};
  if (version === undefined) return { held: undefined, later: [] };
  return {
    held: since === undefined ? { version } : { version, from: since, author: author ?? '' },
    later: [],
  };
}

/** What a stage held on a day. */
export function cellOn(past: OverviewOnDay, { artifact }: OverviewEntry, stage: string): CellContent {
  const { atStart, later, emptyFrom } = past.stage(artifact, stage);
  return { held: atStart, later, emptyFrom };
}
