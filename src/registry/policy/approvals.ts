import type { ArtifactName } from '../../domain/names.js';
import { type Approval, approvalOf } from '../../domain/policy/approval.js';
import { approvalsOf } from '../../domain/policy/approval-name.js';
import { tagOfRef, tagRef } from '../../domain/tag-name.js';
import type { PeeledTagRef, RegistryRepository } from '../../git/port.js';
import { bringMissing } from '../bring-missing.js';
import type { Vantage } from './vantage.js';

/** The approvals of an artifact that are valid in themselves, as they are at a vantage; what they approve of is theirs to say. */
export async function readApprovals(
  repository: RegistryRepository,
  artifact: ArtifactName,
  vantage: Vantage,
): Promise<Approval[]> {
  const remote = vantage.kind === 'remote' ? vantage.remote : '.';
  const start = tagRef(approvalsOf(artifact));
  const held = await repository.listRemoteRefs(remote, [`${start}*`]);
  // a pattern also matches further down (git-ls-remote(1))
  const refs = [...held].flatMap(([refName, oid]): PeeledTagRef[] => {
    const name = refName.startsWith(start) ? tagOfRef(refName) : undefined;
    return name === undefined ? [] : [{ name, oid, peeledOid: undefined }];
  });
  if (vantage.kind === 'remote') await bringMissing(repository, vantage.remote, refs);
  return approvalsIn(await repository.readTags(refs), artifact);
}

/** The approvals among tags, of one artifact. */
export const approvalsIn = (
  readings: Awaited<ReturnType<RegistryRepository['readTags']>>,
  artifact: ArtifactName,
): Approval[] =>
  readings.flatMap((one) => {
    const approval = 'tag' in one ? approvalOf(one.tag) : { problem: one.detail };
    return 'problem' in approval || approval.artifact !== artifact ? [] : [approval];
  });
