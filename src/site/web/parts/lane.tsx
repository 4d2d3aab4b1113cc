import type { JSX } from 'preact';
import type { IntervalRow } from '../../../registry/rows.js';
import { useFrame } from '../frame-context.js';
import { shownTime } from '../moments.js';
import { versionPath } from '../site-path.js';
import { StageChip, shortVersion, useStageClass } from './names.js';

/** A stay, and where its bar begins and ends, in percent of the lane. */
interface Bar {
  stay: IntervalRow;
  from: number;
  until: number;
}

interface Props {
  artifact: string;
  stage: string;
  bars: readonly Bar[];
  /** Where the day that is looked at cuts the lane. */
  cut: string | undefined;
  onShow: (stay: IntervalRow | undefined) => void;
}

/** A place along a lane, as SVG takes it. */
export const percent = (place: number): string => `${Math.round(place * 1000) / 1000}%`;

/** What one stage held, along the time. */
export const Lane = ({ artifact, stage, bars, cut, onShow }: Props): JSX.Element => (
  <div class="lane">
    <StageChip stage={stage} />{' '}
    <svg class="bars">
      <title>{`Stays in ${stage}`}</title>
      {bars.map((bar) => (
        <BarLink key={bar.stay.from} artifact={artifact} bar={bar} onShow={onShow} />
      ))}
      {cut !== undefined && <line class="cut" x1={cut} x2={cut} y1="0" y2="100%" />}
    </svg>
  </div>
);

interface BarProps extends Pick<Props, 'artifact' | 'onShow'> {
  bar: Bar;
}

function BarLink({ artifact, bar: { stay, from, until }, onShow }: BarProps): JSX.Element {
  const { root } = useFrame();
  const stageClass = useStageClass();
  const place = { x: percent(from), width: percent(Math.max(0.2, until - from)) };
  return (
    <a
      class={`bar ${stageClass(stay.stage)}`}
      href={root + versionPath(artifact, stay.version)}
      aria-label={inWords(stay)}
      onMouseEnter={() => onShow(stay)}
      onFocus={() => onShow(stay)}
    >
      <rect {...place} y="2" height="24" rx="3" />
      {/* of its own size, so that a name is cut off where its bar ends */}
      <svg {...place} y="2" height="24" aria-hidden="true">
        <text x="6" y="16">
          {shortVersion(stay.version)}
        </text>
      </svg>
    </a>
  );
}

const inWords = ({ stage, version, from, until, author }: IntervalRow): string =>
  `${shortVersion(version)} in ${stage} from ${shownTime(from)} ${until === null ? 'until now' : `to ${shownTime(until)}`}, put there by ${author}`;
