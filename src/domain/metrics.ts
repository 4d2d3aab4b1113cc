import { matchesGlob } from './glob.js';

/** Which way a metric gets better. */
export type Better = 'lower' | 'higher';

/** What the configuration says of a metric: how good a model has to be. */
export interface MetricRule {
  /** The metric that is meant; the name of the rule by default. */
  metric?: string | undefined;
  /** The artifacts that are meant, `*` for any characters; all by default. */
  artifacts?: readonly string[] | undefined;
  max?: number | undefined;
  min?: number | undefined;
  /** A stage, whose current version must not be better. */
  noWorseThan?: string | undefined;
  /** By how much it may be: a number, or a share such as `2%`. */
  tolerance?: number | string | undefined;
  better?: Better | undefined;
}

/** The rules of a configuration, by name. */
export type MetricRules = Readonly<Record<string, MetricRule>>;

/** Which way a rule says that its metric gets better: what has an upper limit alone is to be low. */
export function betterWay({ better, max, min }: MetricRule): Better | undefined {
  if (better !== undefined) return better;
  if ((max === undefined) === (min === undefined)) return undefined;
  return max === undefined ? 'higher' : 'lower';
}

/** The rules about one artifact, each with the name of its metric. */
export const rulesFor = (artifact: string, rules: MetricRules): { metric: string; rule: MetricRule }[] =>
  Object.entries(rules)
    .filter(([, { artifacts }]) => artifacts?.some((pattern) => matchesGlob(pattern, artifact)) ?? true)
    .map(([name, rule]) => ({ metric: rule.metric ?? name, rule }));

/** Which way a metric of an artifact gets better, as far as rules tell without contradiction. */
export function wayOf(metric: string, artifact: string, rules: MetricRules): Better | undefined {
  const ways = rulesFor(artifact, rules)
    .filter((one) => one.metric === metric)
    .flatMap(({ rule }) => betterWay(rule) ?? []);
  return new Set(ways).size === 1 ? ways[0] : undefined;
}

/** Why a value is beyond the limits of a rule, as the end of a sentence; undefined when it is not. */
export function beyondLimits(value: number | bigint, { max, min }: MetricRule): string | undefined {
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

/**
 * Why a value is worse than a reference, tolerance apart, as the end of a sentence; undefined when it is not, and for a rule that does not
 * say which way is better.
 * @param whose names the model of the reference
 */
export function worseThan(
  value: number | bigint,
  reference: number | bigint,
  rule: MetricRule,
  whose: string,
): string | undefined {
  const limit = leastGood(Number(reference), rule);
  if (limit === undefined || !isWorse(Number(value), limit, rule)) return undefined;
  const bound = betterWay(rule) === 'lower' ? 'at most' : 'at least';
  const tolerated =
    rule.tolerance === undefined
      ? ''
      : `; with a tolerance of ${rule.tolerance} it has to be ${bound} ${limit}`;
  return `is ${value}, worse than ${reference} of ${whose}${tolerated}`;
}

/** Gives the value of a metric; undefined where the model has none. */
export type MetricValues = (metric: string) => number | bigint | undefined;

/**
 * Why one model is worse than another by the rules of its metrics, in sentences; none where it is better or the same. A limit counts
 * where the value leaves it, or goes further beyond it.
 * @param whose names the model that it is compared with
 */
export function reasonsWorse(
  rules: readonly { metric: string; rule: MetricRule }[],
  before: MetricValues,
  after: MetricValues,
  whose: string,
): string[] {
  const reasons = rules.flatMap(({ metric, rule }) => {
    const [reference, value] = [before(metric), after(metric)];
    if (value === undefined)
      return reference === undefined ? [] : `${metric} was ${reference} of ${whose}, and is gone`;
    const limit = beyondLimits(value, rule);
    if (limit !== undefined && (reference === undefined || beyondBy(value, rule) > beyondBy(reference, rule)))
      return `${metric} ${limit}`;
    const reason = reference === undefined ? undefined : worseThan(value, reference, rule, whose);
    return reason === undefined ? [] : `${metric} ${reason}`;
  });
  return [...new Set(reasons)];
}

function beyondBy(given: number | bigint, rule: MetricRule): number {
  const value = Number(given);
  const { max = value, min = value } = rule;
  return Math.max(value - max, min - value, 0);
}

/** A share is one of the other value, whatever its sign. */
function toleranceOf(reference: number, { tolerance = 0 }: MetricRule): number {
  if (typeof tolerance === 'number') return tolerance;
  return (Math.abs(reference) * Number(tolerance.slice(0, -1))) / 100;
}

/** Without what binary fractions add at the end: 2% more than 0.35 is 0.357. */
const rounded = (value: number): number => Number(value.toPrecision(12));
