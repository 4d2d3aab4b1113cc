import type { Oid } from '../../../domain/event.js';
import type { Objects } from '../found-object.js';
import {
  abbreviationIn,
  commitBeginning,
  commitOf,
  isOid,
  parentsOf,
  parseRev,
  refNamesOf,
} from '../revs.js';
import type { Refs } from './refs.js';

/**
 * The commit that a rev names here, or undefined: an id comes before a name, and a name before the beginning of an id.
 * @param cutOff the commits whose parents were left out when the history was cut
 * @throws RegError UNKNOWN_REV for what git understands and this does not
 */
export async function resolveLocalCommit(
  refs: Refs,
  objects: Objects,
  cutOff: () => Promise<ReadonlySet<Oid>>,
  rev: string,
): Promise<Oid | undefined> {
  const parsed = parseRev(rev);
  if (parsed === undefined) return undefined;
  const start = await objectNamed(refs, parsed.base);
  const digits = start === undefined ? abbreviationIn(parsed.base) : undefined;
  let commit =
    digits === undefined ? start && (await commitOf(objects, start)) : await commitBeginning(objects, digits);
  for (const step of parsed.steps) {
    if (commit === undefined || step === 0) continue;
    commit = (await cutOff()).has(commit) ? undefined : (await parentsOf(objects, commit))?.[step - 1];
  }
  return commit;
}

async function objectNamed(refs: Refs, base: string): Promise<Oid | undefined> {
  if (isOid(base)) return base.toLowerCase();
  for (const name of refNamesOf(base)) {
    const oid = await refs.read(name);
    if (oid !== undefined) return oid;
  }
  return undefined;
}
