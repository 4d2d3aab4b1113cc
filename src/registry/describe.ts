import { type ArtifactsFile, pathOfEntry } from '../documents/artifacts.js';
import { readLink } from '../documents/link.js';
import type { Oid } from '../domain/event.js';
import { type ArtifactName, artifactName } from '../domain/names.js';
import type { RegistryContext } from './context.js';
import { findDeclaration, foreignEntry, notDeclared } from './declared.js';
import { shownSource } from './links.js';
import { askMeant } from './meant.js';
import { type ChooseOptions, type Chosen, choose } from './queries.js';
import type { Description } from './rows.js';

/**
 * Describes an artifact as it is declared at a version, in a stage, or at a rev.
 * @throws RegError NOT_DECLARED, INVALID_LINK, and what choosing throws
 */
export const describe = (
  context: RegistryContext,
  name: string,
  options: ChooseOptions,
): Promise<Description> =>
  askMeant(context, name, async (full) => {
    const artifact = artifactName(full);
    return describeChosen(context, artifact, await choose(context, artifact, options));
  });

/**
 * Describes an artifact as a commit declares it.
 * @throws RegError NOT_DECLARED, INVALID_LINK
 */
export async function describeChosen(
  context: RegistryContext,
  artifact: ArtifactName,
  { version, commit }: Chosen,
): Promise<Description> {
  const found = await findDeclaration(context.repository, commit, artifact);
  if (found === undefined) throw await notDeclared(context, artifact, commit);
  const facts =
    found.kind === 'link'
      ? await linkFacts(context, commit, found.file)
      : await foreignFacts(context, commit, found, artifact);
  return { artifact, version, commit, declaredBy: found.kind, file: found.file, ...facts };
}

type Facts = Omit<Description, 'artifact' | 'version' | 'commit' | 'declaredBy' | 'file'>;

async function linkFacts({ repository }: RegistryContext, commit: Oid, file: string): Promise<Facts> {
  const entry = await repository.entryAt(commit, file);
  const { link } = readLink(entry ? await repository.readBlob(entry.oid) : new Uint8Array(), file);
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
    custom: null,
  };
}

async function foreignFacts(
  { repository }: RegistryContext,
  commit: Oid,
  declaration: ArtifactsFile,
  artifact: ArtifactName,
): Promise<Facts> {
  const entry = await foreignEntry(repository, commit, declaration, artifact);
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return {
    type: text(entry.type),
    description: text(entry.description ?? entry.desc),
    path: pathOfEntry(entry, declaration) ?? null,
    labels: entry.labels ?? null,
    source: null,
    sha256: null,
    size: null,
    params: null,
    metrics: null,
    interface: null,
    custom: entry.custom ?? entry.meta ?? null,
  };
}
