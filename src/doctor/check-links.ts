import { type ArtifactState, type State, versionsByStage } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import { findDeclaration } from '../registry/declared.js';
import { followLink } from '../registry/follow-link.js';
import { linkAt } from '../registry/link-at.js';
import { short } from '../util/oid.js';
import type { Ailment } from './finding.js';

/** Links of what stages hold now whose source or commit is gone. */
export async function checkLinks(context: RegistryContext, state: State): Promise<Ailment[]> {
  const ailments: Ailment[] = [];
  for (const artifact of state.values())
    for (const commit of commitsInUse(artifact)) {
      const problem = await brokenLink(context, artifact, commit);
      if (problem) ailments.push(problem);
    }
  return ailments;
}

function commitsInUse(artifact: ArtifactState): Set<Oid> {
  const held = [...versionsByStage(artifact).values()].flat();
  return new Set(held.map(({ version }) => version.commit));
}

async function brokenLink(
  context: RegistryContext,
  { name }: ArtifactState,
  commit: Oid,
): Promise<Ailment | undefined> {
  try {
    const declaration = await findDeclaration(context.repository, commit, name);
    if (declaration?.kind !== 'link') return undefined;
    await followLink(context, await linkAt(context, name, commit), async () => commit);
    return undefined;
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    const message = `its link at commit ${short(commit)} leads nowhere: ${error.message}`;
    return { level: 'error', check: 'link', subject: name, message, fix: null };
  }
}
