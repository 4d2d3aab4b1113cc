import type { Config } from '../documents/config.js';
import type { Link, LinkFile, LinkReading } from '../documents/link.js';
import type { YamlFile } from '../documents/yaml.js';
import { artifactStateOf, versionsByStage } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName, StageName } from '../domain/names.js';
import { parseTagName } from '../domain/tag-name.js';
import { failureOf } from '../errors.js';
import type { ModelInterface } from '../formats/interface.js';
import { requireRemote, type TagRef } from '../git/port.js';
import type { ModelDigest } from '../models/digest.js';
import { bringMissing } from '../registry/catch-up.js';
import type { RegistryContext } from '../registry/context.js';
import { UNREADABLE } from '../registry/declared.js';
import { placeOf } from '../registry/former-names.js';
import { linkAt } from '../registry/links.js';
import type { LinkMetrics } from '../registry/metrics-file.js';
import { readArtifactNames, wholeEventsIn } from '../registry/read.js';
import type { FoundRev } from '../registry/source-rev.js';
import { memoize, once } from '../util/async.js';
import type { Subject } from './finding.js';
import type { TrustedConfig } from './trusted-config.js';

/** A link file of the work tree with any content. */
export interface FileSubject extends Subject {
  bytes: Uint8Array;
  reading: LinkReading;
  /** The artifact that its name declares; undefined where that is not a name. */
  artifact: ArtifactName | undefined;
  registry: RegistryView;
}

/** A link file that can be read, and its model. Each answer is fetched once, when a rule first asks. */
export interface LinkSubject extends Subject, LinkFile {
  artifact: ArtifactName;
  registry: RegistryView;
  /** The link before the change under review; undefined for a new link, and without a change. */
  before: Link | undefined;
  /** The interface that the files of the model state; undefined where their format has none. */
  fileInterface(): Promise<ModelInterface | undefined>;
  /** Reads the whole model. */
  model(): Promise<ModelDigest>;
  /** @throws RegError what reading a metrics file throws */
  metrics(): Promise<LinkMetrics>;
  /** What the rev of the source is now; undefined without a rev. */
  findRev(): Promise<FoundRev | undefined>;
}

/** A link file that a change removes. */
export interface RemovedSubject extends Subject {
  artifact: ArtifactName;
  registry: RegistryView;
}

/** The configuration of a registry. */
export interface ConfigSubject extends Subject {
  yaml: YamlFile;
  registry: RegistryView;
  /** The ids of all rules. */
  rules: readonly string[];
}

/** What rules ask about the registry. Each answer is found once. */
export interface RegistryView {
  context: RegistryContext;
  /** What the check goes by. */
  config: Config;
  /** How the configuration of the work tree differs from that. */
  trusted: TrustedConfig;
  /** Every link file of the work tree. */
  files: readonly string[];
  /** The artifacts that these, and the files of other tools, declare. */
  declared: readonly ArtifactName[];
  /** Whether the files are those of the index. */
  isStaged?: boolean;
  /** Artifacts that have events. */
  registered(): Promise<readonly ArtifactName[]>;
  /** What the stages of an artifact hold. */
  held(artifact: ArtifactName): Promise<Held>;
}

/** The stages of an artifact that hold a version, each with the current one. */
interface Held {
  stages: ReadonlyMap<StageName, HeldLink>;
  /** The artifact that takes its place, where it is deprecated. */
  successor?: ArtifactName | undefined;
  /** The names that it had before. */
  renamedFrom: ReadonlySet<ArtifactName>;
  /** Why it is not known; undefined where it is. */
  problem?: string;
}

/** The current version of a stage. */
interface HeldLink {
  version: string;
  /** Its commit in the registry. */
  commit: Oid;
  /** Its link; undefined where there is no readable one. */
  link: Link | undefined;
}

/** Opens the view of a registry whose work tree has these link files, and declares these artifacts. */
export async function viewOf(
  context: RegistryContext,
  trusted: TrustedConfig,
  files: readonly string[],
  declared: readonly ArtifactName[],
  offline: boolean,
): Promise<RegistryView> {
  const tagsOf = sharedTags(context, offline);
  return {
    context,
    config: trusted.config,
    trusted,
    files,
    declared,
    registered: once(() => readArtifactNames(context.repository.tags)),
    held: memoize((artifact) => readHeld(context, artifact, tagsOf), { keepFailures: true }),
  };
}

async function readHeld(
  context: RegistryContext,
  name: ArtifactName,
  tagsOf: (artifact: ArtifactName) => Promise<TagRef[]>,
): Promise<Held> {
  const stages = new Map<StageName, HeldLink>();
  const renamedFrom = new Set<ArtifactName>();
  try {
    const tags = await tagsOf(name);
    const readings = tags.length === 0 ? [] : await context.repository.tags.read(tags);
    const { events } = await wholeEventsIn(context, readings, name);
    const artifact = artifactStateOf(name, events);
    for (const event of events) if (event.renamedFrom !== undefined) renamedFrom.add(event.renamedFrom);
    for (const [stage, [current]] of versionsByStage(artifact)) {
      if (current === undefined) continue;
      const { id, commit } = current.version;
      const link = await linkAt(context, name, placeOf(current.version)).catch(unlessUnreadable);
      stages.set(stage, { version: id, commit, link });
    }
    const successor = artifact.deprecated ? artifact.events.at(-1)?.successor : undefined;
    return { stages, successor, renamedFrom };
  } catch (error) {
    const problem = `the stages of ${name} cannot be read: ${failureOf(error).message}`;
    return {
      stages,
      renamedFrom,
      problem: `${problem}; fetch the tags, or add --offline to go by those that are here`,
    };
  }
}

function unlessUnreadable(error: unknown): undefined {
  const { code } = failureOf(error);
  if (code === 'NOT_DECLARED' || code === 'SOURCE_PATH' || UNREADABLE.has(code)) return undefined;
  throw error;
}

/**
 * Makes a function that gives the tags of an artifact: those of the remote, which a checkout in CI often lacks, and those that
 * exist only here. The remote is asked once. Missing objects are fetched for the artifact only, and no ref is written.
 * @param offline does not ask the remote
 * @throws RegError REMOTE_FAILED where it does not answer and this clone may lack tags
 */
function sharedTags(
  context: RegistryContext,
  offline: boolean,
): (artifact: ArtifactName) => Promise<TagRef[]> {
  const { repository, remote } = context;
  const listing = once(async () => (offline ? undefined : listRemote(context)));
  return async (artifact) => {
    const isOwn = ({ name }: TagRef): boolean => parseTagName(name)?.artifact === artifact;
    const [here, there] = [[...(await repository.tags.list(artifact)).refs].filter(isOwn), await listing()];
    if (there === undefined) return here;
    const own = there.filter(isOwn);
    await bringMissing(repository, await remote(), own);
    const names = new Set(own.map(({ name }) => name));
    return [...own, ...here.filter(({ name }) => !names.has(name))].map(({ name, oid }) => ({ name, oid }));
  };
}

/** Every tag of the remote; undefined where the tags of this clone count. */
async function listRemote({
  repository,
  remote: chosen,
}: RegistryContext): Promise<readonly TagRef[] | undefined> {
  const remote = await chosen();
  if (repository.address !== undefined || !(await repository.hasRemote(remote))) return undefined;
  try {
    return await requireRemote(repository, remote).listTags();
  } catch (error) {
    const failure = failureOf(error);
    // a person who fetched tags and history has them all
    const mayLack =
      (await repository.history.isShallow()) || (await readArtifactNames(repository.tags)).length === 0;
    if (mayLack) throw failure;
    return undefined;
  }
}
