import type { JSX } from 'preact';
import { counted } from '../../../util/text.js';
import { useFrame } from '../frame-context.js';
import { useHashState } from '../hash-state.js';
import { dayOf } from '../moments.js';
import type { OverviewPage } from '../page.js';
import { DayCursor } from '../parts/day-cursor.js';
import { OverviewTable } from '../parts/overview-table.js';
import { Scripted } from '../parts/scripted.js';

const INITIAL = { find: '', sort: 'artifact', deprecated: '', day: '' };

/** The artifacts of the registry, and what each stage holds, now or on a day. */
export function OverviewView({ rows, stays }: OverviewPage): JSX.Element {
  const { registry, read, stages } = useFrame();
  const [choices, change] = useHashState(INITIAL);
  const deprecated = rows.filter((row) => row.deprecated).length;
  const first = stays?.[0];
  return (
    <>
      <h1>
        <bdi>{registry}</bdi>
      </h1>
      <p class="sum">
        {counted(rows.length - deprecated, 'model')} in {counted(stages.length, 'stage')}
      </p>
      {stays && first && (
        <Scripted>
          <DayCursor
            first={dayOf(first[3])}
            last={dayOf(read)}
            day={choices.day}
            onDay={(day) => change({ day })}
          />
        </Scripted>
      )}
      {stays === null && <p class="quiet">What was where on a day is on the page of each model.</p>}
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
          {deprecated > 0 && (
            <label>
              <input
                type="checkbox"
                checked={choices.deprecated !== ''}
                onChange={({ currentTarget: { checked } }) => change({ deprecated: checked ? 'yes' : '' })}
              />{' '}
              Show deprecated ({deprecated})
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
      <OverviewTable
        rows={rows}
        stays={stays}
        choices={choices}
        onSort={(sort) => change({ sort: choices.sort === sort ? `-${sort}` : sort })}
      />
    </>
  );
}
