import type { JSX } from 'preact';
import { useFrame } from '../frame-context.js';
import { dayOf, shownTime } from '../moments.js';
import { type CellContent, cellsOn, chosenRows, type OverviewChoices } from '../overview-order.js';
import { own } from '../own.js';
import type { OverviewEntry, ShortStay } from '../page.js';
import { ArtifactLink, StageChip, VersionLink } from './names.js';
import { SortHead } from './sort-head.js';

interface Props {
  rows: readonly OverviewEntry[];
  stays: readonly ShortStay[] | null;
  choices: OverviewChoices;
  onSort: (column: string) => void;
}

/** The matrix of artifacts and stages. */
export function OverviewTable({ rows, stays, choices, onSort }: Props): JSX.Element {
  const { stages } = useFrame();
  const shown = chosenRows(rows, choices);
  const cell = cellsOn(rows, stays, choices.day);
  const head = { sort: choices.sort, onSort };
  const day = choices.day;
  return (
    <div class="wide">
      <table class="overview">
        <caption>{day === '' ? 'Current versions' : `At the start of ${day}, 00:00 UTC`}</caption>
        <thead>
          <tr>
            <SortHead column="artifact" {...head}>
              Model
            </SortHead>
            {day === '' && <th scope="col">Latest</th>}
            {stages.map((stage) => (
              <SortHead key={stage} column={stage} {...head}>
                <StageChip stage={stage} />
              </SortHead>
            ))}
            {day === '' && (
              <SortHead column="changed" {...head}>
                Last change
              </SortHead>
            )}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Row key={row.artifact} row={row} isNow={day === ''} cell={cell} stages={stages} />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && rows.length > 0 && <p class="none">No model fits.</p>}
    </div>
  );
}

const PROBLEMS = {
  DAMAGED: 'damaged: a tag cannot be read',
  TAGS_MISSING: 'not known: tags are missing',
};

interface RowProps {
  row: OverviewEntry;
  isNow: boolean;
  stages: readonly string[];
  cell: (artifact: string, stage: string) => CellContent;
}

function Row({ row, isNow, stages, cell }: RowProps): JSX.Element {
  const { artifact, latest } = row;
  return (
    <tr>
      <th scope="row">
        {row.problem === null ? <ArtifactLink artifact={artifact} /> : <bdi>{artifact}</bdi>}{' '}
        {row.problem !== null && <span class="note">{PROBLEMS[row.problem]}</span>}
        {row.deprecated && <span class="note">deprecated</span>}
        {!row.registered && <span class="note">declared, no version yet</span>}
      </th>
      {isNow && (
        <td data-label="Latest">
          {latest === null ? <None /> : <VersionLink artifact={artifact} version={latest} />}
        </td>
      )}
      {stages.map((stage) => (
        <td key={stage} data-label={stage}>
          <Cell
            artifact={artifact}
            content={cell(artifact, stage)}
            behind={isNow ? own(row.behind, stage) : undefined}
          />
        </td>
      ))}
      {isNow && (
        <td class="quiet" data-label="Last change">
          {row.changed === null ? <None /> : <time dateTime={row.changed}>{dayOf(row.changed)}</time>}{' '}
          <bdi>{row.changedBy}</bdi>
        </td>
      )}
    </tr>
  );
}

interface CellProps {
  artifact: string;
  content: CellContent;
  behind: number | undefined;
}

function Cell({ artifact, content: { held, later }, behind }: CellProps): JSX.Element {
  return (
    <>
      {held ? <VersionLink artifact={artifact} version={held.version} /> : <None />}
      {behind !== undefined && behind > 0 && <span class="behind">{behind} behind</span>}
      {held?.author !== undefined && (
        <span class="who">
          <bdi>{held.author}</bdi>, since {dayOf(held.since ?? '')}
        </span>
      )}
      {later.map(({ version, since = '', author }) => (
        <span key={since} class="who">
          then <VersionLink artifact={artifact} version={version} /> at {shownTime(since).slice(11)},{' '}
          <bdi>{author}</bdi>
        </span>
      ))}
    </>
  );
}

/** An empty place in a table. */
export const None = (): JSX.Element => <span class="none">–</span>;
