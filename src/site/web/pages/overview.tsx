import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { counted } from '../../../util/text.js';
import { useDrawn } from '../drawn.js';
import { useFrame } from '../frame-context.js';
import { askedDay, useHashState } from '../hash-state.js';
import { useData } from '../load-data.js';
import { dayOf, monthOf } from '../moments.js';
import { type CellContent, cellNow, cellOn, chosenRows } from '../overview-order.js';
import { unpackRows } from '../overview-rows.js';
import type { OverviewEntry, OverviewPage } from '../page.js';
import { DayCursor } from '../parts/day-cursor.js';
import { OverviewTable } from '../parts/overview-table.js';
import { ProblemNote } from '../parts/problem-note.js';
import { Scripted } from '../parts/scripted.js';
import { overviewOn, type PastArtifacts } from '../past.js';
import { daysPath } from '../site-path.js';

const INITIAL = { find: '', sort: 'artifact', deprecated: '', day: '' };

/** The artifacts of the registry, and what each stage holds, now or on a day. */
export function OverviewView({ rows: packed, first }: OverviewPage): JSX.Element {
  const { registry, root, read, stages } = useFrame();
  const rows = useMemo(() => unpackRows(packed, stages), [packed, stages]);
  const [choices, change] = useHashState(INITIAL);
  const last = dayOf(read);
  const { day, problem } = askedDay(choices.day, last);
  const view = useOverview(rows, first, day);
  const shown = view.rows && chosenRows(view.rows, choices);
  const [drawn, end] = useDrawn(JSON.stringify({ ...choices, day }), shown?.length ?? 0);
  return (
    <>
      <h1>
        <bdi>{registry}</bdi>
      </h1>
      <p class="sum">{view.rows ? sumOf(view.rows) : 'Loading…'}</p>
      {first !== null && (
        <Scripted>
          <DayCursor first={first} last={last} day={day} onDay={(next) => change({ day: next })} />
        </Scripted>
      )}
      <ProblemNote problem={problem} shown="This is the registry as of now." />
      {view.failed && (
        <p class="problem" role="alert">
          The data of {monthOf(day)} could not be loaded: load the page again, or choose another day.
        </p>
      )}
      <Scripted>
        <div class="filters">
          <label>
            <span>Find</span>
            <input
              type="search"
              value={choices.find}
              onInput={({ currentTarget: { value } }) => change({ find: value })}
            />
          </label>
          {view.rows?.some((row) => row.deprecated) && (
            <label>
              <input
                type="checkbox"
                checked={choices.deprecated === 'yes'}
                onChange={({ currentTarget: { checked } }) => change({ deprecated: checked ? 'yes' : '' })}
              />{' '}
              Show deprecated ({view.rows.filter((row) => row.deprecated).length})
            </label>
          )}
        </div>
      </Scripted>
      {rows.length === 0 && (
        <p>
          Nothing is registered yet: <code>reg link</code> declares a model, <code>reg register</code> makes
          its first version.
        </p>
      )}
      {shown && (
        <OverviewTable
          rows={shown.slice(0, drawn)}
          cell={view.cell}
          day={day}
          sort={choices.sort}
          onSort={(sort) => change({ sort: choices.sort === sort ? `-${sort}` : sort })}
        />
      )}
      {shown && shown.length > drawn && (
        <p class="quiet" ref={end}>
          and {shown.length - drawn} more; <a href={`${root}data/overview.json`}>data/overview.json</a> has
          all
        </p>
      )}
      {shown?.length === 0 && rows.length > 0 && <p class="none">No matching models.</p>}
    </>
  );
}

/** How many models there are. */
function sumOf(rows: readonly OverviewEntry[]): string {
  const deprecated = rows.filter((row) => row.deprecated).length;
  const others = counted(rows.length - deprecated, 'model');
  return deprecated === 0 ? others : `${others}, and ${deprecated} deprecated`;
}

/** What there is to show; no rows while it is loaded. */
interface OverviewShown {
  rows: readonly OverviewEntry[] | undefined;
  cell: (row: OverviewEntry, stage: string) => CellContent;
  failed: boolean;
}

/** The overview now or on a day, whose data come with its month. */
function useOverview(rows: readonly OverviewEntry[], first: string | null, day: string): OverviewShown {
  const isBefore = day !== '' && (first === null || day < first);
  const [month] = useData<PastArtifacts>(day === '' || isBefore ? [] : [daysPath(monthOf(day))]);
  const known = month?.state === 'ready' ? month.value : undefined;
  const past = useMemo(() => known && day !== '' && overviewOn(known, day), [known, day]);
  if (day === '') return { rows, cell: cellNow, failed: false };
  // nothing is sure of these on any day
  const unsure = rows.filter((row) => row.problem !== null);
  if (isBefore) return { rows: unsure, cell: cellNow, failed: false };
  if (!past) return { rows: undefined, cell: cellNow, failed: month?.state === 'failed' };
  return { rows: [...past.rows, ...unsure], cell: (row, stage) => cellOn(past, row, stage), failed: false };
}
