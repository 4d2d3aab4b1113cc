import { isOid } from '../util/oid.js';
import type { AnnotatedTag, Oid, Tagger } from './event.js';
import {
  type ArtifactName,
  artifactNameForTag,
  artifactNameFromTag,
  parseStageName,
  type StageName,
} from './names.js';
import { type Signature, standsFor } from './signature.js';
import type { VersionId } from './state.js';
import { parseVersion } from './version.js';

/** What an approval is about, and who gives it. All of it is in the tag's name, so that a person can give it once. */
interface ApprovalName {
  artifact: ArtifactName;
  version: VersionId;
  stage: StageName;
  /** The address of the person who approves, encoded. */
  who: string;
}

/** Where the names of approvals begin. They have neither `@` nor `#`, so that no reader of events looks at them. */
export const APPROVALS = 'reg/approve/';

/** Where the approvals of an artifact begin; those of `churn/eu` lie below those of `churn`. */
export const approvalsOf = (artifact: ArtifactName): string => `${APPROVALS}${artifactNameForTag(artifact)}/`;

/** Writes the name of an approval's tag, the inverse of `parseApprovalName`. */
export const formatApprovalName = ({ artifact, version, stage, who }: ApprovalName): string =>
  `${approvalsOf(artifact)}${version}/${stage}/${who}`;

/** Reads the name of a tag as that of an approval, or gives undefined. */
export function parseApprovalName(tagName: string): ApprovalName | undefined {
  if (!tagName.startsWith(APPROVALS) || /[@#]/.test(tagName)) return undefined;
  const parts = tagName.slice(APPROVALS.length).split('/');
  const [id = '', stageText = '', who = ''] = parts.slice(-3);
  const artifact = artifactNameFromTag(parts.slice(0, -3).join('/'));
  const stage = parseStageName(stageText);
  const version: VersionId | undefined = parseVersion(id) ?? (isOid(id) ? (id as Oid) : undefined);
  if (artifact === undefined || stage === undefined || version === undefined || who === '') return undefined;
  return { artifact, version, stage, who };
}

/**
 * Encodes an address for a tag's name, letter case ignored: what may not stand there as it is becomes `%` and two digits, as
 * in a URL.
 */
export const encodeWho = (email: string): string =>
  [...new TextEncoder().encode(email.trim().toLowerCase())]
    .map((byte) => String.fromCharCode(byte))
    // a dot is safe between two letters, unless git takes what it begins for its own (git-check-ref-format(1))
    .map((char, index, all) => (/[a-z0-9_+-]/.test(char) || isSafeDot(all, index) ? char : escaped(char)))
    .join('');

const isSafeDot = (all: readonly string[], index: number): boolean =>
  all[index] === '.' &&
  /[a-z0-9]/.test(all[index - 1] ?? '') &&
  /[a-z0-9]/.test(all[index + 1] ?? '') &&
  all.slice(index).join('') !== '.lock';

const escaped = (char: string): string => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** The approval of one person for a version and a stage: an annotated tag. */
export type Approval = ApprovalName & {
  tag: string;
  tagOid: Oid;
  commit: Oid;
  tagger: Tagger;
  /** Seconds since the epoch, by the clock of the tagger. */
  date: number;
  signed: boolean;
};

/** Reads a tag as an approval, or gives the reason why it is not one. */
export function approvalOf(tag: AnnotatedTag): Approval | { problem: string } {
  const name = parseApprovalName(tag.name);
  if (name === undefined) return { problem: 'its name cannot be read as an approval' };
  if (tag.ownName !== undefined) return { problem: `its object calls itself '${tag.ownName}'` };
  if (name.who !== encodeWho(tag.tagger.email))
    return { problem: `it is named after someone other than its tagger, ${tag.tagger.email}` };
  const { oid, commit, tagger, date, signed = false } = tag;
  return { ...name, tag: tag.name, tagOid: oid, commit, tagger, date, signed };
}

/** What needs approvals. */
export interface Approvable {
  version: VersionId;
  stage: string;
  commits: readonly Oid[];
}

/** How far clocks may differ before an approval counts as one that came too late. */
const CLOCK_SKEW_S = 300;

/** What makes an approval count, beside what it approves of. A rule that is absent asks nothing. */
export interface Counting {
  /** The one whose own approval does not count. */
  tagger?: Tagger | undefined;
  /** The addresses of those who may approve. */
  approvers?: readonly string[] | undefined;
  /** The signatures of the approvals, where they must be signed. */
  signatures?: ReadonlyMap<Oid, Signature> | undefined;
  /** The tag objects of the approvals that an event names. */
  named?: readonly Oid[] | undefined;
  /** The time of an event that names none, in seconds since the epoch: nothing is approved after the fact. */
  time?: number | undefined;
}

/** The approvals of exactly this version, stage and commit that count, one of each person. */
export function approvalsThatCount(
  { version, stage, commits }: Approvable,
  approvals: readonly Approval[],
  { tagger, approvers, signatures, named, time }: Counting,
): Approval[] {
  const allowed = approvers?.map(encodeWho);
  const fitting = approvals.filter(
    (one) =>
      one.version === version &&
      one.stage === stage &&
      commits.every((commit) => commit === one.commit) &&
      (time === undefined || one.date <= time + CLOCK_SKEW_S) &&
      (tagger === undefined || one.who !== encodeWho(tagger.email)) &&
      (allowed === undefined || allowed.includes(one.who)) &&
      (named === undefined || named.includes(one.tagOid)) &&
      (signatures === undefined || isSigned(one, signatures.get(one.tagOid))),
  );
  return [...new Map(fitting.map((one) => [one.who, one])).values()];
}

const isSigned = ({ tagger }: Approval, signature: Signature | undefined): boolean =>
  signature?.verdict === 'good' && standsFor(signature.signer ?? '', tagger.email);
