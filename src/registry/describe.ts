import { type ArtifactEntry, pathOfEntry } from '../documents/artifacts.js';
import { isOwn, type Link } from '../documents/link.js';
import { type ArtifactName, artifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { addressOf } from '../models/address.js';
import { withoutUserInfo } from '../util/address.js';
import type { RegistryContext } from './context.js';
import { type Declaration, explainUnlinked, notDeclared } from './declared.js';
import { declaredModel } from './declared-model.js';
import { evidenceOf } from './evidence.js';
import { linkAt, resolveLink, shownSource } from './links.js';
import { askMeant } from './meant.js';
import { type ChooseOptions, type Chosen, choose } from './queries.js';
import { readArtifact } from './read.js';
import type { Description } from './rows.js';
import { approvalsKnown, approvalsOf } from './show.js';

/** Which version to describe. */
export interface DescribeOptions extends ChooseOptions {
  /** Asks the Git LFS server too where the bytes of a model of this repository are. An address with a signature is left out. */
  address?: boolean | undefined;
  /** Reads evidence over the network too: from remotes of DVC, and from a source that is not on this machine. */
  fetch?: boolean | undefined;
}

/**
 * Describes an artifact as it is declared at a version, in a stage, or at a rev.
 * @throws RegError NOT_DECLARED, INVALID_LINK, and what choosing throws
 */
export const describe = (
  context: RegistryContext,
  name: string,
  { address = false, fetch = false, ...options }: DescribeOptions,
): Promise<Description> =>
  askMeant(context, name, async (full) => {
    const artifact = artifactName(full);
    const chosen = await choose(context, artifact, options);
    const described = await describeChosen(context, artifact, chosen);
    const addressed = await withAddress(context, artifact, chosen, {
      described,
      mayAsk: address && !context.offline,
    });
    const row = { ...addressed, evidence: await evidenceOf(context, artifact, chosen, { mayFetch: fetch }) };
    if (chosen.version === null || options.at) return row;
    const known = await approvalsKnown(context, async () => [await readArtifact(context, artifact)]);
    return { ...row, approvals: approvalsOf(row, known) };
  });

/**
 * Adds where the bytes of a model of this repository are. The files of DVC say it; the server of Git LFS is asked. A linked repository
 * is left out, because it would be fetched for that.
 */
async function withAddress(
  context: RegistryContext,
  artifact: ArtifactName,
  chosen: Chosen,
  { described: row, mayAsk }: { described: Description; mayAsk: boolean },
): Promise<Description> {
  const isElsewhere = row.source !== null && !isOwn(row.source);
  const mayBeKnown = row.digest?.startsWith('md5:') || (mayAsk && row.digest?.startsWith('git:'));
  if (isElsewhere || row.path === null || !mayBeKnown) return row;
  try {
    const link = await linkAt(context, artifact, chosen);
    const { place, home } = await resolveLink(context, link, async () => row.commit);
    const { url } = await addressOf(place, home);
    if (withoutUserInfo(url) !== url) return row;
    return { ...row, source: { path: row.path, ...row.source, url } };
  } catch (error) {
    // what cannot be loaded is described all the same
    if (error instanceof RegError && error.code !== 'INTERRUPTED') return row;
    throw error;
  }
}

/**
 * Describes an artifact as a commit declares it, without approvals.
 * @throws RegError NOT_DECLARED, INVALID_LINK
 */
export async function describeChosen(
  context: RegistryContext,
  artifact: ArtifactName,
  chosen: Chosen,
): Promise<Description> {
  const { version, commit } = chosen;
  const found = await declaredModel(context, artifact, chosen);
  if (found === undefined)
    return notDeclared(context, artifact, commit).then(explainUnlinked(artifact, version));
  const { declaration, link, entry, digest } = found;
  const facts = link === undefined ? entryFacts(entry, declaration) : linkFacts(link);
  return {
    artifact,
    version,
    commit,
    declaredBy: declaration.kind,
    file: declaration.file,
    ...facts,
    digest: digest ?? null,
    evidence: null,
    approvals: [],
  };
}

type Facts = Omit<
  Description,
  'artifact' | 'version' | 'commit' | 'declaredBy' | 'file' | 'digest' | 'evidence' | 'approvals'
>;

function linkFacts(link: Link): Facts {
  const { source, sha256, size, type, description, labels, params, metrics } = link;
  return {
    type: type ?? null,
    description: description ?? null,
    path: source.path ?? null,
    labels: labels ?? null,
    source: shownSource(source),
    sha256: sha256 ?? null,
    size: size ?? null,
    params: params ?? null,
    metrics: metrics ?? null,
    interface: link.interface ?? null,
    serving: link.serving ?? null,
    custom: null,
  };
}

function entryFacts(entry: ArtifactEntry, declaration: Declaration): Facts {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return {
    type: text(entry.type),
    description: text(entry.description ?? entry.desc),
    path: declaration.kind === 'link' ? null : (pathOfEntry(entry, declaration) ?? null),
    labels: entry.labels ?? null,
    source: null,
    sha256: null,
    size: null,
    params: null,
    metrics: null,
    interface: null,
    serving: null,
    custom: entry.custom ?? entry.meta ?? null,
  };
}
