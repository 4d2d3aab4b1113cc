import { RegError } from '../errors.js';
import { type LoadOptions, loadModel, type Model, type PlaceOptions } from '../load.js';
import type { Report } from '../validate/finding.js';
import { type ValidateOptions, validate } from '../validate/validate.js';
import type { RegistryContext } from './context.js';
import { init } from './init.js';
import { type LinkOptions, type LinkRow, link } from './link.js';
import * as queries from './queries.js';
import type { HistoryRow, OverviewRow, StageRow, VersionRow } from './rows.js';
import type { WriteOptions, Written } from './write.js';
import * as writes from './writes.js';

/**
 * A model registry in the tags of one repository. Every call reads the tags anew. Times go in as `Date` and come out as
 * ISO 8601 texts in UTC. Every call may throw `RegError`.
 */
export interface Registry {
  /** The current version in a stage; undefined when nothing is there. */
  which(artifact: string, stage: string, options?: queries.ReadOptions): Promise<StageRow | undefined>;
  /** All versions in a stage, the current one first. */
  whichAll(artifact: string, stage: string, options?: queries.ReadOptions): Promise<StageRow[]>;
  /** The greatest active registered version; undefined when there is none. */
  latest(artifact: string, options?: queries.ReadOptions): Promise<VersionRow | undefined>;
  /** One row for each artifact, by name. */
  show(options?: queries.OverviewOptions): Promise<OverviewRow[]>;
  /** One row for each version of an artifact, greatest first. */
  versions(artifact: string, options?: queries.ReadOptions): Promise<VersionRow[]>;
  /** The journal of one artifact or of all, newest first. */
  history(artifact?: string, options?: queries.HistoryOptions): Promise<HistoryRow[]>;
  /** Fetches and verifies one model, and puts it on disk. */
  load(artifact: string, options?: LoadOptions & Partial<PlaceOptions>): Promise<Model>;
  /** Checks link files. */
  validate(options: ValidateOptions): Promise<Report>;
  /** Writes `.reg.yaml`. */
  init(stages?: readonly string[]): Promise<{ path: string }>;
  /** Writes the link file of an artifact. */
  link(path: string, artifact: string, options: LinkOptions): Promise<LinkRow>;
  /** Registers the model at a commit as a version. */
  register(artifact: string, options?: writes.RegisterOptions): Promise<Written>;
  /** Puts a version into a stage. */
  assign(target: string, stage: string, options?: writes.AssignOptions): Promise<Written>;
  /** Assigns what was current in a stage before the current version. */
  rollback(artifact: string, stage: string, options?: WriteOptions): Promise<Written>;
}

/** Makes the calls of a registry from what it talks to. */
export function createRegistry(context: RegistryContext): Registry {
  const whichAll: Registry['whichAll'] = async (artifact, stage, options = {}) =>
    (await unlessNothing(queries.which(context, artifact, stage, options))) ?? [];
  return {
    which: async (artifact, stage, options) => (await whichAll(artifact, stage, options))[0],
    whichAll,
    latest: (artifact, options = {}) => unlessNothing(queries.latest(context, artifact, options)),
    show: (options = {}) => queries.overview(context, options),
    versions: (artifact, options = {}) => queries.versions(context, artifact, options),
    history: (artifact, options = {}) => queries.history(context, artifact, options),
    load: (artifact, options = {}) => loadModel(context, artifact, options),
    validate: (options) => validate(context, options),
    init: (stages) => init(context, stages),
    link: (path, artifact, options) => link(context, path, artifact, options),
    register: (artifact, options = {}) => writes.register(context, artifact, options),
    assign: (target, stage, options = {}) => writes.assign(context, target, stage, options),
    rollback: (artifact, stage, options = {}) => writes.rollback(context, artifact, stage, options),
  };
}

const NOTHING: ReadonlySet<string> = new Set([
  'UNKNOWN_ARTIFACT',
  'UNKNOWN_STAGE',
  'UNKNOWN_VERSION',
  'NOTHING_IN_STAGE',
]);

/** Undefined where the answer is that nothing is there; a program asks for that with `if`, a person is told why. */
async function unlessNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RegError && NOTHING.has(error.code)) return undefined;
    throw error;
  }
}
