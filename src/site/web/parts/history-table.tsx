import type { JSX } from 'preact';
import type { HistoryRow } from '../../../registry/rows.js';
import { ArtifactLink, Message, Moment, Person, StageChip, TagLink, VersionLink } from './names.js';

/** What happened, one event a row. */
export const HistoryTable = ({
  rows,
  isWhole,
}: {
  rows: readonly HistoryRow[];
  /** Whether no more will come. */
  isWhole: boolean;
}): JSX.Element => (
  <div class="wide">
    <table class="history">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Model</th>
          <th scope="col">Event</th>
          <th scope="col">By</th>
          <th scope="col">Message</th>
          <th scope="col">Tag</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.tag} {...row} />
        ))}
      </tbody>
    </table>
    {rows.length === 0 && isWhole && <p class="none">No matching events.</p>}
  </div>
);

const Row = (row: HistoryRow): JSX.Element => (
  <tr>
    <td>
      <Moment time={row.time} />
    </td>
    <th scope="row" data-label="Model">
      <ArtifactLink artifact={row.artifact} />
    </th>
    <td data-label="Event">
      <What {...row} />
    </td>
    <td data-label="By">
      <Person author={row.author} email={row.email} />
    </td>
    <td data-label="Message" class="message-cell">
      <Message text={row.message} />
    </td>
    <td data-label="Tag">
      <TagLink tag={row.tag} />
    </td>
  </tr>
);

const VERBS: Record<HistoryRow['event'], string> = {
  registration: 'registered',
  deregistration: 'deregistered',
  assignment: 'assigned',
  unassignment: 'unassigned',
  deprecation: 'deprecated',
};

function What({ artifact, event, version, stage }: HistoryRow): JSX.Element {
  return (
    <>
      {VERBS[event]} {version !== null && <VersionLink artifact={artifact} version={version} />}
      {stage !== null && (
        <>
          {event === 'assignment' ? ' to ' : ' from '}
          <StageChip stage={stage} />
        </>
      )}
    </>
  );
}
