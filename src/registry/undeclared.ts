import type { ArtifactName, StageName } from '../domain/names.js';
import { failureOf, RegError } from '../errors.js';
import { configMentions, type RegistryContext } from './context.js';
import { declaredArtifacts } from './declared.js';

// Tags of other tools may read as assignments: `nightly#2026-01-01`, `issue#12` (docs/specification.md, 1 Tags).

/**
 * The artifacts that overviews leave out: all their events are of stages that `stages` of `.reg.yaml` does not list, and HEAD
 * does not declare them. Without such a list there are none.
 * @param candidates artifacts with their stages, those that have nothing else; most registries have none, and nothing is read then
 */
export async function undeclaredAmong(
  context: RegistryContext,
  candidates: ReadonlyMap<ArtifactName, readonly StageName[]>,
): Promise<Set<ArtifactName>> {
  if (candidates.size === 0 || !(await configMentions(context, 'stages'))) return new Set();
  // one that cannot be read lists nothing; what needs it says what is wrong with it
  const config = await context.config().catch(failureOf);
  const listed = config instanceof RegError ? undefined : config.stages;
  if (listed === undefined) return new Set();
  const strange = [...candidates].filter(([, stages]) => !stages.some((stage) => listed.includes(stage)));
  if (strange.length === 0) return new Set();
  const head = await context.repository.objects.commit('HEAD');
  const declared = new Set(head === undefined ? [] : await declaredArtifacts(context, head));
  return new Set(strange.map(([name]) => name).filter((name) => !declared.has(name)));
}

/** Notes the artifacts that an overview leaves out. */
export function noteUndeclared({ note }: RegistryContext, names: ReadonlySet<ArtifactName>): void {
  const [first] = names;
  if (first === undefined) return;
  const [what, them, their] =
    names.size === 1
      ? [`${first} is`, 'it', 'its']
      : [`${first} and ${names.size - 1} more are`, 'them', 'their'];
  note(
    `${what} left out: nothing declares ${them}, and .reg.yaml does not list ${their} stages; see: reg show --undeclared`,
  );
}
