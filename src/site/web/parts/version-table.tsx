import type { JSX } from 'preact';
import type { ShownVersion } from '../../../registry/rows.js';
import { ApprovalNote } from './approval-note.js';
import { CommitLink, Message, Moment, Person, StageChips, TagLink, VersionLink } from './names.js';

/** The versions of an artifact, greatest first. */
export const VersionTable = ({ versions }: { versions: readonly ShownVersion[] }): JSX.Element => (
  <div class="wide">
    <table class="versions">
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Stages</th>
          <th scope="col">Registered</th>
          <th scope="col">By</th>
          <th scope="col">Message</th>
          <th scope="col">Commit</th>
          <th scope="col">Tag</th>
        </tr>
      </thead>
      <tbody>
        {versions.map((row) => (
          <Row key={row.version} {...row} />
        ))}
      </tbody>
    </table>
  </div>
);

const Row = (row: ShownVersion): JSX.Element => (
  <tr>
    <th scope="row">
      <VersionLink artifact={row.artifact} version={row.version} />
    </th>
    <td data-label="Stages">
      <StageChips stages={row.stages} /> {!row.active && <span class="note">deregistered</span>}
      {row.approvals.map((one) => (
        <ApprovalNote key={one.stage} {...one} />
      ))}
    </td>
    <td data-label="Registered">
      <Moment time={row.time} />
    </td>
    <td data-label="By">
      <Person author={row.author} email={row.email} />
    </td>
    <td data-label="Message" class="message-cell">
      <Message text={row.message} />
    </td>
    <td data-label="Commit">
      <CommitLink commit={row.commit} />
    </td>
    <td data-label="Tag">
      <TagLink tag={row.tag} />
    </td>
  </tr>
);
