import type { Acceptance, Accepted } from '../domain/acceptance.js';
import type { ArtifactState, ResolvedEvent } from '../domain/artifact.js';
import { type Break, breaksIn, goneParents, sharedCounters } from '../domain/chain.js';
import { datedAhead } from '../domain/clock.js';
import type { Oid } from '../domain/event.js';
import { findNamed } from '../domain/find.js';
import { artifactName, artifactNameForTag } from '../domain/names.js';
import { mergeOrdered } from '../domain/order.js';
import { type Signature, standsFor, UNSIGNED } from '../domain/signature.js';
import { looksLikeEvent, parseTagName } from '../domain/tag-name.js';
import { parseTarget } from '../domain/target.js';
import { formatTime } from '../domain/time.js';
import { requireSignatures, type Tags } from '../git/port.js';
import { acceptedIn } from '../registry/acceptances.js';
import type { RegistryContext } from '../registry/context.js';
import { historyRow } from '../registry/make-rows.js';
import { askMeant } from '../registry/meant.js';
import { readWhole, refusePartial } from '../registry/missing.js';
import { judgedRegistry, type Rules, readRules, rulesSourceOf } from '../registry/policy.js';
import { isWithoutTags, reportMissing, requireArtifact } from '../registry/queries.js';
import { readArtifact } from '../registry/read.js';
import type { VerifiedRow } from '../registry/rows.js';
import { once } from '../util/async.js';

/** Options of `verify`. */
export interface VerifyOptions {
  /** Does not ask the remote who may sign: its branches as this clone knows them count. */
  offline?: boolean | undefined;
  /** Of all artifacts: is called for each one with a tag that cannot be read, whose events are left out. */
  onMissing?: ((artifact: string | undefined) => void) | undefined;
}

/**
 * Checks the signatures of events, and that the history of each artifact is complete. `target` is an artifact, or a version or
 * stage of one; by default all events are checked. Newest first.
 */
export async function verify(
  given: RegistryContext,
  target: string | undefined,
  options: VerifyOptions,
): Promise<VerifiedRow[]> {
  const { context, artifacts, isWanted, held, chains, rules } = await surveyChains(given, target, options);
  const events = mergeOrdered(artifacts.map((artifact) => artifact.events.filter(isWanted))).reverse();
  const signatures = await readSignatures(context, events, rules);
  noteLookAlikes(context, held.keys(), target === undefined ? undefined : artifacts);
  const breaks = [
    ...chains.breaks,
    ...artifacts.flatMap(sharedCounters),
    ...artifacts.flatMap((artifact) => datesAhead(artifact, Math.floor(context.now() / 1000))),
  ];
  const acceptances = new Set<Acceptance>();
  const rows = events.map((event) => {
    const { verdict, signer, key } = signatures.get(event.tagOid) ?? UNSIGNED;
    const own = breaks.filter((one) => one.event.tagOid === event.tagOid);
    const problems = [...own.map(({ message }) => message), ...problemsOf(event, { verdict, signer, key })];
    const gone = own.flatMap(({ rewritten }) => rewritten?.parent ?? [])[0] ?? null;
    const by = gone === null ? acceptancesOf(event, chains) : [];
    for (const one of by) acceptances.add(one);
    return {
      ...historyRow(event),
      signature: verdict,
      signer,
      key,
      problem: problems.join('; ') || null,
      gone,
      accepted: by.map(({ tag }) => tag),
    };
  });
  for (const { tag, tagger, rewritten, message } of acceptances) {
    const gaps = rewritten.length === 1 ? 'a gap' : `${rewritten.length} gaps`;
    context.note(`${tagger.email} accepts ${gaps} with ${tag}: ${message.split('\n')[0]}`);
  }
  return rows;
}

/** The acceptances by which the chain holds at an event. */
const acceptancesOf = ({ tagOid, parent }: ResolvedEvent, { accepted }: Chains): Acceptance[] =>
  accepted.filter((one) => one.event === tagOid && one.parent === parent).flatMap(({ by }) => by);

/** The artifacts that are checked, and how far their histories hold together. */
export interface ChainSurvey extends Selection {
  /** The registry with the exclusion that a change under review cannot set. */
  context: RegistryContext;
  /** What every tag holds, by name. */
  held: ReadonlyMap<string, Oid>;
  chains: Chains;
  rules: () => Promise<Rules>;
}

/** Checks the histories of what is asked about, an artifact or a part of one, by default of all artifacts. */
export async function surveyChains(
  given: RegistryContext,
  target: string | undefined,
  { offline, onMissing }: VerifyOptions,
): Promise<ChainSurvey> {
  const context = await judgedRegistry(given, offline);
  const selection = await (target === undefined
    ? selectAll(context, onMissing)
    : askMeant(context, target, (full) => select(context, full)));
  const { refs } = await context.repository.tags.list('all');
  const held = new Map([...refs].map(({ name, oid }) => [name, oid]));
  const rules = once(async () => readRules(context, await rulesSourceOf(context, offline)));
  const chains = await findBreaks(context, selection.artifacts, held, rules);
  return { context, ...selection, held, chains, rules };
}

