import { tagRef, tagRefspec } from '../domain/refs.js';
import { looksLikeEvent, parseTagName } from '../domain/tag-name.js';
import type { TagReading, TagRef } from '../git/port.js';
import { shellLine } from '../util/shell.js';
import type { Ailment } from './finding.js';

/** Tags that were meant as events and are none, and events whose tag objects are odd (SPEC §1). */
export function checkTags(
  readings: readonly TagReading[],
  remote: RemoteTags | undefined,
  remove: RemoveTag,
): Ailment[] {
  return readings.flatMap((reading) =>
    'tag' in reading ? oddTag(reading, remove) : brokenTag(reading, remote, remove),
  );
}

/** What a remote has, where it was asked. */
export interface RemoteTags {
  name: string;
  tags: ReadonlyMap<string, string>;
}

function oddTag({ tag, oddities }: Extract<TagReading, { tag: unknown }>, remove: RemoveTag): Ailment[] {
  const { name } = tag;
  if (parseTagName(name) === undefined) return lookAlike(name, remove);
  return oddities.map((oddity) => ({
    level: 'warning',
    check: 'odd-object',
    subject: name,
    message: `the tag counts and nothing has to be done, but ${oddity}`,
    fix: null,
  }));
}

function brokenTag(
  { ref, defect, detail }: Exclude<TagReading, { tag: unknown }>,
  remote: RemoteTags | undefined,
  remove: RemoveTag,
): Ailment[] {
  if (parseTagName(ref.name) === undefined) return lookAlike(ref.name, remove);
  const message = `it has the name of an event and is none: ${detail}`;
  return [{ level: 'error', check: defect, subject: ref.name, message, fix: mend(ref, remote, remove) }];
}

/** A checkout may hold a tag otherwise than the remote does; then the remote's is the one to have. */
function mend({ name, oid }: TagRef, remote: RemoteTags | undefined, remove: RemoveTag): string {
  const there = remote?.tags.get(name);
  if (remote && there !== undefined && there !== oid) return fetchTag(remote.name, name);
  return remove(name);
}

/** Gives the command that deletes a tag. */
export type RemoveTag = (tagName: string) => string;

/** Where a tag is deleted: here, whatever its object is, or at a URL. */
export const removingAt =
  (url: string | undefined): RemoveTag =>
  (tagName) =>
    url === undefined
      ? shellLine('git', 'update-ref', '-d', tagRef(tagName))
      : shellLine('git', 'push', '--delete', url, tagRef(tagName));

/** The command that takes a tag over from a remote. */
export const fetchTag = (remote: string, tagName: string): string =>
  shellLine('git', 'fetch', '--no-tags', remote, `+${tagRefspec(tagName)}`);

function lookAlike(name: string, remove: RemoveTag): Ailment[] {
  if (!looksLikeEvent(name)) return [];
  const message = 'it looks like an event, but its name cannot be read as one';
  return [
    {
      level: 'error',
      check: 'look-alike',
      subject: name,
      message,
      fix: remove(name),
    },
  ];
}
