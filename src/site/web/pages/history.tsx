import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { counted } from '../../../util/text.js';
import { useDrawn } from '../drawn.js';
import { askedDay, useHashState } from '../hash-state.js';
import { EVERYTHING, type WantedEvents, wantedEvents } from '../history-filter.js';
import { type PackedHistory, unpackHistory } from '../history-rows.js';
import { useData } from '../load-data.js';
import type { HistoryPage } from '../page.js';
import { HistoryFilters } from '../parts/history-filters.js';
import { HistoryTable } from '../parts/history-table.js';
import { ProblemNote } from '../parts/problem-note.js';
import { Scripted } from '../parts/scripted.js';
import { historyPath } from '../site-path.js';

const NO_END = '9999-12-31';

/** The journal: everything that happened, newest first; the address keeps what is asked for. */
export function HistoryView(page: HistoryPage): JSX.Element {
  const [choices, change] = useHashState(EVERYTHING);
  const [since, until] = [askedDay(choices.since, NO_END), askedDay(choices.until, NO_END)];
  const wanted = { ...choices, since: since.day, until: until.day };
  const list = JSON.stringify(wanted);
  const { found, isWhole, failed, back, wantMore } = useEvents(page, wanted, list);
  const [drawn, end] = useDrawn(list, isWhole ? found.length : Number.POSITIVE_INFINITY);
  useEffect(() => {
    if (found.length < drawn) wantMore();
  });
  const total = page.months.reduce((sum, [, count]) => sum + count, 0);
  return (
    <>
      <h1>History</h1>
      <Scripted>
        <HistoryFilters artifacts={page.artifacts} wanted={wanted} onChange={change} />
      </Scripted>
      <ProblemNote problem={since.problem ?? until.problem} shown="These are events of any day." />
      <p class="sum" role="status">
        {sumOf(found.length, total, { list, isWhole, back })}
      </p>
      {failed && (
        <p class="problem" role="alert">
          The events of {failed} could not be loaded, so those from then on back are not here: load the page
          again.
        </p>
      )}
      <HistoryTable rows={found.slice(0, drawn)} isWhole={isWhole} />
      {(!isWhole || found.length > drawn) && (
        <p class="quiet" ref={end}>
          {isWhole ? `and ${found.length - drawn} more` : `Older events come as you scroll.`}
        </p>
      )}
    </>
  );
}

/** How many events there are, and of how many that is known. */
function sumOf(
  found: number,
  total: number,
  { list, isWhole, back }: { list: string; isWhole: boolean; back: string },
): string {
  if (list === JSON.stringify(EVERYTHING)) return counted(total, 'event');
  return isWhole ? `${found} of ${total} events` : `${found} of ${total} events so far, back to ${back}`;
}

/** The events that are known of those that are wanted. */
interface KnownEvents {
  found: ReturnType<typeof wantedEvents>;
  /** Whether these are all. */
  isWhole: boolean;
  /** The month whose data cannot be loaded. */
  failed: string | undefined;
  /** The month back to which events are known. */
  back: string;
  /** Asks for those of one more month, unless some are on their way. */
  wantMore: () => void;
}

/** Loads the months in which wanted events may be, the newest one first. */
function useEvents({ rows, months }: HistoryPage, wanted: WantedEvents, list: string): KnownEvents {
  const [asked, ask] = useState({ list, count: 0 });
  const count = asked.list === list ? asked.count : 0;
  const total = months.reduce((sum, [, own]) => sum + own, 0);
  const first = wanted.since === '' ? '' : wanted.since.slice(0, 7);
  const last = wanted.until === '' ? NO_END : wanted.until.slice(0, 7);
  const possible = months.map(([month]) => month).filter((month) => month >= first && month <= last);
  const loaded = useData<PackedHistory>(possible.slice(0, count).map(historyPath));
  const ready = loaded.findIndex(({ state }) => state !== 'ready');
  const known = ready < 0 ? loaded : loaded.slice(0, ready);
  const unpacked = useMemo(
    () => known.flatMap((one) => (one.state === 'ready' ? unpackHistory(one.value) : [])),
    [known.length, list],
  );
  // a small registry has all of its events in the page
  const isSmall = rows.length === total;
  const isWhole = isSmall || known.length === possible.length;
  const isWaiting = loaded.some(({ state }) => state === 'loading');
  const all = isSmall || (known.length === 0 && !isWhole) ? rows : unpacked;
  const failed = possible[loaded.findIndex(({ state }) => state === 'failed')];
  return {
    found: useMemo(() => wantedEvents(all, wanted), [all, list]),
    isWhole,
    failed,
    back: possible[Math.max(0, known.length - 1)] ?? '',
    wantMore: () => {
      if (!isWhole && !isWaiting && failed === undefined) ask({ list, count: count + 1 });
    },
  };
}
