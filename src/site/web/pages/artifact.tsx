import type { JSX } from 'preact';
import { useFrame } from '../frame-context.js';
import { useHashState } from '../hash-state.js';
import type { ArtifactPage } from '../page.js';
import { MetricCharts } from '../parts/metric-charts.js';
import { VersionLink } from '../parts/names.js';
import { StageDays } from '../parts/stage-days.js';
import { Timeline } from '../parts/timeline.js';
import { VersionTable } from '../parts/version-table.js';
import { artifactDataPath, comparePath } from '../site-path.js';

/** One artifact: what each stage held on a day, the timeline, its versions and their metrics. */
export function ArtifactView(page: ArtifactPage): JSX.Element {
  const { artifact, versions, intervals } = page;
  const { root } = useFrame();
  const [{ day }, change] = useHashState({ day: '' });
  const onDay = (next: string): void => change({ day: next });
  return (
    <>
      <h1>
        <bdi>{artifact}</bdi> {page.deprecated && <span class="note">deprecated</span>}
      </h1>
      {page.latest !== null && (
        <p class="sum">
          Latest version <VersionLink artifact={artifact} version={page.latest} />
        </p>
      )}
      {intervals.length > 0 && (
        <section aria-labelledby="stages">
          <h2 id="stages">Stages</h2>
          <Timeline artifact={artifact} intervals={intervals} day={day} onDay={onDay} />
          <StageDays artifact={artifact} intervals={intervals} day={day} />
        </section>
      )}
      <MetricCharts page={page} />
      <section aria-labelledby="versions">
        <h2 id="versions">Versions</h2>
        {versions.length > 0 ? (
          <VersionTable versions={versions} />
        ) : (
          <p class="none">Declared in the repository; no version is registered yet.</p>
        )}
        <p class="actions">
          {versions.length > 1 && <a href={root + comparePath(artifact)}>Compare two versions</a>}
          <a href={`${root}history.html#artifact=${encodeURIComponent(artifact)}`}>History</a>
          <a href={root + artifactDataPath(artifact)}>Data as JSON</a>
        </p>
      </section>
    </>
  );
}