/** Notes the tags that look like events and count as none, such as `churn#prod#02`; of some artifacts, or of all. */
function noteLookAlikes(
  { note }: RegistryContext,
  names: Iterable<string>,
  artifacts: readonly ArtifactState[] | undefined,
): void {
  const starts = artifacts?.map(({ name }) => artifactNameForTag(name));
  const isOfThem = (tag: string): boolean =>
    starts?.some((start) => tag.startsWith(`${start}@`) || tag.startsWith(`${start}#`)) ?? true;
  const [first, ...others] = [...names].filter(
    (tag) => parseTagName(tag) === undefined && looksLikeEvent(tag) && isOfThem(tag),
  );
  if (first === undefined) return;
  note(
    others.length === 0
      ? `${first} looks like an event, but is not one; see: reg doctor`
      : `${first} and ${others.length} more look like events, but are not; see: reg doctor`,
  );
}

async function readSignatures(
  context: RegistryContext,
  events: readonly ResolvedEvent[],
  rules: () => Promise<Rules>,
): Promise<Map<Oid, Signature>> {
  const signed = events.filter((event) => event.signed).map(({ tagOid }) => tagOid);
  if (signed.length === 0) return new Map();
  const signers = await (await rules()).signers();
  return requireSignatures(context.repository).check(signed, signers);
}

function problemsOf({ tag, ownName, tagger }: ResolvedEvent, { verdict, signer }: Signature): string[] {
  return [
    ...(ownName === undefined ? [] : [`${tag} holds the tag object of '${ownName}'`]),
    ...(verdict === 'bad' ? [`the signature of ${tag} is not right`] : []),
    ...(verdict === 'good' && !standsFor(signer ?? '', tagger.email)
      ? [`${tag} is signed by ${signer}, and its tagger is ${tagger.email}`]
      : []),
  ];
}

interface Selection {
  artifacts: ArtifactState[];
  isWanted: (event: ResolvedEvent) => boolean;
}

async function selectAll(
  context: RegistryContext,
  onMissing: VerifyOptions['onMissing'],
): Promise<Selection> {
  const { whole, unsure } = await readWhole(context, undefined);
  reportMissing(context, onMissing, unsure);
  await isWithoutTags(context, whole.length + unsure.size, onMissing);
  return { artifacts: whole, isWanted: () => true };
}

async function select(context: RegistryContext, text: string): Promise<Selection> {
  const { artifact: name, which } = parseTarget(text);
  // offline too: what is missing would look deleted
  const { events } = await readArtifact(context, artifactName(name));
  await refusePartial(context, artifactName(name), events, events);
  const artifact = await requireArtifact(context, name);
  if (which === undefined) return { artifacts: [artifact], isWanted: () => true };
  if (which.kind === 'stage')
    return {
      artifacts: [artifact],
      isWanted: (event) => 'stage' in event && event.stage === which.stage,
    };
  const version = findNamed(artifact, which);
  return { artifacts: [artifact], isWanted: ({ of }) => of === version.id };
}

/** The dates of an artifact that are ahead of a clock, in seconds since the epoch. */
export const datesAhead = ({ events }: ArtifactState, now: number): Break[] =>
  datedAhead(events, now).map((event) => ({
    event,
    message: `${event.tag} is dated ${formatTime(event.date)}, ahead of this clock`,
  }));

/** The breaks in the histories of artifacts, and what was accepted of them. */
export interface Chains {
  breaks: Break[];
  accepted: readonly Accepted[];
}

/**
 * Checks the histories of artifacts. Objects that no tag holds any more are read for their names, all at once.
 * @param rules what says which acceptances count; asked where something is broken
 */
export async function findBreaks(
  context: RegistryContext,
  artifacts: readonly ArtifactState[],
  held: ReadonlyMap<string, Oid>,
  rules: () => Promise<Rules>,
): Promise<Chains> {
  const find = async (accepted: readonly Accepted[]): Promise<Break[]> => {
    const gone = [...new Set(artifacts.flatMap((artifact) => goneParents(artifact, accepted)))];
    const names = gone.length === 0 ? new Map<Oid, string>() : await ownNames(context.repository.tags, gone);
    return artifacts.flatMap((artifact) => breaksIn(artifact, names, held, accepted));
  };
  const breaks = await find([]);
  if (breaks.length === 0) return { breaks, accepted: [] };
  const broken = [...new Set(breaks.map(({ event }) => event.artifact))];
  const accepted = await acceptedIn(context, broken, rules);
  return accepted.length === 0 ? { breaks, accepted } : { breaks: await find(accepted), accepted };
}

/** The own names of tag objects; those that do not exist any more are left out. */
async function ownNames(tags: Tags, oids: readonly Oid[]): Promise<Map<Oid, string>> {
  const readings = await tags.read(oids.map((oid) => ({ name: '', oid }))).catch(() => []);
  return new Map(
    readings.flatMap((one) =>
      'tag' in one && one.tag.ownName !== undefined ? [[one.tag.oid, one.tag.ownName] as const] : [],
    ),
  );
}
