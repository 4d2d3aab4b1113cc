import type { Oid } from './event.js';
import type { StageName } from './names.js';
import { type ArtifactState, isStageEvent, type ResolvedEvent, type VersionId } from './state.js';

/** One uninterrupted time during which a version was the current one in a stage. */
export interface Stay {
  version: VersionId;
  stage: StageName;
  /** The event that made it current; its `time` is when the stay began. */
  from: ResolvedEvent;
  /** The event that ended it; undefined while it lasts. */
  until: ResolvedEvent | undefined;
}

/** Lists the stays of one stage, oldest first, also those that began and ended in the same second. */
export function staysIn(artifact: ArtifactState, stage: StageName): Stay[] {
  const currentAfter = replay(stage);
  const stays: Stay[] = [];
  for (const event of artifact.events) {
    const version = currentAfter(event);
    const last = stays.at(-1);
    const open = last?.until === undefined ? last : undefined;
    if (open?.version === version) continue;
    if (open) open.until = event;
    if (version !== undefined) stays.push({ version, stage, from: event, until: undefined });
  }
  return stays;
}

/**
 * The stays that a time can name: at every moment the one that lasts is what `currentIn` gives for the events up to
 * that moment. What lasted no second is left out, and what it parted is one stay again.
 */
export function lastingStays(artifact: ArtifactState, stage: StageName): Stay[] {
  const lasting: Stay[] = [];
  for (const stay of staysIn(artifact, stage)) {
    if (stay.until?.time === stay.from.time) continue;
    const last = lasting.at(-1);
    if (last?.version === stay.version && last.until?.time === stay.from.time) last.until = stay.until;
    else lasting.push(stay);
  }
  return lasting;
}

/** What is known of one version at one moment: its last event for the stage, and whether stages may hold it. */
interface Held {
  id: VersionId;
  active: boolean;
  last?: ResolvedEvent | undefined;
}

/** Gives a function that takes the events one after the other and tells the version that is current after each. */
function replay(stage: StageName): (event: ResolvedEvent) => VersionId | undefined {
  const held = new Map<VersionId, Held>();
  const registeredCommits = new Set<Oid>();
  let current: VersionId | undefined;

  const at = (id: VersionId, active: boolean): Held => {
    const known = held.get(id) ?? { id, active };
    held.set(id, known);
    return known;
  };
  const touch = (event: ResolvedEvent): Held | undefined => {
    if (event.kind === 'registration') {
      const known = Object.assign(at(event.version, true), { active: true });
      // a bare commit that gets its first version hands its stages over to it (SPEC §3, no trailer)
      const bare = registeredCommits.has(event.commit) ? undefined : held.get(event.commit);
      registeredCommits.add(event.commit);
      if (bare && held.delete(bare.id) && (known.last?.place ?? -1) < (bare.last?.place ?? -1))
        known.last = bare.last;
      return known;
    }
    if (event.kind === 'deregistration') return Object.assign(at(event.version, false), { active: false });
    if (!isStageEvent(event) || event.stage !== stage) return undefined;
    const isBare = event.statedVersion === undefined && !registeredCommits.has(event.commit);
    return Object.assign(at(isBare ? event.commit : event.of, isBare), { last: event });
  };

  return (event) => {
    const touched = touch(event);
    if (touched?.last?.place === event.place && event.kind === 'assignment' && touched.active)
      current = touched.id;
    else if (touched?.last) current = newest(held.values())?.id;
    return current;
  };
}

function newest(held: Iterable<Held>): Held | undefined {
  let best: Held | undefined;
  for (const known of held) {
    if (!known.active || known.last?.kind !== 'assignment') continue;
    if (best?.last === undefined || known.last.place > best.last.place) best = known;
  }
  return best;
}
