import { Fragment, type JSX } from 'preact';
import { counted } from '../../../util/text.js';
import { useFrame } from '../frame-context.js';
import { dayOf, shownTime } from '../moments.js';
import type { CellContent } from '../overview-order.js';
import { own } from '../own.js';
import type { OverviewEntry } from '../page.js';
import { ArtifactLink, StageChip, VersionLink } from './names.js';
import { SortHead } from './sort-head.js';

interface Props {
  /** Those that are shown, in order. */
  rows: readonly OverviewEntry[];
  cell: (row: OverviewEntry, stage: string) => CellContent;
  /** Empty for now. */
  day: string;
  sort: string;
  onSort: (column: string) => void;
}

/** The matrix of artifacts and stages. */
export function OverviewTable({ rows, cell, day, sort, onSort }: Props): JSX.Element {
  const { stages } = useFrame();
  const head = { sort, onSort };
  return (
    <div class="wide">
      <table class="overview">
        <caption>{day === '' ? 'Current versions' : `At the start of ${day}, 00:00 UTC`}</caption>
        <thead>
          <tr>
            <SortHead column="artifact" {...head}>
              Model
            </SortHead>
            <th scope="col">Latest</th>
            {stages.map((stage) => (
              <SortHead key={stage} column={stage} {...head}>
                <StageChip stage={stage} />
              </SortHead>
            ))}
            <SortHead column="changed" {...head}>
              Last change
            </SortHead>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.artifact} row={row} cell={cell} stages={stages} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const PROBLEMS = {
  DAMAGED: 'damaged: a tag cannot be read',
  TAGS_MISSING: 'not known: tags are missing',
};

interface RowProps {
  row: OverviewEntry;
  stages: readonly string[];
  cell: (row: OverviewEntry, stage: string) => CellContent;
}

function Row({ row, stages, cell }: RowProps): JSX.Element {
  const { artifact, latest } = row;
  return (
    <tr>
      <th scope="row">
        {row.problem === null ? <ArtifactLink artifact={artifact} /> : <bdi>{artifact}</bdi>}{' '}
        {row.problem !== null && <span class="note">{PROBLEMS[row.problem]}</span>}
        {row.deprecated && <span class="note">deprecated</span>}
        {!row.registered && <span class="note">declared, no version yet</span>}
      </th>
      <td data-label="Latest">
        {latest === null ? <None /> : <VersionLink artifact={artifact} version={latest} />}
      </td>
      {stages.map((stage) => (
        <td key={stage} data-label={stage}>
          <Cell artifact={artifact} content={cell(row, stage)} behind={own(row.behind, stage)} />
        </td>
      ))}
      <td class="quiet" data-label="Last change">
        {row.changed === null ? <None /> : <time dateTime={row.changed}>{dayOf(row.changed)}</time>}{' '}
        <bdi>{row.changedBy}</bdi>
      </td>
    </tr>
  );
}

interface CellProps {
  artifact: string;
  content: CellContent;
  behind: number | undefined;
}

function Cell({ artifact, content: { held, later, emptyFrom }, behind }: CellProps): JSX.Element {
  return (
    <>
      {held ? <VersionLink artifact={artifact} version={held.version} /> : <None />}{' '}
      {behind !== undefined && behind > 0 && <span class="behind">{counted(behind, 'version')} behind</span>}{' '}
      {held?.author !== undefined && (
        <span class="who">
          <bdi>{held.author}</bdi>, since {dayOf(held.from ?? '')}
        </span>
      )}{' '}
      {later.map(({ version, from = '', author }) => (
        <Fragment key={from}>
          <span class="who">
            then <VersionLink artifact={artifact} version={version} /> at {shownTime(from).slice(11)},{' '}
            <bdi>{author}</bdi>
          </span>{' '}
        </Fragment>
      ))}
      {emptyFrom !== undefined && (
        <span class="who">then nothing, from {shownTime(emptyFrom).slice(11)} on</span>
      )}
    </>
  );
}

/** An empty place in a table. */
export const None = (): JSX.Element => <span class="none">–</span>;
