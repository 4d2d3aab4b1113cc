import type { StageName } from './names.js';
import { compareText } from './order.js';
import type { ArtifactState, ResolvedEvent, VersionState } from './state.js';
import { compareVersions, type Version } from './version.js';

/** A version in a stage, with the assignment that put it there. */
export interface InStage {
  version: VersionState;
  assignment: ResolvedEvent;
}

/** The versions in a stage, the current one first (SPEC §3: the one whose last assignment comes last). */
export function versionsInStage(artifact: ArtifactState, stage: StageName): InStage[] {
  const held: InStage[] = [];
  for (const version of artifact.versions.values()) {
    const last = version.stages.get(stage);
    if (version.active && last?.kind === 'assignment') held.push({ version, assignment: last });
  }
  return held.sort((a, b) => b.assignment.place - a.assignment.place);
}

/** The current version in a stage, if there is one. */
export const currentIn = (artifact: ArtifactState, stage: StageName): InStage | undefined =>
  versionsInStage(artifact, stage)[0];

/** Every stage that some event of the artifact names, by name. */
export function stagesUsed(artifact: ArtifactState): StageName[] {
  const stages = new Set<StageName>();
  for (const event of artifact.events) if ('stage' in event) stages.add(event.stage);
  return [...stages].sort(compareText);
}

/** The current version of every stage that holds one, stages by name. */
export function currentByStage(artifact: ArtifactState): Map<StageName, InStage> {
  const current = new Map<StageName, InStage>();
  for (const stage of stagesUsed(artifact)) {
    const held = currentIn(artifact, stage);
    if (held) current.set(stage, held);
  }
  return current;
}

/** The greatest active registered version by SemVer precedence, pre-releases included (SPEC §3). */
export function latestVersion(artifact: ArtifactState): VersionState | undefined {
  return versionsGreatestFirst(artifact).find((version) => version.registered && version.active);
}

/** All versions, greatest first; unregistered ones after the registered, the newest of them first. */
export function versionsGreatestFirst(artifact: ArtifactState): VersionState[] {
  return [...artifact.versions.values()].sort(
    (a, b) =>
      Number(b.registered) - Number(a.registered) ||
      (a.registered ? compareVersions(b.id as Version, a.id as Version) : b.event.time - a.event.time) ||
      compareText(a.id, b.id),
  );
}
