import type { JSX } from 'preact';
import { isPlain, loadCommand } from '../commands.js';
import { useFrame } from '../frame-context.js';
import type { VersionPage } from '../page.js';
import { ApprovalNote } from '../parts/approval-note.js';
import { Card } from '../parts/card.js';
import { CommandToCopy } from '../parts/command-to-copy.js';
import { EndedNote } from '../parts/ended-note.js';
import { Facts } from '../parts/facts.js';
import { InterfaceFacts } from '../parts/interface-facts.js';
import {
  ArtifactLink,
  CommitLink,
  Message,
  Moment,
  Person,
  StageChips,
  shortVersion,
  TagLink,
} from '../parts/names.js';
import { SourceFacts } from '../parts/source-facts.js';
import { StayTable } from '../parts/stay-table.js';

/** One version: who registered it, where its model is, and what is known about it. */
export function VersionView(page: VersionPage): JSX.Element {
  const { row, description, problem, intervals, card } = page;
  const { repo } = useFrame();
  return (
    <>
      <p class="crumbs">
        <ArtifactLink artifact={row.artifact} />
      </p>
      <h1>
        <bdi>{row.artifact}</bdi> <span class="version">{shortVersion(row.version)}</span>{' '}
        <StageChips stages={row.stages} />
        {!row.active && <span class="note">{page.takenBack ? 'deregistered' : 'not active'}</span>}
        {row.approvals.map((one) => (
          <ApprovalNote key={one.stage} {...one} />
        ))}
      </h1>
      <EndedNote event={page.takenBack} />
      {row.active && description && isPlain(row.version) && (
        <CommandToCopy command={loadCommand(row, repo)} />
      )}
      <dl class="facts">
        <dt>Registered</dt>
        <dd>
          <Moment time={row.time} /> by <Person author={row.author} email={row.email} />{' '}
          <span class="quiet">
            <bdi>{row.email}</bdi>
          </span>
        </dd>
        <dt>Message</dt>
        <dd>
          <Message text={row.message} />
        </dd>
        <dt>Commit</dt>
        <dd>
          <CommitLink commit={row.commit} long />
        </dd>
        <dt>Tag</dt>
        <dd>
          <TagLink tag={row.tag} />
        </dd>
      </dl>
      {description ? (
        <>
          <SourceFacts description={description} url={page.sourceUrl} />
          <div class="columns">
            <Facts title="Metrics" value={description.metrics} />
            <Facts title="Parameters" value={description.params} />
            <Facts title="Labels" value={description.labels} />
            <InterfaceFacts value={description.interface} />
            <Facts title="More" value={description.custom} />
          </div>
        </>
      ) : (
        <p class="problem">{problem}</p>
      )}
      <StayTable intervals={intervals} />
      {card && <Card file={card.file} nodes={card.nodes} />}
    </>
  );
}
