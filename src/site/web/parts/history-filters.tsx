import type { JSX } from 'preact';
import type { HistoryRow } from '../../../registry/rows.js';
import type { WantedEvents } from '../history-filter.js';

interface Props {
  rows: readonly HistoryRow[];
  wanted: WantedEvents;
  onChange: (change: Partial<WantedEvents>) => void;
}

/** Asks which events are wanted. */
export function HistoryFilters({ rows, wanted, onChange }: Props): JSX.Element {
  const one = (key: 'artifact' | 'stage' | 'event', label: string): JSX.Element => (
    <label>
      <span>{label}</span>
      <select value={wanted[key]} onChange={({ currentTarget: { value } }) => onChange({ [key]: value })}>
        <option value="">any</option>
        {valuesOf(rows, key, wanted[key]).map((value) => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </select>
    </label>
  );
  const day = (key: 'since' | 'until', label: string): JSX.Element => (
    <label>
      <span>{label}</span>
      <input
        type="date"
        value={wanted[key]}
        onInput={({ currentTarget: { value } }) => onChange({ [key]: value })}
      />
    </label>
  );
  return (
    <div class="filters">
      {one('artifact', 'Model')}
      {one('stage', 'Stage')}
      {one('event', 'Event')}
      <label>
        <span>Who</span>
        <input
          type="search"
          value={wanted.who}
          onInput={({ currentTarget: { value } }) => onChange({ who: value })}
        />
      </label>
      {day('since', 'Since')}
      {day('until', 'Until')}
    </div>
  );
}

/** What there is to choose from; what an address asks for is among it, also where nothing fits. */
function valuesOf(
  rows: readonly HistoryRow[],
  key: 'artifact' | 'stage' | 'event',
  chosen: string,
): string[] {
  const values = new Set<string>(chosen === '' ? [] : [chosen]);
  for (const row of rows) if (row[key] !== null) values.add(row[key]);
  return [...values].sort();
}
