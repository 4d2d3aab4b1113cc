import { betterWay, type MetricRule } from './metrics.js';

/** Why a value is beyond the limits of a rule, as the end of a sentence; undefined when it is not. */
export function beyondLimits(value: number, { max, min }: MetricRule): string | undefined {
  if (max !== undefined && value > max) return `is ${value}, and at most ${max} is allowed`;
  if (min !== undefined && value < min) return `is ${value}, and at least ${min} is asked for`;
  return undefined;
}

/**
 * The value at which a metric is just not worse than another one, as far as the rule tolerates; undefined for a rule that does
 * not say which way is better.
 */
export function leastGood(reference: number, rule: MetricRule): number | undefined {
  const way = betterWay(rule);
  if (way === undefined) return undefined;
  const tolerance = toleranceOf(reference, rule);
  return rounded(way === 'lower' ? reference + tolerance : reference - tolerance);
}

/** Whether a value is worse than that. */
export const isWorse = (value: number, limit: number, rule: MetricRule): boolean =>
  betterWay(rule) === 'lower' ? rounded(value) > limit : rounded(value) < limit;

/** A share is one of the other value, whatever its sign. */
function toleranceOf(reference: number, { tolerance = 0 }: MetricRule): number {
  if (typeof tolerance === 'number') return tolerance;
  return (Math.abs(reference) * Number(tolerance.slice(0, -1))) / 100;
}

/** Without what binary fractions add at the end: 2% more than 0.35 is 0.357. */
const rounded = (value: number): number => Number(value.toPrecision(12));
