import type { HistoryRow, IntervalRow } from '../registry/rows.js';
import type { HistoryPage, OverviewEntry, OverviewPage, ShortStay } from '../web/page.js';

/** With more stays than that, the overview has none, so that it stays small. */
const STAYS = 2000;
/** So many events are on the page of the history; all are in its data. */
const EVENTS = 2000;

/** The overview; `stays` come oldest first. */
export function overviewPage(rows: readonly OverviewEntry[], stays: readonly IntervalRow[]): OverviewPage {
  return { kind: 'overview', rows, stays: stays.length > STAYS ? null : stays.map(shortStay) };
}

const shortStay = ({ artifact, stage, version, from, until, author }: IntervalRow): ShortStay => [
  artifact,
  stage,
  version,
  from,
  until,
  author,
];

/** The journal. */
export const historyPage = (events: readonly HistoryRow[]): HistoryPage => ({
  kind: 'history',
  rows: events.slice(0, EVENTS),
  total: events.length,
});
