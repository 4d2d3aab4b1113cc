import type { JSX } from 'preact';
import type { IntervalRow } from '../../../registry/rows.js';
import { useFrame } from '../frame-context.js';
import { shownTime } from '../moments.js';
import { type DayInStage, dayInStage, stayAt } from '../stays.js';
import { Message, Person, StageChip, TagLink, VersionLink } from './names.js';

interface Props {
  artifact: string;
  intervals: readonly IntervalRow[];
  day: string;
}

/** What ran where: for every stage the version on a day, who put it there and when, and what happened in the course of it. */
export function StageDays({ artifact, intervals, day }: Props): JSX.Element {
  const { stages } = useFrame();
  const own = stages.filter((stage) => intervals.some((stay) => stay.stage === stage));
  return (
    <div class="wide" aria-live="polite">
      <table class="days">
        <caption>{day === '' ? 'Now' : `On ${day}, from 00:00 UTC`}</caption>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">Version</th>
            <th scope="col">Put there by</th>
            <th scope="col">Since</th>
            <th scope="col">Message</th>
            <th scope="col">Tag</th>
          </tr>
        </thead>
        {own.map((stage) => (
          <tbody key={stage}>
            <Rows artifact={artifact} held={heldIn(intervals, stage, day)} />
          </tbody>
        ))}
      </table>
    </div>
  );
}

const heldIn = (intervals: readonly IntervalRow[], stage: string, day: string): DayInStage<IntervalRow> =>
  day === ''
    ? { stage, atStart: stayAt(intervals, stage, Number.MAX_SAFE_INTEGER), later: [], emptyFrom: undefined }
    : dayInStage(intervals, stage, day);

function Rows({ artifact, held }: { artifact: string; held: DayInStage<IntervalRow> }): JSX.Element {
  const { stage, atStart, later, emptyFrom } = held;
  const chip = (
    <th scope="row">
      <StageChip stage={stage} />
    </th>
  );
  return (
    <>
      <tr data-stage={stage}>
        {chip}
        {atStart ? (
          <StayCells artifact={artifact} stay={atStart} />
        ) : (
          <td class="none" colSpan={5}>
            nothing
          </td>
        )}
      </tr>
      {later.map((stay) => (
        <tr key={stay.tag} class="later">
          <td class="quiet">later that day</td>
          <StayCells artifact={artifact} stay={stay} />
        </tr>
      ))}
      {emptyFrom !== undefined && (
        <tr class="later">
          <td class="quiet">later that day</td>
          <td colSpan={5}>nothing from {shownTime(emptyFrom)} on</td>
        </tr>
      )}
    </>
  );
}

const StayCells = ({ artifact, stay }: { artifact: string; stay: IntervalRow }): JSX.Element => (
  <>
    <td data-label="Version">
      <VersionLink artifact={artifact} version={stay.version} />
    </td>
    <td data-label="Put there by">
      <Person author={stay.author} email={stay.email} />
    </td>
    <td data-label="Since">
      <time dateTime={stay.from}>{shownTime(stay.from)}</time>
    </td>
    <td data-label="Message" class="message-cell">
      <Message text={stay.message} />
    </td>
    <td data-label="Tag">
      <TagLink tag={stay.tag} />
    </td>
  </>
);
