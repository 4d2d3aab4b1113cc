import type { JSX } from 'preact';
import { dayAfter, daysBetween, startOf } from '../moments.js';

/** A day to look at, from the first one that anything is known of to the last. */
interface DayCursorProps {
  first: string;
  last: string;
  /** Empty for now. */
  day: string;
  onDay: (day: string) => void;
}

/** Chooses a day: typed, picked from a calendar, or found with a slider. The empty day is now. */
export function DayCursor({ first, last, day, onDay }: DayCursorProps): JSX.Element {
  const length = daysBetween(first, last);
  const take = (text: string): void => {
    if (text === '' || !Number.isNaN(startOf(text))) onDay(text);
  };
  return (
    <fieldset class="cursor">
      <legend>What was where on</legend>
      <input
        type="date"
        aria-label="Day"
        max={last}
        value={day}
        onInput={({ currentTarget: { value } }) => take(value)}
      />
      <button type="button" aria-pressed={day === ''} onClick={() => onDay('')}>
        Now
      </button>
      <input
        type="range"
        aria-label="Day, along the timeline"
        aria-valuetext={day === '' ? 'now' : day}
        min={0}
        max={length}
        value={day === '' ? length : Math.min(length, Math.max(0, daysBetween(first, day)))}
        onInput={({ currentTarget: { value } }) => take(dayAfter(first, Number(value)))}
      />
    </fieldset>
  );
}
