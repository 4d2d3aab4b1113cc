import { unreachable } from '../errors.js';
import {
  type ArtifactName,
  artifactNameForTag,
  artifactNameFromTag,
  parseStageName,
  type StageName,
} from './names.js';
import { parseVersion, type Version } from './version.js';

/** What a tag's name alone says: the event's kind and whom it concerns. `counter` is the trailing `#n`. */
export type EventName =
  | VersionEventName
  | StageEventName
  | { kind: 'deprecation'; artifact: ArtifactName; counter?: number | undefined };

/** The name of an event about a version. */
export interface VersionEventName {
  kind: 'registration' | 'deregistration';
  artifact: ArtifactName;
  version: Version;
  counter?: number | undefined;
}

/** The name of an event about a stage; which version it moves is not in the name. */
export interface StageEventName {
  kind: 'assignment' | 'unassignment';
  artifact: ArtifactName;
  stage: StageName;
  counter?: number | undefined;
}

/** The five kinds of event. */
export type EventKind = EventName['kind'];

/** Reads a tag's name by its grammar (docs/specification.md, 1 Tags), or gives undefined for a tag that is no event. */
export function parseTagName(tagName: string): EventName | undefined {
  const mark = markIn(tagName);
  const artifact = mark < 0 ? undefined : artifactNameFromTag(tagName.slice(0, mark));
  return artifact && parseBehind(artifact, tagName, mark);
}

/** The same for a tag whose artifact is known: reads what is behind the artifact's name, which ends at `mark`. */
export function parseBehind(artifact: ArtifactName, tagName: string, mark: number): EventName | undefined {
  const hash = tagName.indexOf('#', mark + 1);
  const counter = hash < 0 ? undefined : counterFrom(tagName, hash + 1);
  if (counter === NO_COUNTER) return undefined;
  const end = hash < 0 ? tagName.length : hash;
  const body = tagName.slice(mark + 1, end);
  return tagName.charCodeAt(mark) === AT
    ? versionEvent(artifact, body, counter)
    : stageEvent(artifact, body, counter);
}

const AT = 0x40;
const HASH = 0x23;

/** Where the name of the artifact ends in a tag's name, -1 where nothing follows it. */
export function markIn(tagName: string): number {
  for (let at = 0; at < tagName.length; at += 1) if (isMarkAt(tagName, at)) return at;
  return -1;
}

/** Whether the name of the artifact may end there in a tag's name. */
export function isMarkAt(tagName: string, at: number): boolean {
  const code = at < tagName.length ? tagName.charCodeAt(at) : 0;
  return code === AT || code === HASH;
}

/** The artifact that a tag's name begins with, whether or not an event follows; undefined where none does. */
export const artifactOfTag = (tagName: string): ArtifactName | undefined =>
  artifactNameFromTag(tagName.slice(0, Math.max(0, markIn(tagName))));

const NO_COUNTER = -1;
const ZERO = 0x30;
/** The greatest counter (docs/specification.md, 1 Tags, Names): it and the number after it are exact. */
export const MAX_COUNTER = Number.MAX_SAFE_INTEGER - 1;

/** The counter that a name ends in from a place on, -1 for a name without a counter: one number has one form. */
function counterFrom(tagName: string, from: number): number {
  const to = tagName.length;
  if (from === to || (tagName.charCodeAt(from) === ZERO && to > from + 1)) return NO_COUNTER;
  let counter = 0;
  for (let at = from; at < to; at += 1) {
    const digit = tagName.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return NO_COUNTER;
    counter = counter * 10 + digit;
    if (counter > MAX_COUNTER) return NO_COUNTER;
  }
  return counter;
}

// Every event of one sort has the same properties in the same order, a counter or not: engines read those the fastest.

function versionEvent(
  artifact: ArtifactName,
  body: string,
  counter: number | undefined,
): EventName | undefined {
  if (body === 'deprecated') return { kind: 'deprecation', artifact, counter };
  const cancels = body.endsWith('!');
  const version = parseVersion(cancels ? body.slice(0, -1) : body);
  return version && { kind: cancels ? 'deregistration' : 'registration', artifact, version, counter };
}

function stageEvent(
  artifact: ArtifactName,
  body: string,
  counter: number | undefined,
): EventName | undefined {
  const cancels = body.endsWith('!');
  const stage = parseStageName(cancels ? body.slice(0, -1) : body);
  return stage && { kind: cancels ? 'unassignment' : 'assignment', artifact, stage, counter };
}

/** Writes the tag name of an event, the inverse of `parseTagName`. */
export function formatTagName(event: EventName): string {
  const artifact = artifactNameForTag(event.artifact);
  const counter = event.counter === undefined ? '' : `#${event.counter}`;
  switch (event.kind) {
    case 'registration':
      return `${artifact}@${event.version}${counter}`;
    case 'deregistration':
      return `${artifact}@${event.version}!${counter}`;
    case 'assignment':
      return `${artifact}#${event.stage}${counter}`;
    case 'unassignment':
      return `${artifact}#${event.stage}!${counter}`;
    case 'deprecation':
      return `${artifact}@deprecated${counter}`;
    default:
      return unreachable(event);
  }
}

/**
 * Whether a name that `parseTagName` does not read was probably meant as an event, such as `churn@v1.0` or
 * `churn#prod#x`. Foreign tags (`v1.0.0`, `@scope/pkg@v1.2.3`) were not.
 */
export const looksLikeEvent = (tagName: string): boolean =>
  /#|@v\d|@vv|@deprecated/.test(tagName) && !/^@[^/@]+\/[^/@]+@/.test(tagName);
