import type { JSX } from 'preact';
import { counted } from '../../../util/text.js';
import { useHashState } from '../hash-state.js';
import { EVERYTHING, wantedEvents } from '../history-filter.js';
import type { HistoryPage } from '../page.js';
import { HistoryFilters } from '../parts/history-filters.js';
import { HistoryTable } from '../parts/history-table.js';
import { Scripted } from '../parts/scripted.js';

/** So many rows are drawn at once. */
const ROWS = 500;

/** The journal: everything that happened, newest first; the address keeps what is asked for. */
export function HistoryView({ rows, total }: HistoryPage): JSX.Element {
  const [wanted, change] = useHashState(EVERYTHING);
  const found = wantedEvents(rows, wanted);
  return (
    <>
      <h1>History</h1>
      <Scripted>
        <HistoryFilters rows={rows} wanted={wanted} onChange={change} />
      </Scripted>
      <p class="sum" role="status">
        {found.length === total ? counted(total, 'event') : `${found.length} of ${total} events`}
        {found.length > ROWS && `, the newest ${ROWS} are shown`}
        {total > rows.length &&
          `; only the newest ${rows.length} are on this page, older ones are on the pages of the models`}
      </p>
      <HistoryTable rows={found.slice(0, ROWS)} />
    </>
  );
}
