import type { Oid } from '../domain/event.js';
import { findNamed } from '../domain/find.js';
import { type ArtifactName, stageName } from '../domain/names.js';
import { parseVersionTarget, type Target } from '../domain/target.js';
import { RegError } from '../errors.js';
import { type RegistryContext, requireCommit } from './context.js';
import { requireArtifact, requireCurrent } from './queries.js';

/** Which state of an artifact is meant: in a stage, a version (`latest` for the greatest), or a rev; else HEAD. */
export interface ChooseOptions {
  stage?: string | undefined;
  version?: string | undefined;
  /** A branch, tag or commit id of the registry. */
  rev?: string | undefined;
  /** Answers as of this moment. */
  at?: Date | undefined;
}

/** A commit of the registry, and the version that led there; null when a rev did. */
export interface Chosen {
  version: string | null;
  commit: Oid;
}

/**
 * Finds the commit of the registry that is meant.
 * @throws RegError USAGE when it is named twice, and what finding a stage, version or rev throws
 */
export async function choose(
  context: RegistryContext,
  name: ArtifactName,
  { stage, version, rev, at }: ChooseOptions,
): Promise<Chosen> {
  if ([stage, version, rev].filter((one) => one !== undefined).length > 1)
    throw new RegError('USAGE', 'what is meant is named twice', 'give one of a stage, a version and a rev');
  if (stage !== undefined) {
    const artifact = await requireArtifact(context, name, at);
    const { version: held } = await requireCurrent(context, artifact, stageName(stage));
    return { version: held.id, commit: held.commit };
  }
  if (version !== undefined) {
    const artifact = await requireArtifact(context, name, at);
    const which = parseVersionTarget(`${name}@${version}`).which ?? { kind: 'latest' };
    const found = findNamed(artifact, which);
    return { version: found.id, commit: found.commit };
  }
  if (at !== undefined)
    throw new RegError(
      'USAGE',
      'a time needs a stage or a version to ask about',
      `write ${name}#STAGE or ${name}@latest`,
    );
  return { version: null, commit: await requireCommit(context, rev ?? 'HEAD') };
}

/** What a target that a person typed says about which state is meant. */
export function chosenBy({ which }: Target): Pick<ChooseOptions, 'stage' | 'version'> {
  switch (which?.kind) {
    case 'stage':
      return { stage: which.stage };
    case 'version':
      return { version: which.id };
    case 'latest':
      return { version: 'latest' };
    default:
      return {};
  }
}
