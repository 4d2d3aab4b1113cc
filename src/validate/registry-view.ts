import type { Config } from '../documents/config.js';
import type { Link } from '../documents/link.js';
import { artifactOfLink } from '../documents/link-path.js';
import { artifactStateOf, versionsByStage } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName, StageName } from '../domain/names.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import { linkAt } from '../registry/link-at.js';
import { eventsIn, readArtifactNames } from '../registry/read.js';
import { memoize, once } from '../util/async.js';
import { tagsFromRemote } from './remote-tags.js';

/** What rules may ask about the registry around what they look at; each answer is found once. */
export interface RegistryView {
  context: RegistryContext;
  config: Config;
  /** Every link file of the work tree, looked at or not. */
  files: readonly string[];
  /** What these declare. */
  declared: readonly ArtifactName[];
  /** Artifacts that have events. */
  registered(): Promise<readonly ArtifactName[]>;
  /** The stages that hold a version of an artifact, each with the current one and what declares it. */
  held(artifact: ArtifactName): Promise<Held>;
}

/** What the stages of an artifact hold. */
export interface Held {
  stages: ReadonlyMap<StageName, HeldLink>;
  /** Why nobody knows; undefined when it is known. */
  problem?: string;
}

/** The version that is current in a stage. */
export interface HeldLink {
  version: string;
  /** The commit of the registry that it belongs to. */
  commit: Oid;
  /** Undefined where nothing declares it, or what does cannot be read. */
  link: Link | undefined;
}

/** Makes the view of a registry whose work tree holds these link files. */
export async function viewOf(
  context: RegistryContext,
  files: readonly string[],
  offline: boolean,
): Promise<RegistryView> {
  const tagsOf = tagsFromRemote(context, offline);
  return {
    context,
    config: await context.config(),
    files,
    declared: files.flatMap((file) => artifactOfLink(file) ?? []),
    registered: once(() => readArtifactNames(context.repository.tags)),
    held: memoize((artifact) => readHeld(context, artifact, tagsOf), { keepFailures: true }),
  };
}

async function readHeld(
  context: RegistryContext,
  name: ArtifactName,
  tagsOf: ReturnType<typeof tagsFromRemote>,
): Promise<Held> {
  const stages = new Map<StageName, HeldLink>();
  try {
    const tags = await tagsOf(name);
    const readings = tags.length === 0 ? [] : await context.repository.readTags(tags);
    const { events } = eventsIn(readings, name);
    for (const [stage, [current]] of versionsByStage(artifactStateOf(name, events))) {
      if (current === undefined) continue;
      const { id, commit } = current.version;
      const link = await linkAt(context, name, commit).catch(unlessUnreadable);
      stages.set(stage, { version: id, commit, link });
    }
    return { stages };
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    const problem = `what is in the stages of ${name} cannot be told: ${error.message}`;
    return { stages, problem: `${problem}; fetch the tags, or add --offline to go by those that are here` };
  }
}

function unlessUnreadable(error: unknown): undefined {
  if (error instanceof RegError && (error.code === 'NOT_DECLARED' || error.code === 'INVALID_LINK'))
    return undefined;
  throw error;
}
