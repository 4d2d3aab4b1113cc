import type { ArtifactState, State } from '../domain/artifact.js';
import { type ArtifactName, lastPart } from '../domain/names.js';
import { artifactOfTag, looksLikeEvent, parseTagName } from '../domain/tag-name.js';
import { failureOf, RegError } from '../errors.js';
import { refOf, type TagReading } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';
import { declaredArtifacts } from '../registry/declared.js';
import { stagesAlone } from '../registry/queries.js';

// Tags of other tools may be named as events are. Only a tag that is provably of this registry may be deleted.

/** What may be of another tool. */
export interface ForeignTags {
  /** The doubtful tags, by the artifact that their names begin with. */
  byArtifact: ReadonlyMap<ArtifactName, readonly string[]>;
  /** Whether the artifact of a tag is among these. */
  has(tag: string): boolean;
  /** Whether the artifact of a tag is provably one of this registry. */
  isOwn(tag: string): boolean;
}

/**
 * Finds tags that may be those of other tools: those that only have the name of an event, and events of artifacts that have nothing but
 * stages. An artifact is provably of this registry where HEAD declares it. So it is where an event of it has a trailer of reg, a message of
 * reg or gto, or a stage that the configuration lists.
 */
export async function foreignTags(
  context: RegistryContext,
  state: State,
  readings: readonly TagReading[],
): Promise<ForeignTags> {
  const doubtful = new Map<ArtifactName, string[]>();
  const doubt = (tag: string): void => {
    const artifact = artifactOfTag(tag);
    if (artifact === undefined) return;
    const tags = doubtful.get(artifact);
    if (tags) tags.push(tag);
    else doubtful.set(artifact, [tag]);
  };
  for (const reading of readings) {
    const { name } = refOf(reading);
    const isEvent = parseTagName(name) !== undefined;
    const isNameAlone = isEvent ? 'ref' in reading && reading.defect !== 'missing' : looksLikeEvent(name);
    if (isNameAlone) doubt(name);
  }
  for (const { grouped, events } of state.values())
    if ((stagesAlone(grouped)?.length ?? 0) > 0) for (const { tag } of events) doubt(tag);
  const config = await context.config().catch(failureOf);
  const listed = config instanceof RegError ? [] : (config.stages ?? []);
  const head = await context.repository.objects.commit('HEAD');
  const declared = new Set(head === undefined ? [] : await declaredArtifacts(context, head));
  const isOwn = (artifact: ArtifactName): boolean =>
    declared.has(artifact) || (state.get(artifact)?.events ?? []).some((event) => isProof(event, listed));
  const byArtifact = new Map([...doubtful].filter(([artifact]) => !isOwn(artifact)));
  const about = (tag: string, ask: (artifact: ArtifactName) => boolean): boolean => {
    const artifact = artifactOfTag(tag);
    return artifact !== undefined && ask(artifact);
  };
  return {
    byArtifact,
    has: (tag) => about(tag, (artifact) => byArtifact.has(artifact)),
    isOwn: (tag) => about(tag, isOwn),
  };
}

/** How the messages of reg and of gto 1.x begin, where a person gave no other one. */
const WRITTEN = /^(?:Register|Deregister|Assign|Unassign|Deprecat)(?:e|ing)? /;

const isProof = (event: ArtifactState['events'][number], listed: readonly string[]): boolean =>
  (WRITTEN.test(event.message) && event.message.includes(lastPart(event.artifact))) ||
  event.parent !== undefined ||
  event.statedVersion !== undefined ||
  ('successor' in event && event.successor !== undefined) ||
  ('stage' in event && listed.includes(event.stage));
