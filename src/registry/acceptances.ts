import {
  ACCEPTANCES,
  type Acceptance,
  type Accepted,
  acceptanceOf,
  acceptancesOf,
  acceptedBy,
  stagesThatAsk,
} from '../domain/acceptance.js';
import type { Event, Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import type { Signature } from '../domain/signature.js';
import { RegError } from '../errors.js';
import { type RegistryRepository, requireSignatures, type TagReading } from '../git/port.js';
import type { RegistryContext } from './context.js';
import { type Rules, type RulesSource, readBelow } from './policy.js';

// Breaks in the history of artifacts that people accepted (docs/specification.md, 1 Tags, Other refs).

/**
 * What counts as accepted of the breaks in some artifacts, by the rules of the team. Nothing does where the acceptances cannot be
 * asked for; then a note gives the reason.
 */
export async function acceptedIn(
  context: RegistryContext,
  artifacts: readonly ArtifactName[],
  rules: () => Promise<Rules>,
): Promise<Accepted[]> {
  try {
    const { source, policy, signers } = await rules();
    const found = await readAcceptances(context.repository, artifacts, source);
    return acceptedBy(policy, found, await signaturesOf(context.repository, found, { policy, signers }));
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    context.note(`what was accepted is not known: ${error.message}`);
    return [];
  }
}

/** The signatures of acceptances, where a stage asks for them. */
export async function signaturesOf(
  repository: RegistryRepository,
  acceptances: readonly Pick<Acceptance, 'tagOid' | 'signed'>[],
  { policy, signers }: Pick<Rules, 'policy' | 'signers'>,
): Promise<Map<Oid, Signature>> {
  const signed = acceptances.filter((one) => one.signed).map(({ tagOid }) => tagOid);
  const isAsked = stagesThatAsk(policy).some((stage) => policy[stage]?.signed);
  if (!isAsked || signed.length === 0) return new Map();
  return requireSignatures(repository).check(signed, await signers());
}

/** The acceptances of some artifacts, as they are at a source; those that cannot be read accept nothing. */
export async function readAcceptances(
  repository: RegistryRepository,
  artifacts: readonly ArtifactName[],
  source: RulesSource,
): Promise<Acceptance[]> {
  const [only, ...others] = artifacts;
  if (only === undefined) return [];
  const start = others.length === 0 ? acceptancesOf(only) : ACCEPTANCES;
  const isHere = source.kind !== 'remote' || repository.address !== undefined;
  // git itself is not needed to read the tags that are here
  const readings = isHere ? await readListed(repository, start) : await readBelow(repository, start, source);
  return acceptancesAmong(readings).filter(({ artifact }) => artifacts.includes(artifact));
}

async function readListed({ tags }: RegistryRepository, start: string): Promise<TagReading[]> {
  const refs = [...(await tags.list('all')).refs].filter(({ name }) => name.startsWith(start));
  return refs.length === 0 ? [] : tags.read(refs);
}

const acceptancesAmong = (readings: readonly TagReading[]): Acceptance[] =>
  readings.flatMap((reading) => {
    const one = 'tag' in reading ? acceptanceOf(reading.tag) : { problem: reading.detail };
    return 'problem' in one ? [] : [one];
  });

/**
 * Gives whether an acceptance here says that what an event names is gone. Then it is not missing from this clone; whether it may be gone
 * is what `verify` judges.
 */
export async function acceptedHere(
  { repository }: RegistryContext,
  artifact: ArtifactName,
): Promise<(event: Event) => boolean> {
  const found = await readAcceptances(repository, [artifact], { kind: 'here' });
  const gone = new Set(
    found.flatMap(({ rewritten }) => rewritten.map(({ event, parent }) => `${event} ${parent}`)),
  );
  return ({ tagOid, parent }) => gone.has(`${tagOid} ${parent}`);
}
