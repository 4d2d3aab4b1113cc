import { isUtf8 } from 'node:buffer';
import { LAST_SECOND } from '../domain/clock.js';
import type { AnnotatedTag, Oid, Tagger } from '../domain/event.js';
import { isOid } from '../util/oid.js';
import { isBrokenRef, type TagReading, type TagRef } from './port.js';

/** The content of a tag object, as git stores it (git-mktag(1)). */
export interface TagObject {
  object: Oid;
  type: 'commit' | 'tree' | 'blob' | 'tag';
  /** The tag's own idea of its name. */
  tag: string;
  tagger: Tagger;
  /** Seconds since the epoch. */
  date: number;
  /** Offset from UTC: `+0200`. */
  zone: string;
  message: string;
  /** An OpenPGP, SSH or X.509 signature at the end of the message, armour included. */
  signature?: string;
}

/** The error of `decodeTag`: what is wrong with the bytes, in a few words. */
export class MalformedTag extends Error {
  override readonly name = 'MalformedTag';
}

const HEADERS = ['object', 'type', 'tag', 'tagger'] as const;
const STARTS = HEADERS.map((name) => `${name} `);
const TYPES: ReadonlySet<string> = new Set(['commit', 'tree', 'blob', 'tag']);
const SIGNATURE = /^-----BEGIN (PGP|SSH) SIGNATURE-----|^-----BEGIN (PGP MESSAGE|SIGNED MESSAGE)-----/m;

/** The bytes of a tag object. What a person typed adds no header lines. */
export function encodeTag({ object, type, tag, tagger, date, zone, message }: TagObject): Uint8Array {
  const { name, email } = cleanTagger(tagger);
  const lines = [
    `object ${object}`,
    `type ${type}`,
    `tag ${tag}`,
    `tagger ${name} <${email}> ${date} ${zone}`,
  ];
  return new TextEncoder().encode(`${lines.join('\n')}\n\n${message.replaceAll('\0', '')}`);
}

/**
 * Reads the bytes of a tag object. Bytes that are not UTF-8 become U+FFFD.
 * @throws MalformedTag when a header is missing, repeated, out of order or unreadable
 */
export function decodeTag(bytes: Uint8Array): TagObject {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
  const end = buffer.indexOf('\n\n');
  // two texts: a slice keeps the whole text in memory, and the message is kept
  const text = buffer.toString('utf8', 0, end < 0 ? buffer.length : end);
  const headers = readHeaders(text, text.length - Number(end < 0 && text.endsWith('\n')));
  if (!isOid(headers.object)) throw new MalformedTag('its object line holds no object id');
  if (!TYPES.has(headers.type)) throw new MalformedTag('its type line names no type of object');
  const body = end < 0 ? '' : buffer.toString('utf8', end + 2);
  const signed = body.includes('-----BEGIN ') ? SIGNATURE.exec(body)?.index : undefined;
  const { object, type, tag } = headers;
  const { tagger, date, zone } = readTagger(headers.tagger);
  const message = signed === undefined ? body : body.slice(0, signed);
  const made: TagObject = { object, type: type as TagObject['type'], tag, tagger, date, zone, message };
  if (signed !== undefined) made.signature = body.slice(signed);
  return made;
}

/** The tag of a ref, from its object and the commit that it leads to. */
function annotatedTag(
  ref: { name: string; oid: Oid },
  commit: Oid,
  { tag, tagger, date, message, signature }: TagObject,
): AnnotatedTag {
  const { name, oid } = ref;
  const made: AnnotatedTag = { name, oid, commit, tagger, date, message };
  if (tag !== name) made.ownName = tag;
  if (signature !== undefined) made.signed = true;
  return made;
}

/** What is odd about a well-formed tag: worth a warning, not a reason to ignore it. */
function odditiesOf(refName: string, bytes: Uint8Array, { tag, type }: TagObject): readonly string[] {
  const isWhole = isUtf8(bytes);
  if (tag === refName && type !== 'tag' && isWhole) return NOTHING;
  return [
    ...(tag === refName ? [] : [`its object calls itself '${tag}'`]),
    ...(type === 'tag' ? ['it points at another tag, not at a commit'] : []),
    ...(isWhole ? [] : ['it holds bytes that are no UTF-8']),
  ];
}

const NOTHING: readonly string[] = [];

