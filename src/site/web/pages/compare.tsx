import type { JSX } from 'preact';
import { differences, factsOf } from '../../../domain/differences.js';
import { useHashState } from '../hash-state.js';
import { own } from '../own.js';
import type { ComparePage } from '../page.js';
import { CommitsBetween } from '../parts/commits-between.js';
import { DifferenceTable } from '../parts/difference-table.js';
import { ArtifactLink, shortVersion, useStageOrder } from '../parts/names.js';
import { Scripted } from '../parts/scripted.js';

/** Two versions of an artifact side by side; at first the greatest one and the one before it. */
export function CompareView(page: ComparePage): JSX.Element {
  const { artifact, versions, descriptions, better } = page;
  const [{ from, to }, change] = useHashState({
    from: versions[1]?.version ?? '',
    to: versions[0]?.version ?? '',
  });
  const ordered = useStageOrder();
  const isListed = (value: string): boolean => versions.some(({ version }) => version === value);
  const reasons = [...new Set([from, to])].flatMap((version) => whyUnknown(page, version) ?? []);
  const unknown =
    reasons.length === 0
      ? undefined
      : reasons.map((reason) => (
          <p key={reason} class="problem" role="alert">
            {reason}
          </p>
        ));
  const choice = (key: 'from' | 'to', label: string, value: string): JSX.Element => (
    <label>
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => change({ [key]: currentTarget.value })}>
        {!isListed(value) && <option value={value}>{value} (unknown)</option>}
        {versions.map(({ version, stages }) => (
          <option key={version} value={version}>
            {[shortVersion(version), ...ordered(stages).map((stage) => `(${stage})`)].join(' ')}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      <p class="crumbs">
        <ArtifactLink artifact={artifact} />
      </p>
      <h1>
        Compare <bdi>{artifact}</bdi>
      </h1>
      <Scripted>
        <div class="filters">
          {choice('from', 'From', from)}
          {choice('to', 'To', to)}
        </div>
      </Scripted>
      {unknown ?? (
        <DifferenceTable
          artifact={artifact}
          from={from}
          to={to}
          changes={differences(factsOf(own(descriptions, from)), factsOf(own(descriptions, to)), (metric) =>
            own(better, metric),
          )}
        />
      )}
      <CommitsBetween page={page} from={from} to={to} />
    </>
  );
}

/** Why nothing is known of a version, so that it cannot be compared; undefined where it can. */
function whyUnknown(
  { artifact, versions, descriptions, problems }: ComparePage,
  version: string,
): string | undefined {
  if (!versions.some((one) => one.version === version))
    return `${artifact} has no version “${version}”: choose another one.`;
  if (own(descriptions, version) !== undefined) return undefined;
  return `${version} cannot be compared: ${own(problems, version) ?? 'it has no description'}.`;
}
