import type { JSX } from 'preact';
import type { IntervalRow } from '../../../registry/rows.js';
import { useFrame } from '../frame-context.js';
import { shownSpan, shownTime } from '../moments.js';
import { Person, StageChip, shortVersion } from './names.js';

/** What there is to say of the bar under the pointer or the focus. */
export function StayDetails({ stay }: { stay: IntervalRow | undefined }): JSX.Element {
  const { read } = useFrame();
  return (
    <p class="details">
      {stay ? (
        <>
          <StageChip stage={stay.stage} /> <b>{shortVersion(stay.version)}</b> from {shownTime(stay.from)}{' '}
          {stay.until === null ? 'until now' : `to ${shownTime(stay.until)}`} (
          {shownSpan(Date.parse(stay.from), Date.parse(stay.until ?? read))}), put there by{' '}
          <Person author={stay.author} email={stay.email} />
          {stay.endAuthor !== null && (
            <>
              , ended by <Person author={stay.endAuthor} />
            </>
          )}
          {stay.message !== '' && (
            <>
              : <q dir="auto">{stay.message.split('\n', 1)[0]}</q>
            </>
          )}
        </>
      ) : (
        'Each bar is one version in a stage. Point at one, or reach it with the Tab key, to see who put it there.'
      )}
    </p>
  );
}
