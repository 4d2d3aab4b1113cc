import { createHash } from 'node:crypto';
import type { ArtifactName } from '../domain/names.js';

/** What is exported: the stage that was asked for, else the version, else a commit of the registry. */
export type Revision = { stage: string } | { version: string } | { commit: string };

/**
 * The longest name of an InferenceService. Knative makes a Service of `NAME-predictor-00001-private`, and a Service has at most 63
 * characters (RFC 1035).
 */
const LONGEST = 63 - '-predictor-00001-private'.length;
/** The digits of a digest, or of a commit, that end a name. */
const DIGEST = 8;
const COMMIT = 12;

/**
 * The name of the object for a revision of an artifact: `churn#prod` → `churn-prod`, `churn@v1.2.0` → `churn-v1-2-0`. It is the same for
 * every version in a stage, so that a new one takes the place of the old.
 *
 * No two revisions have one name: where letters are lost, as in `models:churn#prod`, or where another revision could have the plain name
 * too, eight digits of a SHA-256 end it. KServe wants a letter first, then small letters, digits and hyphens.
 */
export function objectName(artifact: ArtifactName, revision: Revision): string {
  const [asked, last] = partsOf(revision);
  const plain = `${artifact}-${last ?? ''}`;
  if (last !== undefined && PLAIN_ARTIFACT.test(artifact) && plain.length <= LONGEST) return plain;
  const whole = `${artifact}${asked}`;
  return `${slug(whole, LONGEST - DIGEST - 1)}-${digestOf(whole)}`;
}

/** The revision as it is written, and the end of a plain name where that says it and nothing else. */
function partsOf(revision: Revision): [asked: string, last: string | undefined] {
  if ('stage' in revision) {
    const { stage } = revision;
    return [`#${stage}`, PLAIN_STAGE.test(stage) && !ENDING.test(stage) ? stage : undefined];
  }
  if ('version' in revision) {
    const { version } = revision;
    return [`@${version}`, PLAIN_VERSION.test(version) ? version.replaceAll('.', '-') : undefined];
  }
  return [`@${revision.commit}`, revision.commit.slice(0, COMMIT)];
}

const PLAIN_ARTIFACT = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
// without a hyphen, so that the last one of a name begins the stage; a version ends with a number
const PLAIN_STAGE = /^[a-z][a-z0-9]*$/;
const PLAIN_VERSION = /^v\d+\.\d+\.\d{1,7}$/;
/** What may end the name of another revision. */
const ENDING = new RegExp(`^([0-9a-f]{${DIGEST}}|[0-9a-f]{${COMMIT}})$`);

/** The part of a text that a name may have: small letters, digits and hyphens, a letter first. */
const slug = (text: string, longest: number): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]/, 'm-$&')
    .slice(0, longest)
    .replace(/-+$/, '');

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, DIGEST);

/**
 * A text as the value of a label, which selectors ask for. Kubernetes takes at most 63 letters, digits, `-`, `_` and `.`, with a letter or
 * digit first and last; other texts lose the rest, and eight digits of their SHA-256 follow.
 */
export const labelValue = (text: string): string =>
  /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(text)
    ? text
    : `${slug(text, 63 - DIGEST - 1)}-${digestOf(text)}`;

/** Whether a text may name an InferenceService. */
export const isObjectName = (text: string): boolean =>
  /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(text) && text.length <= LONGEST;
