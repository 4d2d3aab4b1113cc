import type { HistoryRow } from '../../registry/rows.js';

/** What may be asked of the journal; empty for anything. */
export const EVERYTHING = { artifact: '', stage: '', event: '', who: '', since: '', until: '' };

/** Which events of the journal are wanted. */
export type WantedEvents = typeof EVERYTHING;

/** The events that are wanted. Both days are included. */
export function wantedEvents(rows: readonly HistoryRow[], wanted: WantedEvents): HistoryRow[] {
  const who = wanted.who.toLowerCase();
  return rows.filter(
    (row) =>
      (wanted.artifact === '' || row.artifact === wanted.artifact) &&
      (wanted.stage === '' || row.stage === wanted.stage) &&
      (wanted.event === '' || row.event === wanted.event) &&
      (who === '' || `${row.author} ${row.email}`.toLowerCase().includes(who)) &&
      (wanted.since === '' || row.time.slice(0, 10) >= wanted.since) &&
      (wanted.until === '' || row.time.slice(0, 10) <= wanted.until),
  );
}
