import type { Link } from '../documents/link.js';
import type { ArtifactState } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import { type ArtifactName, artifactNameForTag, parseStageName } from '../domain/names.js';
import { COMPLETE, heldByStage, isVersion } from '../domain/state.js';
import { compareVersions, parseVersion, type Version } from '../domain/version.js';
import { RegError } from '../errors.js';
import { wantsVerified } from '../registry/context.js';
import { chooseLink } from '../registry/load.js';
import { readArtifact } from '../registry/read.js';
import type { State } from './state.js';

/** A version that is served: where it is registered, and the link that says which bytes it is. */
export interface ServedVersion {
  artifact: ArtifactName;
  /** `v1.2.0`, or the full commit id of one that a stage holds without a registration. */
  version: string;
  /** The commit of the registry. */
  commit: Oid;
  link: Link;
  /** The registry as it was when the version was found. */
  state: State;
}

/** Which version is meant: by a stage, by its name, or as the greatest. */
export type Revision =
  | { kind: 'stage'; stage: string }
  | { kind: 'version'; version: string }
  | { kind: 'latest' };

/**
 * Reads a revision as clients send it: `v1.2.0`, `1.2.0`, `prod`, `latest`, and with the name of the artifact before it as tags have it,
 * `churn@v1.2.0` or `churn#prod`. A stage that is called `latest` is not meant by that word.
 */
export function readRevision(artifact: ArtifactName, text: string): Revision {
  const name = artifactNameForTag(artifact);
  const rest = text.startsWith(name) && /^[@#]/.test(text.slice(name.length)) ? text.slice(name.length) : '';
  if (rest.startsWith('#')) return { kind: 'stage', stage: rest.slice(1) };
  const word = rest === '' ? text : rest.slice(1);
  if (word === 'latest') return { kind: 'latest' };
  const version = parseVersion(word) ?? parseVersion(`v${word}`);
  if (version !== undefined) return { kind: 'version', version };
  return rest === '' && !isCommitId(word)
    ? { kind: 'stage', stage: word }
    : { kind: 'version', version: word };
}

const isCommitId = (word: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(word);

/**
 * Finds the version that is meant, with a link that is pinned.
 * @throws RegError UNKNOWN_ARTIFACT, UNKNOWN_STAGE, UNKNOWN_VERSION, NOTHING_IN_STAGE, NOT_DECLARED, NOT_PINNED, INVALID_LINK, and what
 * reading the registry throws
 */
export async function findVersion(
  state: State,
  artifact: ArtifactName,
  revision: Revision,
): Promise<ServedVersion> {
  if (!state.has(artifact)) throw unknownArtifact(artifact);
  const key =
    revision.kind === 'stage'
      ? `#${revision.stage}`
      : `@${'version' in revision ? revision.version : 'latest'}`;
  // a verified answer rests on approvals too, whose tags have other names
  const isVerified = await state.remembered('all', 'is verified', () => wantsVerified(state.context));
  const scope = isVerified ? 'all' : artifact;
  // the answer outlives the state, and must not hold it
  const found = await state.remembered(scope, `version ${isVerified ? artifact : ''}${key}`, async () => {
    if (revision.kind === 'stage' && parseStageName(revision.stage) === undefined)
      throw new RegError('UNKNOWN_STAGE', `${artifact} has no stage '${revision.stage}'`);
    const wanted =
      revision.kind === 'stage'
        ? { stage: revision.stage }
        : { version: revision.kind === 'latest' ? 'latest' : revision.version };
    if (revision.kind === 'version') await refuseWithdrawn(state, artifact, revision.version);
    const { version, commit, link } = await chooseLink(state.context, artifact, { ...wanted, frozen: true });
    return { artifact, version: version ?? commit, commit, link };
  });
  return { ...found, state };
}

/** Refuses a version that was deregistered: who asks for it by name could load it, and a server is not to hand it out. */
async function refuseWithdrawn(state: State, artifact: ArtifactName, version: string): Promise<void> {
  const { versions } = await eventsOfArtifact(state, artifact);
  if (versions.get(version as Version)?.active === false)
    throw new RegError('UNKNOWN_VERSION', `${artifact} ${version} was deregistered`);
}

/** The error for an artifact that no tag names. */
export const unknownArtifact = (artifact: string): RegError =>
  new RegError('UNKNOWN_ARTIFACT', `there is no artifact '${artifact}'`, 'list what there is: reg show');

/**
 * What all events of an artifact say.
 * @throws RegError UNKNOWN_ARTIFACT, DAMAGED
 */
export async function eventsOfArtifact(state: State, artifact: ArtifactName): Promise<ArtifactState> {
  if (!state.has(artifact)) throw unknownArtifact(artifact);
  return state.remembered(artifact, 'events', () => readArtifact(state.context, artifact));
}

/** The active versions of an artifact: those that are registered, the greatest first, and behind them those that stages hold without. */
export async function activeVersions(state: State, artifact: ArtifactName): Promise<string[]> {
  const { versions } = await eventsOfArtifact(state, artifact);
  const active = [...versions.values()].filter(
    (one) => one.active && (one.registered || one.stages.size > 0),
  );
  const ids = active.map(({ id }) => id);
  const registered = ids.filter((id): id is Version => isVersion(id)).sort((a, b) => compareVersions(b, a));
  return [...registered, ...ids.filter((id) => !isVersion(id))];
}

/** The stages of an artifact that hold a version now, by name, each with the version. */
export async function heldStages(state: State, artifact: ArtifactName): Promise<Map<string, string>> {
  const { grouped } = await eventsOfArtifact(state, artifact);
  return new Map(
    [...heldByStage(grouped, {}, COMPLETE)].flatMap(([stage, [first]]) =>
      first === undefined ? [] : [[stage as string, first.id as string] as const],
    ),
  );
}
