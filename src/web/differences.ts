import type { Description } from '../registry/describe.js';
import { shownValue } from './parts/facts.js';

/** What two versions say under one key. */
export interface Difference {
  key: string;
  from: string | undefined;
  to: string | undefined;
}

/** What two descriptions say differently, key by key, in the order of the first one that says it. */
export function differencesOf(from: Description | undefined, to: Description | undefined): Difference[] {
  const [before, after] = [flat(from), flat(to)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((key) => ({ key, from: before.get(key), to: after.get(key) }))
    .filter((one) => one.from !== one.to);
}

const SKIPPED: ReadonlySet<string> = new Set(['artifact', 'version', 'commit', 'declaredBy']);

function flat(description: Description | undefined): Map<string, string> {
  const values = new Map<string, string>();
  const put = (key: string, value: unknown): void => {
    if (value === null || value === undefined) return;
    if (typeof value === 'object' && !Array.isArray(value))
      for (const [name, one] of Object.entries(value)) put(`${key}.${name}`, one);
    else values.set(key, shownValue(value));
  };
  for (const [key, value] of Object.entries(description ?? {})) if (!SKIPPED.has(key)) put(key, value);
  return values;
}
