import type { ArtifactName, StageName } from '../domain/names.js';
import { failureOf, RegError } from '../errors.js';
import { configMentions, type RegistryContext } from './context.js';
import { declaredArtifacts } from './declared.js';

// Tags of other tools may read as assignments: `nightly#2026-01-01`, `issue#12` (docs/specification.md, 1 Tags).

/** Whether an overview leaves out an artifact that has nothing but these stages. */
export type IsLeftOut = (artifact: ArtifactName, stages: readonly StageName[]) => boolean;

/**
 * What overviews leave out: all events of an artifact are of stages that `stages` of `.reg.yaml` does not list, and HEAD does not
 * declare it. Without such a list that is nothing.
 * @param isNeeded whether some artifact has stages that are not among these; the files of HEAD are read for nothing else
 */
export async function undeclaredRule(
  context: RegistryContext,
  isNeeded: (listed: readonly StageName[]) => boolean,
): Promise<IsLeftOut> {
  const nothing = (): boolean => false;
  if (!(await configMentions(context, 'stages'))) return nothing;
  // one that cannot be read lists nothing; what needs it says what is wrong with it
  const config = await context.config().catch(failureOf);
  const listed = config instanceof RegError ? undefined : config.stages;
  if (listed === undefined || !isNeeded(listed)) return nothing;
  const head = await context.repository.objects.commit('HEAD');
  const declared = new Set(head === undefined ? [] : await declaredArtifacts(context, head));
  return (artifact, stages) => isStrange(stages, listed) && !declared.has(artifact);
}

const isStrange = (stages: readonly StageName[], listed: readonly StageName[]): boolean =>
  !stages.some((stage) => listed.includes(stage));

/**
 * The artifacts that overviews leave out.
 * @param candidates artifacts with their stages, those that have nothing else; most registries have none, and nothing is read then
 */
export async function undeclaredAmong(
  context: RegistryContext,
  candidates: ReadonlyMap<ArtifactName, readonly StageName[]>,
): Promise<Set<ArtifactName>> {
  if (candidates.size === 0) return new Set();
  const isLeftOut = await undeclaredRule(context, (listed) =>
    [...candidates.values()].some((stages) => isStrange(stages, listed)),
  );
  return new Set([...candidates].flatMap(([name, stages]) => (isLeftOut(name, stages) ? [name] : [])));
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
