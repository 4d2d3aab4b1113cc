import { startOf } from './moments.js';

/** When something was current in a stage: what is asked of it here, in whatever shape it comes. */
export interface Lasting {
  stage: string;
  from: string;
  until: string | null;
}

/** What a stage held on a day: at its start, and what came into it or left it before the day was over. */
export interface DayInStage<T> {
  stage: string;
  atStart: T | undefined;
  later: T[];
  /** When the stage was empty from, where the day ended so. */
  emptyFrom: string | undefined;
}

/** The stay that a stage held at a moment, in milliseconds since the epoch: what `reg which --at` answers. */
export const stayAt = <T extends Lasting>(
  stays: readonly T[],
  stage: string,
  moment: number,
): T | undefined =>
  stays.find((stay) => stay.stage === stage && Date.parse(stay.from) <= moment && moment < endOf(stay));

/** When a stay ended, in milliseconds; endless while it lasts. */
export const endOf = ({ until }: Lasting): number =>
  until === null ? Number.POSITIVE_INFINITY : Date.parse(until);

/** What a stage held on a day, UTC. */
export function dayInStage<T extends Lasting>(
  stays: readonly T[],
  stage: string,
  day: string,
): DayInStage<T> {
  const start = startOf(day);
  const end = start + 86_400_000;
  const own = stays.filter((stay) => stay.stage === stage);
  const later = own.filter((stay) => Date.parse(stay.from) > start && Date.parse(stay.from) < end);
  const atStart = stayAt(own, stage, start);
  const last = later.at(-1) ?? atStart;
  const emptied = last !== undefined && endOf(last) < end;
  return { stage, atStart, later, emptyFrom: emptied ? (last.until ?? undefined) : undefined };
}
