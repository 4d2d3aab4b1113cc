import type { JSX } from 'preact';
import { own } from '../own.js';
import type { ArtifactPage } from '../page.js';
import { MetricChart, type MetricPoint } from './metric-chart.js';

/** The greatest number of charts on a page. */
const CHARTS = 24;

/** How every metric went on from version to version. */
export function MetricCharts({ page }: { page: ArtifactPage }): JSX.Element | null {
  const names = [...new Set(Object.values(page.metrics).flatMap((metrics) => Object.keys(metrics)))].sort();
  if (names.length === 0) return null;
  return (
    <section aria-labelledby="metrics">
      <h2 id="metrics">Metrics</h2>
      <div class="charts">
        {names.slice(0, CHARTS).map((name) => (
          <MetricChart key={name} name={name} points={pointsOf(page, name)} />
        ))}
      </div>
      {names.length > CHARTS && <p class="quiet">and {names.length - CHARTS} more, on the versions' pages</p>}
    </section>
  );
}

/** The values of a metric, the smallest version first. */
function pointsOf({ artifact, versions, metrics }: ArtifactPage, name: string): MetricPoint[] {
  return [...versions].reverse().flatMap(({ version, stages }) => {
    const value = own(own(metrics, version) ?? {}, name);
    return value === undefined ? [] : [{ artifact, version, value, stages }];
  });
}
