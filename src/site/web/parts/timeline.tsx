import { utcTicks } from 'd3-time';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { IntervalRow } from '../../../registry/rows.js';
import { along } from '../along.js';
import { useFrame } from '../frame-context.js';
import { dayOf, startOf } from '../moments.js';
import { endOf } from '../stays.js';
import { DayCursor } from './day-cursor.js';
import { Lane, percent } from './lane.js';
import { Scripted } from './scripted.js';
import { StayDetails } from './stay-details.js';

interface Props {
  artifact: string;
  /** The one that began last first. */
  intervals: readonly IntervalRow[];
  day: string;
  onDay: (day: string) => void;
}

/** One lane a stage, one bar for each stay of a version in it, and a day that cuts through all of them. */
export function Timeline({ artifact, intervals, day, onDay }: Props): JSX.Element {
  const { read, stages } = useFrame();
  const [shown, show] = useState<IntervalRow>();
  const first = intervals.at(-1)?.from ?? read;
  const [start, end] = [startOf(dayOf(first)), Date.parse(read)];
  const at = (moment: number): number => along(Math.min(moment, end), start, end) * 100;
  const cut = day === '' ? undefined : percent(Math.max(0, at(startOf(day))));
  const own = stages.filter((stage) => intervals.some((stay) => stay.stage === stage));
  return (
    <div class="timeline">
      <Scripted>
        <DayCursor first={dayOf(first)} last={dayOf(read)} day={day} onDay={onDay} />
      </Scripted>
      {own.map((stage) => (
        <Lane
          key={stage}
          artifact={artifact}
          stage={stage}
          bars={intervals
            .filter((stay) => stay.stage === stage)
            .map((stay) => ({ stay, from: at(Date.parse(stay.from)), until: at(endOf(stay)) }))}
          cut={cut}
          onShow={show}
        />
      ))}
      <svg class="axis" aria-hidden="true">
        {utcTicks(new Date(start), new Date(end), 4).map((tick) => (
          <text key={tick.getTime()} x={percent(at(tick.getTime()))} y="1em">
            {tick.toISOString().slice(0, 10)}
          </text>
        ))}
      </svg>
      <StayDetails stay={shown} />
    </div>
  );
}
