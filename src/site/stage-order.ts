import { type ArtifactState, isStageEvent } from '../domain/artifact.js';
import type { StageName } from '../domain/names.js';

/** Names that stages commonly have, by how near to the users of a model they are. */
const KNOWN: readonly RegExp[] = [
  /^(local|sandbox|play(ground)?|exp(eriment(al)?)?)$/,
  /^(dev|devel|development)$/,
  /^(int|integration|ci)$/,
  /^(test|testing|qa)$/,
  /^(stag(e|ing)|uat|acceptance|preprod|pre-prod(uction)?)$/,
  /^(shadow|canary|beta|pilot)$/,
  /^(prod|production|live|release)$/,
  /^(archived?|retired)$/,
];

const placeOf = (stage: string): number => KNOWN.findIndex((one) => one.test(stage.toLowerCase()));

/**
 * Stages in the order of promotion: as the configuration lists them, and behind those the others by their first use. Among these, stages
 * with common names, such as dev and prod, are in the order that the names say.
 */
export function stagesInOrder(
  listed: readonly StageName[],
  artifacts: readonly ArtifactState[],
): StageName[] {
  const firstUse = new Map<StageName, number>();
  for (const { events } of artifacts)
    for (const event of events)
      if (isStageEvent(event) && !(event.time >= (firstUse.get(event.stage) ?? Number.POSITIVE_INFINITY)))
        firstUse.set(event.stage, event.time);
  const used = [...firstUse]
    .sort(([a, one], [b, other]) => one - other || (a < b ? -1 : 1))
    .map(([stage]) => stage)
    .filter((stage) => !listed.includes(stage));
  const known = used.filter((stage) => placeOf(stage) >= 0).sort((a, b) => placeOf(a) - placeOf(b));
  const inPlace = used.map((stage) => (placeOf(stage) < 0 ? stage : (known.shift() ?? stage)));
  return [...listed, ...inPlace];
}