/** Reads the header lines. They end at a place of the text. */
function readHeaders(text: string, end: number): Record<(typeof HEADERS)[number], string> {
  const values: string[] = [];
  let at = 0;
  const line = (): string => {
    const stop = text.indexOf('\n', at);
    const read = text.slice(at, stop < 0 || stop > end ? end : stop);
    at += read.length + 1;
    return read;
  };
  for (const start of STARTS) {
    if (at > end || !text.startsWith(start, at))
      throw new MalformedTag(`line ${values.length + 1} is not its ${start}line`);
    values.push(line().slice(start.length));
  }
  while (at < end) {
    const repeated = STARTS.find((start) => text.startsWith(start, at));
    if (repeated) throw new MalformedTag(`its ${repeated}line is repeated`);
    line();
  }
  const [object = '', type = '', tag = '', tagger = ''] = values;
  return { object, type, tag, tagger };
}

function readTagger(line: string): Pick<TagObject, 'tagger' | 'date' | 'zone'> {
  const close = line.lastIndexOf('>');
  const open = line.lastIndexOf('<', close);
  const [, digits = '', zone = ''] = /^ (\d+) ([+-]\d{4})$/.exec(line.slice(close + 1)) ?? [];
  const date = Number(digits);
  if (open < 0 || digits === '') throw new MalformedTag('its tagger line holds no name, address and date');
  if (date > LAST_SECOND) throw new MalformedTag(`its date, ${digits}, is out of range`);
  return { tagger: { name: line.slice(0, open).trim(), email: line.slice(open + 1, close) }, date, zone };
}

const cleanTagger = ({ name, email }: Tagger): Tagger => ({
  name: name.replaceAll(/[\0\n<>]/g, ''),
  email: email.replaceAll(/[\0\n<>]/g, ''),
});

/** No larger tag object is read: it is no event. */
export const MAX_TAG_BYTES = 1024 * 1024;

/** A tag with its object, which is undefined where it is missing or corrupt; of one that is too large `size` says so. */
export interface FoundTag {
  ref: TagRef;
  object: { type: string; bytes: Buffer; size?: number } | undefined;
}

/** A tag whose object is well formed. Its target may be another tag, so the commit is not known yet. */
export interface DecodedTag {
  ref: TagRef;
  object: TagObject;
  oddities: readonly string[];
}

/** A tag that cannot be an event, and why. */
type Defect = Exclude<TagReading, { tag: unknown }>;

/** Decodes the object of a tag. */
export function decodeFound({ ref, object: found }: FoundTag): DecodedTag | Defect {
  if (found === undefined) {
    const detail = isBrokenRef(ref)
      ? 'its ref holds no object id'
      : `its object ${ref.oid} is missing or corrupt`;
    return { ref, defect: 'missing', detail };
  }
  if (found.type !== 'tag')
    return { ref, defect: 'lightweight', detail: `it is a lightweight tag on a ${found.type}` };
  const size = found.size ?? found.bytes.length;
  if (size > MAX_TAG_BYTES) {
    const detail = `its object has ${size} bytes, and of a tag at most ${MAX_TAG_BYTES} are read`;
    return { ref, defect: 'malformed', detail };
  }
  try {
    const object = decodeTag(found.bytes);
    return { ref, object, oddities: odditiesOf(ref.name, found.bytes, object) };
  } catch (error) {
    if (error instanceof MalformedTag) return { ref, defect: 'malformed', detail: error.message };
    throw error;
  }
}

/**
 * The reading of a tag.
 * @param target the object that the tag leads to through all tags; undefined where one is missing or corrupt, `another type` where the
 * first is there and is no tag, although the tag says so
 */
export function readingOf(
  { ref, object, oddities }: DecodedTag,
  target: { type: string; oid: Oid } | 'another type' | undefined,
): TagReading {
  if (target === 'another type')
    return { ref, defect: 'malformed', detail: 'it points at an object of another type than it says' };
  if (target === undefined) return { ref, defect: 'missing', detail: 'a tag that it points at is missing' };
  if (target.type !== 'commit')
    return { ref, defect: 'not-a-commit', detail: `it points at a ${target.type}` };
  return { tag: annotatedTag(ref, target.oid, object), oddities };
}

/** The target in the headers of a tag object. */
export const ownTarget = ({ type, object: oid }: TagObject): { type: TagObject['type']; oid: Oid } => ({
  type,
  oid,
});
