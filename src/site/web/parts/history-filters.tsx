import type { JSX } from 'preact';
import type { HistoryRow } from '../../../registry/rows.js';
import { useFrame } from '../frame-context.js';
import type { WantedEvents } from '../history-filter.js';

interface Props {
  artifacts: readonly string[];
  wanted: WantedEvents;
  onChange: (change: Partial<WantedEvents>) => void;
}

const EVENTS: readonly HistoryRow['event'][] = [
  'registration',
  'deregistration',
  'assignment',
  'unassignment',
  'deprecation',
];

/** Asks which events are wanted. */
export function HistoryFilters({ artifacts, wanted, onChange }: Props): JSX.Element {
  const { stages } = useFrame();
  const one = (
    key: 'artifact' | 'stage' | 'event',
    label: string,
    values: readonly string[],
  ): JSX.Element => (
    <label>
      <span>{label}</span>
      <select value={wanted[key]} onChange={({ currentTarget: { value } }) => onChange({ [key]: value })}>
        <option value="">any</option>
        {withChosen(values, wanted[key]).map((value) => (
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
      {one('artifact', 'Model', artifacts)}
      {one('stage', 'Stage', stages)}
      {one('event', 'Event', EVENTS)}
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
const withChosen = (values: readonly string[], chosen: string): readonly string[] =>
  chosen === '' || values.includes(chosen) ? values : [...values, chosen];
