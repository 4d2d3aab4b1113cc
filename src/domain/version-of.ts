import type { Oid } from './event.js';
import type { OrderedEvent } from './order.js';
import type { Version } from './version.js';

interface Registered {
  version: Version;
  /** Where its registration stands among the artifact's events. */
  place: number;
}

/**
 * Tells which version each event of one artifact is about (SPEC §3): a stage event is about the version that its
 * `Reg-Version` trailer states; else the one registered at its commit, the latest registered at or before the event
 * where there are several; else the commit itself.
 * @param ordered the artifact's events, oldest first
 */
export function versionsOf(
  ordered: readonly OrderedEvent[],
): (event: OrderedEvent) => Version | Oid | undefined {
  const registeredAt = new Map<Oid, Registered[]>();
  for (const event of ordered) {
    if (event.kind !== 'registration') continue;
    const here = registeredAt.get(event.commit);
    if (here) here.push({ version: event.version, place: event.place });
    else registeredAt.set(event.commit, [{ version: event.version, place: event.place }]);
  }
  return (event) => {
    if (event.kind === 'deprecation') return undefined;
    if (event.kind === 'registration' || event.kind === 'deregistration') return event.version;
    return event.statedVersion ?? atCommit(registeredAt.get(event.commit), event.place) ?? event.commit;
  };
}

/** The latest version registered at or before a place, else the first one registered after it. */
function atCommit(here: readonly Registered[] | undefined, place: number): Version | undefined {
  return (here?.findLast((registered) => registered.place <= place) ?? here?.[0])?.version;
}
