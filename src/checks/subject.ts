import type { Config } from '../documents/config.js';
import type { Link, LinkFile, LinkReading } from '../documents/link.js';
import { artifactOfLink } from '../documents/link-path.js';
import { artifactStateOf, versionsByStage } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName, StageName } from '../domain/names.js';
import { parseTagName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import type { ModelInterface } from '../formats/interface.js';
import type { TagRef } from '../git/port.js';
import type { ModelDigest } from '../models/digest.js';
import type { SourceModel } from '../models/source.js';
import type { RegistryContext } from '../registry/context.js';
import { linkAt } from '../registry/link-at.js';
import { type MetricsFile, readMetricsFile } from '../registry/metrics-file.js';
import { eventsIn, readArtifactNames } from '../registry/read.js';
import type { FoundRev } from '../registry/source-rev.js';
import { memoize, once } from '../util/async.js';

/** A link file of the work tree, whatever it holds. */
export interface FileSubject {
  /** From the top of the repository. */
  file: string;
  bytes: Uint8Array;
  reading: LinkReading;
  /** What its name says that it declares; undefined when that is no name. */
  artifact: ArtifactName | undefined;
  registry: RegistryView;
}

/** A link file that can be read, and what it leads to; each is fetched once, when a rule first asks. */
export interface LinkSubject extends LinkFile {
  file: string;
  artifact: ArtifactName;
  registry: RegistryView;
  /** The link as it was before the change that is looked at; undefined when it was not there, or no change is looked at. */
  before: LinkFile['link'] | undefined;
  /** The model that it leads to; nothing of its bytes is read. */
  find(): Promise<SourceModel>;
  /** What the files of the model say of its interface; undefined where their format says nothing. */
  fileInterface(): Promise<ModelInterface | undefined>;
  /** Reads the model to its end. */
  model(): Promise<ModelDigest>;
  /** @throws RegError what reading a metrics file throws */
  metrics(): Promise<LinkMetrics>;
  /** What the rev of the source is now; undefined where it names none. */
  findRev(): Promise<FoundRev | undefined>;
}

/** What rules may ask about the registry around what they look at; each answer is found once. */
export interface RegistryView {
  context: RegistryContext;
  config: Config;
  /** Every link file of the work tree, looked at or not. */
  files: readonly string[];
  /** What these declare. */
  declared: readonly ArtifactName[];
  /** Artifacts that have events. */
  registered(): Promise<readonly ArtifactName[]>;
  /** The stages that hold a version of an artifact, each with the current one and what declares it. */
  held(artifact: ArtifactName): Promise<Held>;
}

/** What the stages of an artifact hold. */
interface Held {
  stages: ReadonlyMap<StageName, HeldLink>;
  /** Why nobody knows; undefined when it is known. */
  problem?: string;
}

/** The version that is current in a stage. */
interface HeldLink {
  version: string;
  /** The commit of the registry that it belongs to. */
  commit: Oid;
  /** Undefined where nothing declares it, or what does cannot be read. */
  link: Link | undefined;
}

/** Makes the view of a registry whose work tree holds these link files. */
export async function viewOf(
  context: RegistryContext,
  files: readonly string[],
  offline: boolean,
): Promise<RegistryView> {
  const tagsOf = tagsFromRemote(context, offline);
  return {
    context,
    config: await context.config(),
    files,
    declared: files.flatMap((file) => artifactOfLink(file) ?? []),
    registered: once(() => readArtifactNames(context.repository.tags)),
    held: memoize((artifact) => readHeld(context, artifact, tagsOf), { keepFailures: true }),
  };
}

async function readHeld(
  context: RegistryContext,
  name: ArtifactName,
  tagsOf: ReturnType<typeof tagsFromRemote>,
): Promise<Held> {
  const stages = new Map<StageName, HeldLink>();
  try {
    const tags = await tagsOf(name);
    const readings = tags.length === 0 ? [] : await context.repository.tags.read(tags);
    const { events } = eventsIn(readings, name);
    for (const [stage, [current]] of versionsByStage(artifactStateOf(name, events))) {
      if (current === undefined) continue;
      const { id, commit } = current.version;
      const link = await linkAt(context, name, commit).catch(unlessUnreadable);
      stages.set(stage, { version: id, commit, link });
    }
    return { stages };
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    const problem = `what is in the stages of ${name} cannot be told: ${error.message}`;
    return { stages, problem: `${problem}; fetch the tags, or add --offline to go by those that are here` };
  }
}

function unlessUnreadable(error: unknown): undefined {
  if (error instanceof RegError && (error.code === 'NOT_DECLARED' || error.code === 'INVALID_LINK'))
    return undefined;
  throw error;
}

/** The metrics of a link: what it says itself, and what the file of its source says. */
interface LinkMetrics {
  /** Undefined where no file is named, or there is none at that path. */
  file: MetricsFile | undefined;
  /** The value of a metric; what the link says counts. */
  valueOf(metric: string): number | undefined;
}

/**
 * Finds the metrics of a link.
 * @throws RegError what reading a metrics file throws
 */
export async function metricsOf(
  { context, config }: Pick<RegistryView, 'context' | 'config'>,
  link: Link,
  registryCommit: () => Promise<Oid>,
): Promise<LinkMetrics> {
  const named = link.metricsFile ?? config.metricsFile;
  const file = named === undefined ? undefined : await readMetricsFile(context, link, named, registryCommit);
  const { metrics = {} } = link;
  return {
    file,
    valueOf: (metric) => (Object.hasOwn(metrics, metric) ? metrics[metric] : file?.valueOf(metric)),
  };
}

/**
 * Gives the tags of an artifact: as the remote has them, which a checkout in CI often lacks, and those here that are not there
 * yet. The remote is asked once, and of the tags that are not here only those of the artifact are fetched; no ref is written.
 * @param offline does not ask it
 * @throws RegError REMOTE_FAILED when it cannot be reached and this clone may lack tags
 */
function tagsFromRemote(
  context: RegistryContext,
  offline: boolean,
): (artifact: ArtifactName) => Promise<TagRef[]> {
  const { repository, config } = context;
  const listing = once(async () => (offline ? undefined : listRemote(context)));
  return async (artifact) => {
    const isOwn = ({ name }: TagRef): boolean => parseTagName(name)?.artifact === artifact;
    const [here, there] = [[...(await repository.tags.list(artifact)).refs].filter(isOwn), await listing()];
    if (there === undefined) return here;
    const own = there.filter(isOwn);
    const types = await repository.objectTypes(own.map(({ oid }) => oid));
    const missing = own.filter(({ oid }) => types.get(oid) === 'missing');
    if (missing.length > 0) await repository.fetchTags((await config()).remote, missing);
    const names = new Set(own.map(({ name }) => name));
    return [...own, ...here.filter(({ name }) => !names.has(name))].map(({ name, oid }) => ({ name, oid }));
  };
}

/** Every tag of the remote; undefined where what is here counts. */
async function listRemote({ repository, config }: RegistryContext) {
  const { remote } = await config();
  if (repository.url !== undefined || !(await repository.hasRemote(remote))) return undefined;
  try {
    return await repository.listRemoteTags(remote);
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    // a clone with tags and history was made by somebody who fetched both
    const mayLack = (await repository.isShallow()) || (await readArtifactNames(repository.tags)).length === 0;
    if (mayLack) throw error;
    return undefined;
  }
}
