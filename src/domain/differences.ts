import type { Better } from './metrics.js';

/** What a change is about. */
export type Section = (typeof SECTIONS)[number];

/** In the order in which people read them. */
const SECTIONS = [
  'source',
  'bytes',
  'about',
  'labels',
  'params',
  'metrics',
  'data',
  'commands',
  'environment',
  'interface',
  'serving',
  'custom',
] as const;

/** The facts about a model: values by section and name. Unknown values are left out. */
export type Facts = Readonly<Partial<Record<Section, Readonly<Record<string, unknown>>>>>;

/** The part of a description that has facts; null where a value is not declared. */
export interface Described {
  type: string | null;
  description: string | null;
  path: string | null;
  labels: unknown;
  source: object | null;
  digest: string | null;
  sha256: string | null;
  size: number | null;
  params: unknown;
  metrics: unknown;
  interface: unknown;
  serving: unknown;
  custom: unknown;
}

/** The facts of a description, by section; none without a description. */
export function factsOf(described: Described | undefined): Facts {
  if (described === undefined) return {};
  const { source, path, digest, sha256, size, type, description, labels, params, metrics, custom } =
    described;
  const tags = Array.isArray(labels) ? Object.fromEntries(labels.map((label) => [label, true])) : labels;
  return {
    source: { ...source, ...(path === null ? {} : { path }) },
    // a digest that is the SHA-256 is one fact, not two
    bytes: { sha256, digest: digest?.startsWith('sha256:') ? undefined : digest, size },
    about: { type, description },
    labels: mappingOf(tags),
    params: mappingOf(params),
    metrics: mappingOf(metrics),
    interface: mappingOf(described.interface),
    serving: mappingOf(described.serving),
    custom: mappingOf(custom),
  };
}

const mappingOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** One fact that differs between two models. */
export interface Change {
  section: Section;
  /** Such as `commit`, `sha256` or the name of a metric. */
  name: string;
  kind: 'added' | 'removed' | 'changed';
  /** Null where the first model has no such fact; `to` likewise for the second. */
  from: unknown;
  to: unknown;
  /** How much more a number is. */
  delta: number | null;
  /** Whether a metric became better; null where the better way is not known. */
  better: boolean | null;
}

/**
 * Lists the facts that differ between two models.
 * @param wayOf gives the way in which a metric gets better
 */
export function differences(from: Facts, to: Facts, wayOf: (metric: string) => Better | undefined): Change[] {
  return SECTIONS.flatMap((section) => {
    const [before, after] = [flat(from[section] ?? {}), flat(to[section] ?? {})];
    return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
      const [one, other] = [before.get(name), after.get(name)];
      if (textOf(one) === textOf(other)) return [];
      const delta = isNumber(one) && isNumber(other) ? difference(one, other) : null;
      const way = section === 'metrics' ? wayOf(name) : undefined;
      const better = delta === null || way === undefined ? null : delta < 0 === (way === 'lower');
      const kind = one === undefined ? 'added' : other === undefined ? 'removed' : 'changed';
      return [{ section, name, kind, from: one ?? null, to: other ?? null, delta, better }];
    });
  });
}

const isNumber = (value: unknown): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

/** Integers that no number holds are compared by their digits. */
const textOf = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `int:${one}` : one));

/** Without what binary fractions add at the end: from 0.42 to 0.38 it is -0.04. Of integers it is exact. */
function difference(from: number | bigint, to: number | bigint): number {
  if (Number.isInteger(Number(from)) && Number.isInteger(Number(to)))
    return Number(BigInt(to) - BigInt(from));
  return Number((Number(to) - Number(from)).toPrecision(12));
}

/** Mappings in mappings become names with dots; anything else is a value. */
function flat(values: Readonly<Record<string, unknown>>, before = ''): Map<string, unknown> {
  return new Map(
    Object.entries(values).flatMap(([name, value]): [string, unknown][] => {
      if (value === undefined || value === null) return [];
      return isMapping(value) && !isPort(value)
        ? [...flat(value, `${before}${name}.`)]
        : [[`${before}${name}`, value]];
    }),
  );
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An input or output is one value: its dtype and shape belong together. */
const isPort = (value: Record<string, unknown>): boolean => typeof value.dtype === 'string';
