import type { JSX } from 'preact';
import type { HistoryRow } from '../../../registry/rows.js';
import { Message, Moment, Person } from './names.js';

const WORDS: Partial<Record<HistoryRow['event'], string>> = {
  deregistration: 'Deregistered',
  deprecation: 'Deprecated',
};

/** Who ended the use of a version or of a whole artifact, when and why. */
export const EndedNote = ({ event }: { event: HistoryRow | null | undefined }): JSX.Element | null =>
  event ? (
    <div class="problem">
      {WORDS[event.event]} by <Person author={event.author} email={event.email} /> on{' '}
      <Moment time={event.time} />: <Message text={event.message} />
    </div>
  ) : null;
