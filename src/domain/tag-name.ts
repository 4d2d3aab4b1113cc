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
  | { kind: 'deprecation'; artifact: ArtifactName; counter?: number };

/** The name of an event about a version. */
export interface VersionEventName {
  kind: 'registration' | 'deregistration';
  artifact: ArtifactName;
  version: Version;
  counter?: number;
}

/** The name of an event about a stage; which version it moves is not in the name. */
export interface StageEventName {
  kind: 'assignment' | 'unassignment';
  artifact: ArtifactName;
  stage: StageName;
  counter?: number;
}

/** The five kinds of event. */
export type EventKind = EventName['kind'];

// Counters stay exact integers: 15 digits are below Number.MAX_SAFE_INTEGER.
const COUNTER = /^[0-9]{1,15}$/;

/** Reads a tag's name by the grammar of SPEC §1, or gives undefined for a tag that is no event. */
export function parseTagName(tagName: string): EventName | undefined {
  const mark = tagName.search(/[@#]/);
  const artifact = mark < 0 ? undefined : artifactNameFromTag(tagName.slice(0, mark));
  if (artifact === undefined) return undefined;
  const [body, digits, ...more] = tagName.slice(mark + 1).split('#');
  if (body === undefined || more.length > 0 || (digits !== undefined && !COUNTER.test(digits)))
    return undefined;
  const counter = digits === undefined ? {} : { counter: Number(digits) };
  return tagName[mark] === '@' ? versionEvent(artifact, body, counter) : stageEvent(artifact, body, counter);
}

type Counter = { counter?: number };

function versionEvent(artifact: ArtifactName, body: string, counter: Counter): EventName | undefined {
  if (body === 'deprecated') return { kind: 'deprecation', artifact, ...counter };
  const cancels = body.endsWith('!');
  const version = parseVersion(cancels ? body.slice(0, -1) : body);
  if (version === undefined) return undefined;
  return { kind: cancels ? 'deregistration' : 'registration', artifact, version, ...counter };
}

function stageEvent(artifact: ArtifactName, body: string, counter: Counter): EventName | undefined {
  const cancels = body.endsWith('!');
  const stage = parseStageName(cancels ? body.slice(0, -1) : body);
  if (stage === undefined) return undefined;
  return { kind: cancels ? 'unassignment' : 'assignment', artifact, stage, ...counter };
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
