import type { Change } from '../../domain/differences.js';
import type { CommitLog, DiffSide, StageDifference } from '../../registry/rows.js';
import type { Output } from '../output.js';
import { clean, jsonText } from './clean.js';
import { type Cell, renderTable, type Table } from './table.js';

/**
 * What differs: on a terminal a table with a heading, then the commits between; in a pipe one line a change and one a commit,
 * all with the fields section, name, from, to, and what to think of it.
 */
export async function renderDiff(found: StageDifference, out: Output): Promise<string> {
  const changes = changeTable(found, out);
  const logs = Object.entries(found.log).flatMap(([name, log]) => (log ? [logTable(name, log, out)] : []));
  const parts = await Promise.all([changes, ...logs].map((table) => renderTable(table, out)));
  return parts.filter((part) => part !== '').join(out.world.isTTY ? '\n' : '');
}

/** Renders the comparisons of several artifacts that differ. In a pipe, each line begins with the artifact. */
export async function renderDiffs(found: readonly StageDifference[], out: Output): Promise<string> {
  const parts = await Promise.all(
    found
      .filter(({ same }) => !same)
      .map(async (one) => {
        const text = await renderDiff(one, out);
        return out.world.isTTY ? text : text.replaceAll(/^(?=.)/gm, `${one.to.artifact}\t`);
      }),
  );
  return parts.join(out.world.isTTY ? '\n' : '');
}

function changeTable({ from, to, changes }: StageDifference, out: Output): Table {
  return {
    head: ['', '', from === null ? 'nothing' : clean(sideName(from)), clean(sideName(to)), ''],
    rows: changes.map((change) => [
      change.section,
      change.name,
      shownValue(change.name, change.from, out.world.isTTY),
      shownValue(change.name, change.to, out.world.isTTY),
      verdict(change, out),
    ]),
  };
}

/** One side as it was asked for, with its version or the beginning of its commit id. */
export function sideName({ target, version, commit }: DiffSide): string {
  const name = version === null || version === commit ? commit.slice(0, 7) : version;
  return target.endsWith(`@${version}`) ? target : `${target} (${name})`;
}

/** A value as people read it; for programs nothing is cut short. */
export function shownValue(name: string, value: unknown, isForPeople: boolean): string {
  if (value === null) return '-';
  if (typeof value === 'string')
    return isForPeople && (name === 'sha256' || name === 'commit') ? value.slice(0, 12) : value;
  const { dtype, shape } = value as { dtype?: unknown; shape?: unknown };
  return typeof dtype === 'string'
    ? `${dtype}${Array.isArray(shape) ? `[${shape.map((size) => size ?? '?').join(', ')}]` : ''}`
    : jsonText(value);
}

function verdict({ kind, delta, better }: Change, { world, color }: Output): Cell {
  if (delta === null && kind === 'changed') return world.isTTY ? '' : '-';
  if (delta === null) return kind;
  const amount = `${delta > 0 ? '+' : ''}${delta}`;
  if (better === null) return amount;
  return better
    ? { text: `${amount} better`, paint: color.green }
    : { text: `${amount} worse`, paint: color.red };
}

function logTable(
  name: string,
  { from, to, added, removed, more }: CommitLog,
  { world, color }: Output,
): Table {
  const short = (commit: string): string => (world.isTTY ? commit.slice(0, 7) : commit);
  const rowOf =
    (sign: Cell) =>
    ({ commit, time, author, subject }: CommitLog['added'][number]): Cell[] =>
      world.isTTY
        ? [sign, { text: short(commit), paint: color.yellow }, time.slice(0, 10), author, subject]
        : [`${name}-log`, sign, commit, time, subject];
  const rows = [
    ...added.map(rowOf({ text: '+', paint: color.green })),
    ...removed.map(rowOf({ text: '-', paint: color.red })),
    ...(more && world.isTTY ? [['', '…', '', '', 'and more: --log <count>']] : []),
  ];
  return { head: ['', `${short(from)}..${short(to)}`, '', '', `commits of the ${name}`], rows };
}
