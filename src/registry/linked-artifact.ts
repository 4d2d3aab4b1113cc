import type { ArtifactState } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import { findCurrent, findNamed } from '../domain/find.js';
import { newerTag } from '../domain/newer-tag.js';
import type { Target } from '../domain/target.js';

/** What a link to an artifact of another registry leads to now. */
export interface Standing {
  commit: Oid;
  /** A later version than the one that the link names; null when there is none, or it names none. */
  newer: string | null;
}

/**
 * Tells what a link's `churn#prod` or `churn@v1.2.0` is in the state that the artifact has now.
 * @throws RegError UNKNOWN_STAGE, NOTHING_IN_STAGE, UNKNOWN_VERSION
 */
export function standingOf(artifact: ArtifactState, { which = { kind: 'latest' } }: Target): Standing {
  if (which.kind === 'stage') {
    const { version } = findCurrent(artifact, which.stage);
    return { commit: version.commit, newer: null };
  }
  const { id, commit } = findNamed(artifact, which);
  if (which.kind === 'latest') return { commit, newer: null };
  const active = [...artifact.versions.values()].filter((version) => version.active && version.registered);
  const named = active.map((version) => `${artifact.name}@${version.id}`);
  return { commit, newer: newerTag(`${artifact.name}@${id}`, named) ?? null };
}
