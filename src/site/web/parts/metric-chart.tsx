import { line } from 'd3-shape';
import type { JSX } from 'preact';
import { along } from '../along.js';
import { shortVersion, useStageClass, useStageOrder } from './names.js';

/** A metric of one version. */
export interface MetricPoint {
  artifact: string;
  version: string;
  value: number;
  /** In which it is current. */
  stages: readonly string[];
}

const WIDTH = 320;
const HEIGHT = 120;
const EDGE = { left: 12, right: 12, top: 26, bottom: 20 };

/** A line over the versions; those that are in a stage are marked with its colour and name. */
export function MetricChart({ name, points }: { name: string; points: readonly MetricPoint[] }): JSX.Element {
  const values = points.map(({ value }) => value);
  const [least = 0, most = 0] = [Math.min(...values), Math.max(...values)];
  const at = (point: MetricPoint): [number, number] => {
    const place = along(points.indexOf(point), -0.5, points.length - 0.5);
    const height = along(point.value, least, most);
    return [
      EDGE.left + place * (WIDTH - EDGE.left - EDGE.right),
      HEIGHT - EDGE.bottom - height * (HEIGHT - EDGE.top - EDGE.bottom),
    ];
  };
  const path = line<MetricPoint>(
    (point) => at(point)[0],
    (point) => at(point)[1],
  )(points);
  const last = points.at(-1);
  return (
    <figure class="chart">
      <figcaption>
        <bdi>{name}</bdi> <b>{last && shownNumber(last.value)}</b>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={inWords(name, points)}>
        <path class="line" d={path ?? ''} />
        {points.map((point) => (
          <Point key={point.version} point={point} at={at(point)} />
        ))}
        <text class="end" x={EDGE.left} y={HEIGHT - 4}>
          {shortVersion(points[0]?.version ?? '')}
        </text>
        <text class="end last" x={WIDTH - EDGE.right} y={HEIGHT - 4}>
          {shortVersion(last?.version ?? '')}
        </text>
      </svg>
    </figure>
  );
}

function Point({ point, at: [x, y] }: { point: MetricPoint; at: [number, number] }): JSX.Element {
  const stageClass = useStageClass();
  const { version, value } = point;
  // the colour is that of the stage that is the nearest to the users
  const stages = useStageOrder()(point.stages);
  const last = stages.at(-1);
  const title = `${shortVersion(version)}: ${shownNumber(value)}${stages.length > 0 ? `, in ${stages.join(', ')}` : ''}`;
  return (
    <g class={last === undefined ? 'point' : `point staged ${stageClass(last)}`}>
      <circle cx={x} cy={y} r={last === undefined ? 3 : 5} />
      {last !== undefined && (
        <text x={Math.min(Math.max(x, 30), WIDTH - 30)} y={y - 10}>
          {stages.join(', ')}
        </text>
      )}
      <title>{title}</title>
    </g>
  );
}

/** A number with as many digits as tell versions apart. */
export const shownNumber = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));

const inWords = (name: string, points: readonly MetricPoint[]): string =>
  `${name} by version: ${points
    .map(
      ({ version, value, stages }) =>
        `${shortVersion(version)} ${shownNumber(value)}${stages.length > 0 ? ` (in ${stages.join(', ')})` : ''}`,
    )
    .join('; ')}`;
