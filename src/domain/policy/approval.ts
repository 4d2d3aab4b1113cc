import type { AnnotatedTag, Oid, Tagger } from '../event.js';
import type { VersionId } from '../state.js';
import { type ApprovalName, encodeWho, parseApprovalName } from './approval-name.js';
import { type Signature, standsFor } from './signature.js';

/** What one person said of a version for a stage, in a tag of its own. */
export type Approval = ApprovalName & {
  tag: string;
  tagOid: Oid;
  commit: Oid;
  tagger: Tagger;
  /** Seconds since the epoch, as the tagger's clock had it. */
  date: number;
  signed: boolean;
};

/** Reads a tag as an approval, or says why it is none. */
export function approvalOf(tag: AnnotatedTag): Approval | { problem: string } {
  const name = parseApprovalName(tag.name);
  if (name === undefined) return { problem: 'its name cannot be read as an approval' };
  if (tag.ownName !== undefined) return { problem: `its object calls itself '${tag.ownName}'` };
  if (name.who !== encodeWho(tag.tagger.email))
    return { problem: `it is named after somebody else than its tagger, ${tag.tagger.email}` };
  const { oid, commit, tagger, date, signed = false } = tag;
  return { ...name, tag: tag.name, tagOid: oid, commit, tagger, date, signed };
}

/** What is to be approved, and by others than whom. */
export interface Approvable {
  version: VersionId;
  stage: string;
  commits: readonly Oid[];
  tagger: Tagger;
  time: number;
}

/** By so many seconds clocks may differ before an approval counts as one that came after the fact. */
const PATIENCE = 300;

/**
 * The addresses of the others who approved of just this: artifact, version, stage and commit.
 * @param signatures of the approvals, where they must be signed
 */
export function approversOf(
  { version, stage, commits, tagger, time }: Approvable,
  approvals: readonly Approval[],
  signatures: ReadonlyMap<Oid, Signature> | undefined,
): string[] {
  const fitting = approvals.filter(
    (one) =>
      one.version === version &&
      one.stage === stage &&
      commits.every((commit) => commit === one.commit) &&
      one.date <= time + PATIENCE &&
      one.who !== encodeWho(tagger.email) &&
      (signatures === undefined || isSigned(one, signatures.get(one.tagOid))),
  );
  return [...new Map(fitting.map((one) => [one.who, one.tagger.email])).values()];
}

const isSigned = ({ tagger }: Approval, signature: Signature | undefined): boolean =>
  signature?.verdict === 'good' && standsFor(signature.signer ?? '', tagger.email);
