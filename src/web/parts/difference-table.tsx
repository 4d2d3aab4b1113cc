import type { JSX } from 'preact';
import type { Difference } from '../differences.js';
import { VersionLink } from './names.js';
import { None } from './overview-table.js';

interface Props {
  artifact: string;
  from: string;
  to: string;
  differences: readonly Difference[];
}

/** What differs between two versions. */
export function DifferenceTable({ artifact, from, to, differences }: Props): JSX.Element {
  if (differences.length === 0) return <p class="none">Their links say the same.</p>;
  return (
    <div class="wide">
      <table class="differences">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">
              <VersionLink artifact={artifact} version={from} />
            </th>
            <th scope="col">
              <VersionLink artifact={artifact} version={to} />
            </th>
          </tr>
        </thead>
        <tbody>
          {differences.map((one) => (
            <tr key={one.key}>
              <th scope="row">
                <bdi>{one.key}</bdi>
              </th>
              <td data-label={from} dir="auto">{one.from ?? <None />}</td>
              <td data-label={to} dir="auto">{one.to ?? <None />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
