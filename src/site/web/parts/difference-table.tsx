import type { JSX } from 'preact';
import type { Change } from '../../../domain/differences.js';
import { shownValue } from './facts.js';
import { shownNumber } from './metric-chart.js';
import { VersionLink } from './names.js';
import { None } from './overview-table.js';

interface Props {
  artifact: string;
  from: string;
  to: string;
  changes: readonly Change[];
}

/** The differences between two versions: the rows of `reg diff`. */
export function DifferenceTable({ artifact, from, to, changes }: Props): JSX.Element {
  if (changes.length === 0) return <p class="none">Their links say the same.</p>;
  return (
    <div class="wide">
      <table class="differences">
        <thead>
          <tr>
            <th scope="col">About</th>
            <th scope="col">Name</th>
            <th scope="col">
              <VersionLink artifact={artifact} version={from} />
            </th>
            <th scope="col">
              <VersionLink artifact={artifact} version={to} />
            </th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((one) => (
            <Row key={`${one.section} ${one.name}`} change={one} from={from} to={to} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ change, from, to }: { change: Change; from: string; to: string }): JSX.Element {
  const value = (one: unknown): JSX.Element | string => (one === null ? <None /> : shownValue(one));
  return (
    <tr>
      <td class="quiet">{change.section}</td>
      <th scope="row" data-label="Name">
        <bdi>{change.name}</bdi>
      </th>
      <td data-label={from} dir="auto" class="value">
        {value(change.from)}
      </td>
      <td data-label={to} dir="auto" class="value">
        {value(change.to)}
      </td>
      <td data-label="Change">
        <HowMuch {...change} />
      </td>
    </tr>
  );
}

function HowMuch({ kind, delta, better }: Change): JSX.Element {
  if (delta === null) return <span class="quiet">{kind}</span>;
  const sign = delta > 0 ? '+' : '';
  const judged = better === null ? '' : better ? ' better' : ' worse';
  return (
    <span class={judged.trim()}>
      {sign}
      {shownNumber(delta)}
      {judged}
    </span>
  );
}
