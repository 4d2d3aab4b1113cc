import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { HistoryRow } from '../../../registry/rows.js';
import { useFrame } from '../frame-context.js';
import { askedDay, useHashState } from '../hash-state.js';
import { dayOf, startOf } from '../moments.js';
import type { ArtifactPage } from '../page.js';
import { EndedNote } from '../parts/ended-note.js';
import { MetricCharts } from '../parts/metric-charts.js';
import { VersionLink } from '../parts/names.js';
import { ProblemNote } from '../parts/problem-note.js';
import { StageDays } from '../parts/stage-days.js';
import { Timeline } from '../parts/timeline.js';
import { VersionTable } from '../parts/version-table.js';
import { overviewOn, versionsOn } from '../past.js';
import { artifactDataPath, comparePath } from '../site-path.js';

/** One artifact: what each stage held on a day, the timeline, its versions and their metrics. */
export function ArtifactView(page: ArtifactPage): JSX.Element {
  const { artifact, intervals } = page;
  const { root, read } = useFrame();
  const [choices, change] = useHashState({ day: '' });
  const { day, problem } = askedDay(choices.day, dayOf(read));
  const onDay = (next: string): void => change({ day: next });
  const then = useMemo(() => (day === '' ? page : onDayOf(page, day)), [page, day]);
  return (
    <>
      <h1>
        <bdi>{artifact}</bdi> {then?.deprecated && <span class="note">deprecated</span>}
      </h1>
      {then?.deprecated && <EndedNote event={deprecationAt(page, day)} />}
      <ProblemNote problem={problem} shown="This is the model as of now." />
      <p class="sum">
        {then ? <Sum page={then} day={day} /> : `There was nothing of ${artifact} on ${day}.`}
      </p>
      {intervals.length > 0 && (
        <section aria-labelledby="stages">
          <h2 id="stages">Stages</h2>
          <Timeline artifact={artifact} intervals={intervals} day={day} onDay={onDay} />
          <StageDays artifact={artifact} intervals={intervals} day={day} />
        </section>
      )}
      {then && <MetricCharts page={then} />}
      <section aria-labelledby="versions">
        <h2 id="versions">Versions</h2>
        {then && then.versions.length > 0 ? (
          <VersionTable versions={then.versions} />
        ) : (
          <p class="none">
            {day === ''
              ? 'Declared in the repository; no version is registered yet.'
              : `No version was registered yet on ${day}.`}
          </p>
        )}
        <p class="actions">
          {page.versions.length > 1 && <a href={root + comparePath(artifact)}>Compare two versions</a>}{' '}
          <a href={`${root}history.html#artifact=${encodeURIComponent(artifact)}`}>History</a>{' '}
          <a href={root + artifactDataPath(artifact)}>Data as JSON</a>
        </p>
      </section>
    </>
  );
}

/** The deprecation that holds on a day; the empty day is now. */
const deprecationAt = ({ history }: ArtifactPage, day: string): HistoryRow | undefined =>
  history.find(
    ({ event, time }) => event === 'deprecation' && (day === '' || Date.parse(time) <= startOf(day)),
  );

function Sum({ page: { artifact, latest }, day }: { page: ArtifactPage; day: string }): JSX.Element | null {
  if (latest === null) return null;
  return (
    <>
      Latest version {day !== '' && `on ${day} `}
      <VersionLink artifact={artifact} version={latest} />
    </>
  );
}

/** An artifact as `reg show --at` has it as a day begins; undefined where there was none yet. */
function onDayOf(page: ArtifactPage, day: string): ArtifactPage | undefined {
  const [row] = overviewOn(page.past, day).rows;
  if (row === undefined) return undefined;
  const { latest, deprecated } = row;
  const held = Object.entries(row.stages as Record<string, string>).map(([stage, version]) => ({
    stage,
    version,
  }));
  return { ...page, latest, deprecated, versions: versionsOn(page, held, day) };
}
