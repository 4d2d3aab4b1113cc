import { isOid } from '../util/oid.js';
import type { AnnotatedTag, Oid, Tagger } from './event.js';
import { type ArtifactName, artifactNameForTag, artifactNameFromTag, type StageName } from './names.js';
import { mayChange, type Policy, type StagePolicy } from './policy.js';
import { type Signature, standsFor } from './signature.js';
import { joinMessage, ownWords, splitMessage, trailerValues } from './trailers.js';

// History that was rewritten on purpose (docs/specification.md, 1 Tags, Other refs): a tag names what was found, and who accepts it.

/** A place where the history of an artifact was rewritten. */
export interface Rewritten {
  /** The tag object of the event that shows it. */
  event: Oid;
  /** The tag object that this event names as the one before it. */
  parent: Oid;
  /** The tag object that stands there now; undefined where the event is the first one now. */
  now: Oid | undefined;
}

/** Where the names of acceptances begin. They have neither `@` nor `#`, so that no reader of events looks at them. */
export const ACCEPTANCES = 'reg/accept/';

/** Where the acceptances of an artifact begin; those of `churn/eu` lie below those of `churn`. */
export const acceptancesOf = (artifact: ArtifactName): string =>
  `${ACCEPTANCES}${artifactNameForTag(artifact)}/`;

/** The name of the next acceptance of an artifact, beside the tags that are there. */
export function nextAcceptanceName(artifact: ArtifactName, tagNames: Iterable<string>): string {
  const start = acceptancesOf(artifact);
  const taken = new Set(
    [...tagNames].filter((name) => name.startsWith(start)).map((name) => name.slice(start.length)),
  );
  const numbers = [...taken].map((rest) => Number(/^[0-9]{1,9}(?=\/|$)/.exec(rest) ?? 0));
  return `${start}${Math.max(0, ...numbers) + 1}`;
}

/** An annotated tag by which a person accepts what was rewritten of an artifact. */
export interface Acceptance {
  artifact: ArtifactName;
  /** The number at the end of its name. Of two acceptances of one place the later one holds. */
  number: number;
  rewritten: readonly Rewritten[];
  /** Why, in the words of the person. */
  message: string;
  tag: string;
  tagOid: Oid;
  tagger: Tagger;
  /** Seconds since the epoch, by the clock of the tagger. */
  date: number;
  signed: boolean;
}

const TRAILER = 'Reg-Accept';

/** In place of an object id: the event is the first one now. */
const NOTHING = 'none';

/** Writes the message of an acceptance. */
export const acceptanceMessage = (why: string, rewritten: readonly Rewritten[]): string =>
  joinMessage(
    ownWords(why),
    rewritten.map(({ event, parent, now }) => [TRAILER, `${event} ${parent} ${now ?? NOTHING}`] as const),
  );

/** Reads a tag as an acceptance, or gives the reason why it is not one. */
export function acceptanceOf(tag: AnnotatedTag): Acceptance | { problem: string } {
  const [, path = '', number] = /^reg\/accept\/(.+)\/([1-9][0-9]{0,14})$/.exec(tag.name) ?? [];
  const artifact = artifactNameFromTag(path);
  if (artifact === undefined) return { problem: 'its name cannot be read as an acceptance' };
  if (tag.ownName !== undefined) return { problem: `its object calls itself '${tag.ownName}'` };
  const values = trailerValues(tag.message, TRAILER.toLowerCase());
  const rewritten = values.flatMap((value) => rewrittenIn(value) ?? []);
  if (rewritten.length === 0 || rewritten.length < values.length)
    return { problem: `its ${TRAILER} trailers cannot be read` };
  const { name, oid, tagger, date, signed = false } = tag;
  const message = splitMessage(tag.message).text;
  return {
    artifact,
    number: Number(number),
    rewritten,
    message,
    tag: name,
    tagOid: oid,
    tagger,
    date,
    signed,
  };
}

function rewrittenIn(value: string): Rewritten | undefined {
  const [event = '', parent = '', now = '', ...rest] = value.split(' ');
  if (!isOid(event) || !isOid(parent) || rest.length > 0) return undefined;
  if (now === NOTHING) return { event, parent, now: undefined };
  return isOid(now) ? { event, parent, now } : undefined;
}

/** What counts as accepted, and by which tags. */
export type Accepted = Rewritten & { by: readonly Acceptance[] };

/**
 * What counts of acceptances. What was lost may have been about any stage. So each stage whose policy says who may change it wants
 * an acceptance by someone who may. Of each place the last thing that was accepted counts, so that no tag moves back unseen.
 * @param signatures of the acceptances, where a stage asks for them
 */
export function acceptedBy(
  policy: Policy,
  acceptances: readonly Acceptance[],
  signatures: Signatures,
): Accepted[] {
  const same = new Map<string, Accepted>();
  for (const acceptance of acceptances.toSorted((a, b) => a.number - b.number))
    for (const { event, parent, now } of acceptance.rewritten) {
      const key = `${event} ${parent} ${now}`;
      same.set(key, { event, parent, now, by: [...(same.get(key)?.by ?? []), acceptance] });
    }
  const places = new Map<string, Accepted>();
  for (const one of same.values()) {
    const key = `${one.event} ${one.parent}`;
    // someone who may accept nothing does not choose which acceptance is the last one
    const by = one.by.filter((acceptance) => !isUseless(policy, acceptance, signatures));
    const isLater = lastNumber({ ...one, by }) >= lastNumber(places.get(key));
    if (isLater && stagesWithout(policy, by, signatures).length === 0) places.set(key, { ...one, by });
  }
  return [...places.values()];
}

const lastNumber = (one: Accepted | undefined): number => one?.by.at(-1)?.number ?? 0;

/** The signatures of acceptances, by tag object; `coming` is one that will be made. */
type Signatures = ReadonlyMap<Oid, Signature | 'coming'>;

/** The stages whose policy says who may change them, and for which none of these acceptances counts. */
export const stagesWithout = (
  policy: Policy,
  acceptances: readonly Pick<Acceptance, 'tagger' | 'tagOid'>[],
  signatures: Signatures,
): StageName[] =>
  stagesThatAsk(policy).filter(
    (stage) => !acceptances.some((one) => mayAccept(policy[stage] ?? {}, one, signatures.get(one.tagOid))),
  );

/** Whether a policy counts an acceptance for none of the stages that ask. */
export function isUseless(
  policy: Policy,
  acceptance: Pick<Acceptance, 'tagger' | 'tagOid'>,
  signatures: Signatures,
): boolean {
  const asking = stagesThatAsk(policy);
  return asking.length > 0 && stagesWithout(policy, [acceptance], signatures).length === asking.length;
}

/** The stages whose policy says who may change them. */
export const stagesThatAsk = (policy: Policy): StageName[] =>
  (Object.keys(policy) as StageName[]).filter(
    (stage) => policy[stage]?.by !== undefined || policy[stage]?.signed === true,
  );

function mayAccept(
  { by, signed }: StagePolicy,
  { tagger }: Pick<Acceptance, 'tagger'>,
  signature: Signature | 'coming' | undefined,
): boolean {
  if (by !== undefined && !mayChange(by, tagger)) return false;
  if (!signed || signature === 'coming') return true;
  return signature?.verdict === 'good' && standsFor(signature.signer ?? '', tagger.email);
}
