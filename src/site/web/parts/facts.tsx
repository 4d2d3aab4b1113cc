import type { JSX } from 'preact';
import { shownNumber } from './metric-chart.js';

/** A mapping of a link file, key by key; nothing where it says nothing. */
export function Facts({ title, value }: { title: string; value: unknown }): JSX.Element | null {
  if (value === null || value === undefined) return null;
  const entries = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : [['', value]];
  if (entries.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <dl class="facts">
        {entries.map(([key, one]) => (
          <>
            <dt>
              <bdi>{key}</bdi>
            </dt>
            <dd dir="auto">{shownValue(one)}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}

/** A value of a link file as text. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? shownNumber(value) : JSON.stringify(value);
}
