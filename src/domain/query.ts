import type { StageName } from './names.js';
import { compareText } from './order.js';
import type { ArtifactState, ResolvedEvent, VersionState } from './state.js';
import type { Version } from './version.js';
import { compareVersions } from './version-order.js';

/** A version in a stage, with the assignment that put it there. */
export interface InStage {
  version: VersionState;
  assignment: ResolvedEvent;
}

/** The versions in a stage, the current one first (SPEC §3: the one whose last assignment comes last). */
export const versionsInStage = (artifact: ArtifactState, stage: StageName): InStage[] =>
  versionsByStage(artifact, { versionsPerStage: -1 }).get(stage) ?? [];

/** The current version in a stage, if there is one. */
export const currentIn = (artifact: ArtifactState, stage: StageName): InStage | undefined =>
  versionsInStage(artifact, stage)[0];

/** Every stage that some event of the artifact names, by name. */
export function stagesUsed(artifact: ArtifactState): StageName[] {
  const stages = new Set<StageName>();
  for (const event of artifact.events) if ('stage' in event) stages.add(event.stage);
  return [...stages].sort(compareText);
}

/** How much of an artifact's stages is looked at. Counts below zero stand for all. */
export interface View {
  /** So many versions of each stage, the current one first; 1 by default. */
  versionsPerStage?: number | undefined;
  /** Only the last so many stages that each version was assigned to; all by default. */
  assignmentsPerVersion?: number | undefined;
  /** No unregistered versions. */
  registeredOnly?: boolean | undefined;
}

/** The versions that stages hold, stages by name and the current version of each first. */
export function versionsByStage(artifact: ArtifactState, view: View = {}): Map<StageName, InStage[]> {
  const held = [...artifact.versions.values()]
    .filter((version) => version.active && (version.registered || !view.registeredOnly))
    .flatMap((version) => firstOf(assignmentsOf(version), view.assignmentsPerVersion ?? -1));
  const byStage = new Map<StageName, InStage[]>();
  for (const { stage, ...one } of held.sort(byStageAndPlace)) {
    const inside = byStage.get(stage);
    if (inside) inside.push(one);
    else byStage.set(stage, [one]);
  }
  return new Map(
    [...byStage].map(([stage, versions]) => [stage, firstOf(versions, view.versionsPerStage ?? 1)]),
  );
}

type Assigned = InStage & { stage: StageName };

/** The assignments that hold for a version, the latest first. */
function assignmentsOf(version: VersionState): Assigned[] {
  return [...version.stages]
    .filter(([, last]) => last.kind === 'assignment')
    .map(([stage, assignment]) => ({ stage, version, assignment }))
    .sort((a, b) => b.assignment.place - a.assignment.place);
}

const byStageAndPlace = (a: Assigned, b: Assigned): number =>
  compareText(a.stage, b.stage) || b.assignment.place - a.assignment.place;

const firstOf = <T>(all: T[], count: number): T[] => (count < 0 ? all : all.slice(0, count));

/** How versions are put in order: by SemVer precedence or by when they were registered. */
export type VersionOrder = 'semver' | 'timestamp';

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

/** All versions, the last registered first. */
export const versionsNewestFirst = (artifact: ArtifactState): VersionState[] =>
  [...artifact.versions.values()].sort((a, b) => b.event.place - a.event.place);
