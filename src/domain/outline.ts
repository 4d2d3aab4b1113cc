import type { AnnotatedTag, Oid } from './event.js';
import { eventOf } from './event.js';
import type { StageName } from './names.js';
import type { VersionId } from './state.js';
import type { EventName, StageEventName, VersionEventName } from './tag-name.js';
import { compareVersions, type Version } from './version.js';

/** An annotated tag as a listing shows it: everything but what its object says. */
export interface ListedTag {
  name: EventName;
  tag: string;
  tagOid: Oid;
  /** What the tag leads to, by the word of the listing. */
  commit: Oid;
}

/** What an overview says of one artifact. */
export interface Summary {
  latest: VersionId | undefined;
  /** The current version of each stage that holds one. */
  stages: ReadonlyMap<StageName, VersionId>;
  deprecated: boolean;
}

/**
 * The summary of an artifact as names alone tell it, and the tags that it rests upon: it holds when the object of every
 * witness says what the listing promised. Nothing that another tag's object could say would change it.
 */
export interface Outline {
  summary: Summary;
  witnesses: readonly Witness[];
}

/** A tag that an outline rests upon; `of` is the version that the outline takes it to be about. */
export interface Witness {
  listed: ListedTag;
  of: VersionId;
}

type Listed<T extends EventName> = ListedTag & { name: T };

/**
 * Tells an artifact's summary from the names, oids and commits of its tags, or gives undefined where only tag objects
 * can settle it (SPEC §3): a deprecation or deregistration, whose date decides; an uncounted or doubly counted stage
 * event; a stage that was emptied last; two registrations of one version, or two versions at an assigned commit.
 */
export function outlineOf(tags: readonly ListedTag[]): Outline | undefined {
  const registrations = new Map<Version, Listed<VersionEventName>>();
  const versionsAt = new Map<Oid, Version | 'several'>();
  const lastOf = new Map<StageName, Listed<StageEventName>>();
  const counters = new Set<number>();
  for (const tag of tags) {
    const { name, commit } = tag;
    if (name.kind === 'registration') {
      if (registrations.has(name.version)) return undefined;
      registrations.set(name.version, { ...tag, name });
      versionsAt.set(commit, versionsAt.has(commit) ? 'several' : name.version);
    } else if (name.kind === 'assignment' || name.kind === 'unassignment') {
      if (name.counter === undefined || counters.has(name.counter)) return undefined;
      counters.add(name.counter);
      if (name.counter > (lastOf.get(name.stage)?.name.counter ?? -1))
        lastOf.set(name.stage, { ...tag, name });
    } else return undefined;
  }
  return conclude(registrations, versionsAt, [...lastOf.values()]);
}

function conclude(
  registrations: ReadonlyMap<Version, Listed<VersionEventName>>,
  versionsAt: ReadonlyMap<Oid, Version | 'several'>,
  lastOfStages: readonly Listed<StageEventName>[],
): Outline | undefined {
  const stages = new Map<StageName, VersionId>();
  const witnesses: Witness[] = [];
  for (const listed of lastOfStages) {
    const of = versionsAt.get(listed.commit) ?? listed.commit;
    if (of === 'several' || listed.name.kind === 'unassignment') return undefined;
    stages.set(listed.name.stage, of);
    witnesses.push({ listed, of });
    const registration = registrations.get(of as Version);
    if (registration) witnesses.push({ listed: registration, of });
  }
  const latest = greatest(registrations.keys());
  const registration = latest && registrations.get(latest);
  if (registration) witnesses.push({ listed: registration, of: registration.name.version });
  return { summary: { latest, stages, deprecated: false }, witnesses };
}

function greatest(versions: Iterable<Version>): Version | undefined {
  let best: Version | undefined;
  for (const version of versions)
    if (best === undefined || compareVersions(version, best) > 0) best = version;
  return best;
}

/**
 * Whether a tag's object says what an outline takes it to say.
 * @param tag undefined when the object is broken or leads to no commit
 */
export function confirms({ listed, of }: Witness, tag: AnnotatedTag | undefined): boolean {
  if (tag === undefined || tag.commit !== listed.commit) return false;
  return (eventOf(listed.name, tag).statedVersion ?? of) === of;
}
