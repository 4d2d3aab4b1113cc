import type { Config } from '../config/config.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName, StageName } from '../domain/names.js';
import { versionsByStage } from '../domain/query.js';
import { RegError } from '../errors.js';
import { artifactOfLink } from '../links/link-path.js';
import type { Link } from '../links/schema.js';
import { once } from '../once.js';
import type { RegistryContext } from '../registry/context.js';
import { linkAt } from '../registry/link-at.js';
import { readArtifact, readArtifactNames } from '../registry/read.js';

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
  held(artifact: ArtifactName): Promise<ReadonlyMap<StageName, HeldLink>>;
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
export async function viewOf(context: RegistryContext, files: readonly string[]): Promise<RegistryView> {
  const held = new Map<ArtifactName, () => Promise<ReadonlyMap<StageName, HeldLink>>>();
  return {
    context,
    config: await context.config(),
    files,
    declared: files.flatMap((file) => artifactOfLink(file) ?? []),
    registered: once(() => readArtifactNames(context.repository)),
    held: (artifact) => {
      const ask = held.get(artifact) ?? once(() => readHeld(context, artifact));
      held.set(artifact, ask);
      return ask();
    },
  };
}

async function readHeld(
  context: RegistryContext,
  name: ArtifactName,
): Promise<ReadonlyMap<StageName, HeldLink>> {
  const held = new Map<StageName, HeldLink>();
  for (const [stage, [current]] of versionsByStage(await readArtifact(context.repository, name))) {
    if (current === undefined) continue;
    const { id, commit } = current.version;
    held.set(stage, {
      version: id,
      commit,
      link: await linkAt(context, name, commit).catch(unlessUnreadable),
    });
  }
  return held;
}

function unlessUnreadable(error: unknown): undefined {
  if (error instanceof RegError && (error.code === 'NOT_DECLARED' || error.code === 'INVALID_LINK'))
    return undefined;
  throw error;
}
