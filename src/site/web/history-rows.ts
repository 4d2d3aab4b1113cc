import type { HistoryRow } from '../../registry/rows.js';

/** The events of a month without the names of their fields, newest first. */
export type PackedHistory = readonly (readonly unknown[])[];

const FIELDS = [
  ...['time', 'artifact', 'event', 'version', 'stage', 'commit', 'tag', 'author', 'email', 'message'],
] as const satisfies readonly string[];

/** Packs events. */
export const packHistory = (rows: readonly HistoryRow[]): PackedHistory =>
  rows.map((row) => FIELDS.map((field) => row[field as keyof HistoryRow]));

/** The events again. */
export const unpackHistory = (rows: PackedHistory): HistoryRow[] =>
  rows.map(
    (row) => Object.fromEntries(FIELDS.map((field, index) => [field, row[index]])) as unknown as HistoryRow,
  );
