import type { JSX } from 'preact';
import type { StageApprovals } from '../../../registry/rows.js';

/** How far a version is approved of for a stage, and by whom; nothing where it is in the stage already. */
export function ApprovalNote({ stage, state, wanted, by }: StageApprovals[number]): JSX.Element | null {
  if (state === 'assigned') return null;
  const count = wanted === 0 ? '' : ` ${by.length}/${wanted}`;
  return (
    <>
      {' '}
      <span class="note" title={by.join(', ')}>
        {state === 'approved' ? 'approved for' : 'waits for'} {stage}
        {count}
      </span>
    </>
  );
}
