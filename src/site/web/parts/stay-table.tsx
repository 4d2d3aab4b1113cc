import type { JSX } from 'preact';
import type { IntervalRow } from '../../../registry/rows.js';
import { Message, Moment, Person, StageChip } from './names.js';

/** From when to when a version was in which stage, and who put it there. */
export function StayTable({ intervals }: { intervals: readonly IntervalRow[] }): JSX.Element | null {
  if (intervals.length === 0) return null;
  return (
    <section>
      <h2>Where it ran</h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col">From</th>
              <th scope="col">Until</th>
              <th scope="col">Put there by</th>
              <th scope="col">Message</th>
            </tr>
          </thead>
          <tbody>
            {intervals.map((stay) => (
              <tr key={stay.stage + stay.from}>
                <th scope="row">
                  <StageChip stage={stay.stage} />
                </th>
                <td data-label="From">
                  <Moment time={stay.from} />
                </td>
                <td data-label="Until">{stay.until === null ? 'now' : <Moment time={stay.until} />}</td>
                <td data-label="Put there by">
                  <Person author={stay.author} email={stay.email} />
                </td>
                <td data-label="Message" class="message-cell">
                  <Message text={stay.message} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
