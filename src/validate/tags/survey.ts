import { APPROVALS } from '../../domain/approval.js';
import type { TagReading, TagRef } from '../../git/port.js';
import { bringMissing } from '../../registry/catch-up.js';
import type { RegistryContext } from '../../registry/context.js';
import type { RulesSource } from '../../registry/policy.js';

/** The tags of a registry as they are where it is shared, and those of this clone that are not there yet. */
export interface Survey {
  readings: TagReading[];
  /** What every tag holds, by name. */
  held: ReadonlyMap<string, string>;
  /** Tags that hold something else here than there. */
  moved: readonly { name: string; here: string; there: string }[];
}

/**
 * Reads every tag that concerns a registry. What the remote has counts, for that is what others act upon; its tags need not
 * be here.
 * @throws RegError REMOTE_FAILED
 */
export async function surveyTags({ repository }: RegistryContext, source: RulesSource): Promise<Survey> {
  const here = (await repository.listTags()).filter(isConcerned);
  if (source.kind !== 'remote' || repository.url !== undefined) return surveyOf(repository, here, []);
  const listed = (await repository.listRemoteTags(source.remote)).filter(isConcerned);
  const there = new Map(listed.map((tag) => [tag.name, tag]));
  await bringMissing(repository, source.remote, listed);
  const own = here.filter(({ name }) => !there.has(name));
  const moved = here.flatMap(({ name, oid }) => {
    const tag = there.get(name);
    // a checkout holds the commit in the place of the tag, and hides nothing by that
    return tag === undefined || tag.oid === oid || tag.peeledOid === oid
      ? []
      : [{ name, here: oid, there: tag.oid }];
  });
  return surveyOf(repository, [...listed, ...own], moved);
}

/** Tags that nobody could take for an event or an approval are none of our business. */
const isConcerned = ({ name }: TagRef): boolean => /[@#]/.test(name) || name.startsWith(APPROVALS);

async function surveyOf(
  repository: RegistryContext['repository'],
  refs: readonly TagRef[],
  moved: Survey['moved'],
): Promise<Survey> {
  const readings =
    refs.length === 0 ? [] : await repository.readTags(refs.map(({ name, oid }) => ({ name, oid })));
  return { readings, held: new Map(refs.map(({ name, oid }) => [name, oid])), moved };
}
