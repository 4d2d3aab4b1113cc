import type { Link, LinkSource } from '../documents/link.js';
import type { Oid } from '../domain/event.js';
import { type ArtifactName, artifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { type ChooseOptions, type Chosen, choose } from '../registry/choose.js';
import type { RegistryContext } from '../registry/context.js';
import { followLink } from '../registry/follow-link.js';
import { linkAt } from '../registry/link-at.js';
import { nameInLink, shownSource } from '../registry/shown-source.js';
import { refuseUnsafePath, type SourceModel } from '../sources/model.js';
import type { Wanted } from './fetch.js';
import type { ModelCache } from './model-cache.js';

/** A link that was chosen, and how to come by its model. */
export interface Lead extends Chosen {
  artifact: ArtifactName;
  /** Where the link says that the model is, fit to be shown, with the commit that was read as far as one was asked for. */
  source(): LinkSource;
  /** The model in the cache, when the link says which bytes are meant and they are there; nothing else is asked. */
  cached(): Promise<Wanted | undefined>;
  /** The model at its source. */
  follow(): Promise<Wanted>;
}

/**
 * Finds the link of an artifact that is meant.
 * @param frozen refuses a link that leaves open which bytes are meant
 * @throws RegError NOT_DECLARED, INVALID_LINK, NOT_PINNED, and what choosing throws
 */
export async function findLead(
  context: RegistryContext,
  name: string,
  { frozen = false, ...options }: ChooseOptions & { frozen?: boolean | undefined },
  cache: ModelCache,
): Promise<Lead> {
  const artifact = artifactName(name);
  const chosen = await choose(context, artifact, options);
  const link = await linkAt(context, artifact, chosen.commit);
  if (frozen) refuseFloating(artifact, link);
  let read: Oid | undefined = link.source.commit;
  const wanted = (model: SourceModel, promises: Wanted['promises']): Wanted => {
    const named = nameInLink(link.source) ?? model.name;
    refuseUnsafePath(named);
    return { artifact, name: named, promises, model };
  };
  return {
    ...chosen,
    artifact,
    source: () => ({ ...shownSource(link.source), ...(read === undefined ? {} : { commit: read }) }),
    cached: async () => {
      const model = link.sha256 === undefined ? undefined : await cache.find(link.sha256);
      return model && wanted(model, [link]);
    },
    follow: async () => {
      const { model, commit, promises } = await followLink(context, link, async () => chosen.commit);
      read = commit;
      return wanted(model, promises);
    },
  };
}

function refuseFloating(artifact: ArtifactName, { source, sha256 }: Link): void {
  const missing = sha256 === undefined ? 'sha256' : 'source.commit';
  if (sha256 !== undefined && (source.commit !== undefined || source.url !== undefined)) return;
  throw new RegError(
    'NOT_PINNED',
    `the link of ${artifact} is not pinned: it has no ${missing}`,
    `pin it with: reg update ${artifact}`,
  );
}
