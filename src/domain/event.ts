import { type ArtifactName, parseArtifactName } from './names.js';
import type { EventName } from './tag-name.js';
import { splitMessage, type Trailers, trailerValues } from './trailers.js';
import { parseVersion, type Version } from './version.js';

/** A full object id, 40 or 64 hexadecimal digits. */
export type Oid = string;

/** Who made a tag. */
export interface Tagger {
  name: string;
  email: string;
}

/** An annotated tag that git can read and that leads to a commit: all that an event is made of. */
export interface AnnotatedTag {
  /** The short name, without `refs/tags/`. */
  name: string;
  oid: Oid;
  /** The commit that the tag leads to, through nested tags if there are any. */
  commit: Oid;
  tagger: Tagger;
  /** Seconds since the epoch, as the tagger's clock had it. */
  date: number;
  /** The whole message, a signature excluded. */
  message: string;
  /** What the tag object calls itself, where that is another name than the ref's. */
  ownName?: string;
  /** Whether the message ends in a signature, a good one or not. */
  signed?: true;
}

/** An event as the name of its tag and a listing tell it. */
export type NamedEvent = EventName & {
  /** The name of its tag. */
  tag: string;
  tagOid: Oid;
  /** What the tag leads to; `unknown` where a listing cannot tell. */
  commit: Oid;
};

/** One thing that happened to an artifact: an annotated tag whose name is an event (docs/specification.md, 1 Tags). */
export type Event = NamedEvent & TagFacts;

interface TagFacts {
  tagger: Tagger;
  /** Seconds since the epoch, as the tagger's clock had it; `OrderedEvent.time` is the one to trust. */
  date: number;
  /** What a person wrote, without the trailers that `reg` adds. */
  message: string;
  /** The `Reg-Version` trailer, which names the version that an assignment or unassignment moves. */
  statedVersion?: Version | undefined;
  /** The `Reg-Parent` trailer: the tag object of the artifact's previous event. */
  parent?: Oid | undefined;
  /** The `Reg-Successor` trailer of a deprecation: the artifact that takes the place of this one. */
  successor?: ArtifactName | undefined;
  /** What the tag object calls itself, where that is another name than the ref's. */
  ownName?: string;
  /** Whether it ends in a signature, a good one or not. */
  signed?: true;
  /**
   * The `Reg-Renamed-From` trailer: the artifact that this one was called before. The commit declares it under that name, or under one
   * before that.
   */
  renamedFrom?: ArtifactName;
  /** The `Reg-Approval` trailers: the tag objects of the approvals that it rests on; absent without any. */
  approvals?: readonly Oid[];
  // room for what `inOrder` and the fold say of it: an object that grows costs an engine many times as much as one that is filled
  time?: number | undefined;
  place?: number | undefined;
  of?: Version | Oid | undefined;
}

/** The event that a tag's name stands for. The oid and commit come from the listing. */
export function eventNamed(name: EventName, tag: string, tagOid: Oid, commit: Oid): NamedEvent {
  // written out for each sort: spreading one object into another takes an engine fifty times as long
  const { kind, artifact, counter } = name;
  if ('version' in name)
    return { kind, artifact, version: name.version, counter, tag, tagOid, commit } as NamedEvent;
  if ('stage' in name)
    return { kind, artifact, stage: name.stage, counter, tag, tagOid, commit } as NamedEvent;
  return { kind, artifact, counter, tag, tagOid, commit } as NamedEvent;
}

/** Makes the event that a tag tells; `name` is what `parseTagName` read from the tag's name. */
export function eventOf(name: EventName, tag: AnnotatedTag): Event {
  const event = written(name, tag);
  if (tag.ownName !== undefined) event.ownName = tag.ownName;
  if (tag.signed) event.signed = true;
  // few events have them, and a registry has many events
  if (/reg-approval/i.test(tag.message)) event.approvals = trailerValues(tag.message, 'reg-approval');
  const renamedFrom = /reg-renamed/i.test(tag.message) ? renamedFromIn(tag.message) : undefined;
  if (renamedFrom !== undefined) event.renamedFrom = renamedFrom;
  return event;
}

const renamedFromIn = (message: string): ArtifactName | undefined =>
  parseArtifactName(splitMessage(message).trailers.get('reg-renamed-from') ?? '');

function statedIn(trailers: Trailers): Version | undefined {
  const stated = trailers.get('reg-version');
  return stated === undefined ? undefined : parseVersion(stated);
}

/**
 * Written out for each sort of event: to begin one object with all that is in another, and to go on from there, costs an engine
 * fifty times as much, and a registry has as many events as tags.
 */
function written(name: EventName, tag: AnnotatedTag): Event {
  const { artifact, counter } = name;
  const { name: tagName, oid: tagOid, commit, tagger, date } = tag;
  const { text: message, trailers } = splitMessage(tag.message);
  const statedVersion = statedIn(trailers);
  const parent = trailers.get('reg-parent');
  const time = undefined;
  const place = undefined;
  const of = undefined;
  if (name.kind === 'deprecation') {
    const { kind } = name;
    const successor = parseArtifactName(trailers.get('reg-successor') ?? '');
    // biome-ignore format: the three are to be compared
    return { kind, artifact, counter, tag: tagName, tagOid, commit, tagger, date, message, statedVersion, parent, successor, time, place, of };
  }
  if ('version' in name) {
    const { kind, version } = name;
    // biome-ignore format: as above
    return { kind, artifact, version, counter, tag: tagName, tagOid, commit, tagger, date, message, statedVersion, parent, time, place, of };
  }
  const { kind, stage } = name;
  // biome-ignore format: as above
  return { kind, artifact, stage, counter, tag: tagName, tagOid, commit, tagger, date, message, statedVersion, parent, time, place, of };
}
