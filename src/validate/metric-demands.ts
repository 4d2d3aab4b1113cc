import { type MetricRule, rulesFor } from '../domain/metrics.js';
import type { LinkSubject } from './link-subject.js';

/** What the configuration asks for of a metric, and what it is. */
export interface Demand {
  metric: string;
  rule: MetricRule;
  /** Undefined where nothing says it. */
  value: number | undefined;
}

/** What the configuration asks of the metrics of a link; nothing where they cannot be read, which other rules tell. */
export async function demandsOn({ artifact, registry, metrics }: LinkSubject): Promise<Demand[]> {
  const rules = rulesFor(artifact, registry.config.metrics).filter(({ rule }) => asksForSomething(rule));
  if (rules.length === 0) return [];
  const found = await metrics().catch(() => undefined);
  if (found === undefined) return [];
  return rules.map(({ metric, rule }) => ({ metric, rule, value: found.valueOf(metric) }));
}

/** A rule may say nothing but which way is better. */
const asksForSomething = ({ max, min, noWorseThan }: MetricRule): boolean =>
  max !== undefined || min !== undefined || noWorseThan !== undefined;
