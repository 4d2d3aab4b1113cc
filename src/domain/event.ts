import type { EventName } from './tag-name.js';
import { splitMessage } from './trailers.js';
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

/** One thing that happened to an artifact, told by one annotated tag (SPEC §1). */
export type Event = EventName & TagFacts;

interface TagFacts {
  tag: string;
  tagOid: Oid;
  commit: Oid;
  tagger: Tagger;
  /** Seconds since the epoch, as the tagger's clock had it; `OrderedEvent.time` is the one to trust. */
  date: number;
  /** What a person wrote, without the trailers that `reg` adds. */
  message: string;
  /** The `Reg-Version` trailer, which names the version that an assignment or unassignment moves. */
  statedVersion?: Version;
  /** The `Reg-Parent` trailer: the tag object of the artifact's previous event. */
  parent?: Oid;
  /** What the tag object calls itself, where that is another name than the ref's. */
  ownName?: string;
  /** Whether it ends in a signature, a good one or not. */
  signed?: true;
}

/** Makes the event that a tag tells; `name` is what `parseTagName` read from the tag's name. */
export function eventOf(name: EventName, tag: AnnotatedTag): Event {
  const { text, trailers } = splitMessage(tag.message);
  const statedVersion = parseVersion(trailers.get('reg-version') ?? '');
  const parent = trailers.get('reg-parent');
  return {
    ...name,
    tag: tag.name,
    tagOid: tag.oid,
    commit: tag.commit,
    tagger: tag.tagger,
    date: tag.date,
    message: text,
    ...(statedVersion === undefined ? {} : { statedVersion }),
    ...(parent === undefined ? {} : { parent }),
    ...(tag.ownName === undefined ? {} : { ownName: tag.ownName }),
    ...(tag.signed ? { signed: true } : {}),
  };
}
