import { inspect, types } from 'node:util';
import { type AcceptedAs, type AcceptOptions, accept } from './checks/accept.js';
import { type DoctorOptions, doctor } from './checks/doctor.js';
import type { Report } from './checks/finding.js';
import { type ValidateOptions, validate } from './checks/validate.js';
import { type VerifyOptions, verify } from './checks/verify.js';
import type { StageName } from './domain/names.js';
import { parseTime } from './domain/time.js';
import { RegError } from './errors.js';
import type { InferenceServiceOptions } from './exchange/kserve.js';
import { importMlem } from './exchange/mlem.js';
import { type Host, thisHost } from './host.js';
import { openContext } from './open.js';
import * as actions from './registry/actions.js';
import { type ApprovalsOptions, approvals } from './registry/approvals.js';
import { type Approved, type ApproveOptions, approve } from './registry/approve.js';
import { browse } from './registry/browse.js';
import { type CheckRefOptions, checkRef } from './registry/check-ref.js';
import type { RegistryContext } from './registry/context.js';
import { type DescribeOptions, describe } from './registry/describe.js';
import { type DiffOptions, diff, diffStage } from './registry/diff.js';
import { type HistoryOptions, history, intervals } from './registry/history.js';
import { init } from './registry/init.js';
import { type LinkOptions, link } from './registry/link.js';
import { type FilesOptions, filesOf } from './registry/files.js';
import { type LoadOptions, loadModel, type Model, readable } from './registry/load.js';
import { outdated } from './registry/outdated.js';
import * as queries from './registry/queries.js';
import { type RenameOptions, rename } from './registry/rename.js';
import { renameStage } from './registry/rename-stage.js';
import type {
  ApprovedRow,
  BrowseRow,
  CheckedRow,
  Description,
  Difference,
  DoctorFinding,
  FileRow,
  HistoryRow,
  ImportRow,
  IntervalRow,
  LinkRow,
  ManifestRow,
  OutdatedRow,
  OverviewRow,
  ShownVersion,
  SiteRow,
  StageDifference,
  StageRow,
  StatusRow,
  SyncRow,
  UpdateRow,
  UploadRow,
  UrlRow,
  VerifiedRow,
  VersionRow,
} from './registry/rows.js';
import { type OverviewOptions, overview, type VersionsOptions, versions } from './registry/show.js';
import { type SyncOptions, status, sync } from './registry/sync.js';
import { type UpdateOptions, update } from './registry/update.js';
import { type UploadOptions, upload } from './registry/upload.js';
import { type UrlOptions, urlOf } from './registry/url-of.js';
import type { WriteOptions, Written } from './registry/write.js';
import type { Ui, UiOptions } from './serve/ui.js';
import type { SiteOptions } from './site/write.js';

export type { Filter, OverviewOptions, VersionsOptions } from './registry/show.js';
export { RegError };

type Times = 'at' | 'since' | 'until';

/** Options with times: a `Date`, or a text in one of the forms that `--at` takes. */
export type Timed<T> = Omit<T, Times> & { [Name in Extract<keyof T, Times>]?: Date | string | undefined };

/**
 * A model registry in the tags of one repository. Every call reads the tags again. Times go in as `Date` or as texts such as
 * `2026-05-03` or `2 days ago`, and come out as ISO 8601 texts in UTC. Every call may throw `RegError`.
 */
export interface Registry {
  /** The current version in a stage; undefined when nothing is there. */
  which(
    artifact: string,
    stage: string,
    options?: Timed<Omit<queries.WhichOptions, 'all'>>,
  ): Promise<StageRow | undefined>;
  /** What every artifact has in a stage, `which('#prod')`, by name. */
  which(target: `#${string}`, options?: Timed<queries.WhichOptions>): Promise<StageRow[]>;
  /** All versions in a stage, the current one first. */
  whichAll(
    artifact: string,
    stage: string,
    options?: Timed<Omit<queries.WhichOptions, 'all'>>,
  ): Promise<StageRow[]>;
  /** The greatest active registered version; undefined when there is none. */
  latest(artifact: string, options?: Timed<queries.ReadOptions>): Promise<VersionRow | undefined>;
  /** One row for each artifact, by name. */
  show(options?: Timed<OverviewOptions>): Promise<OverviewRow[]>;
  /**
   * One row for each version of an artifact, of `artifact@version` or of `artifact#stage`, greatest first; of `#stage` what every
   * artifact has there.
   */
  show(target: string, options?: Timed<VersionsOptions>): Promise<ShownVersion[]>;
  /** The journal of one artifact or of all, newest first. */
  history(target?: string, options?: Timed<HistoryOptions>): Promise<HistoryRow[]>;
  /** From when to when each version was the current one in a stage, and by whom. */
  intervals(target?: string, options?: Timed<HistoryOptions>): Promise<IntervalRow[]>;
  /** The stages allowed, in use, or both. */
  stages(options?: Timed<queries.StagesOptions>): Promise<StageName[]>;
  /** Which event a ref is, and whether it is still in effect. */
  checkRef(ref: string, options?: Timed<CheckRefOptions>): Promise<CheckedRow>;
  /** What is known of a version: its link, or its annotation by gto or DVC. */
  describe(artifact: string, options?: Timed<DescribeOptions>): Promise<Description>;
  /** What differs between what HEAD declares and what a stage holds, `diff('#prod')`, of every artifact, by name. */
  diff(from: `#${string}`, to?: undefined, options?: Timed<DiffOptions>): Promise<StageDifference[]>;
  /** What differs between two models: `diff('churn@v1.2.0', '#prod')`; the second is what HEAD declares by default. */
  diff(from: string, to?: string, options?: Timed<DiffOptions>): Promise<Difference>;
  /** The pages of artifacts at the site that serves the repository; of the registry without one. */
  browse(targets?: readonly string[]): Promise<BrowseRow[]>;
  /** Fetches and verifies one model, and puts it on disk. */
  load(artifact: string, options?: Timed<LoadOptions>): Promise<Model>;
  /** The files that `load` would bring, with their SHA-256 where it is known without fetching them. */
  files(artifact: string, options?: Timed<FilesOptions>): Promise<FileRow[]>;
  /** The address of the bytes that `load` would fetch, for other programs; with `expires` one that needs no login for so many seconds. */
  urlOf(artifact: string, options?: Timed<UrlOptions>): Promise<UrlRow>;
  /** The InferenceService of KServe for a version, a stage or a rev; its link has to be pinned. */
  inferenceService(artifact: string, options?: Timed<InferenceServiceOptions>): Promise<ManifestRow>;
  /** Who signed each event, and whether the histories of artifacts hold together. */
  verify(target?: string, options?: VerifyOptions): Promise<VerifiedRow[]>;
  /** Accepts that tag objects are gone, where history was rewritten on purpose; of one artifact, or with `undefined` of any. */
  accept(target: string | undefined, gone: readonly string[], options: AcceptOptions): Promise<AcceptedAs>;
  /** Checks link files, or tags. `since` is a rev or a time. */
  validate(options?: Omit<ValidateOptions, 'since'> & { since?: Date | string | undefined }): Promise<Report>;
  /** Lists what is wrong with the registry, and what to do. */
  doctor(options?: DoctorOptions): Promise<DoctorFinding[]>;
  /** Writes the registry as a static site. */
  site(options: SiteOptions): Promise<SiteRow>;
  /** Serves the same site live on this machine. */
  ui(options?: UiOptions): Promise<Ui>;
  /** Compares the registry's tags with those of the remote of a clone. */
  status(): Promise<StatusRow[]>;
  /** Fetches the registry's tags, and pushes those that the remote lacks, one by one. */
  sync(options?: SyncOptions): Promise<SyncRow[]>;
  /** Takes over the links of mlem. */
  importMlem(options?: { force?: boolean }): Promise<ImportRow[]>;
  /** Writes `.reg.yaml`; with a remote, chooses it in git's configuration of the clone. */
  init(stages?: readonly string[], options?: { remote?: string }): Promise<{ path: string }>;
  /** Writes the link file of an artifact. */
  link(path: string, artifact: string, options: LinkOptions): Promise<LinkRow>;
  /** Pins links of the work tree to what their revs are now. */
  update(artifacts?: readonly string[], options?: UpdateOptions): Promise<UpdateRow[]>;
  /** Lists the links of the work tree whose source went on. */
  outdated(artifacts?: readonly string[]): Promise<OutdatedRow[]>;
  /** Puts a model into a store, and writes the link to it. */
  upload(path: string, artifact: string, options: UploadOptions): Promise<UploadRow>;
  /** Registers the model at a commit as a version. */
  register(artifact: string, options?: actions.RegisterOptions): Promise<Written>;
  /** Puts a version into a stage. */
  assign(target: string, stage: string, options?: actions.AssignOptions): Promise<Written>;
  /** Says that a version may go into a stage, for a policy that asks for approvals. */
  approve(target: string, stage: string, options?: ApproveOptions): Promise<Approved>;
  /** What is approved for a stage, and what waits for approvals; by default of every artifact. */
  approvals(artifact?: string, options?: ApprovalsOptions): Promise<ApprovedRow[]>;
  /** Assigns what was current in a stage before the current version. */
  rollback(artifact: string, stage: string, options?: actions.WithdrawOptions): Promise<Written>;
  /** Takes a version out of a stage. */
  unassign(target: string, stage: string, options?: actions.WithdrawOptions): Promise<Written>;
  /** Gives an artifact another name: its current versions and its stages under the new one, and the old one deprecated. */
  rename(from: string, to: string, options?: RenameOptions): Promise<Written>;
  /** Moves what is current of every artifact from one stage to another. */
  renameStage(from: string, to: string, options?: WriteOptions): Promise<Written>;
  /** Takes back the registration of a version. */
  deregister(target: string, options?: actions.WithdrawOptions): Promise<Written>;
  /** Marks an artifact as no longer in use. */
  deprecate(artifact: string, options?: actions.DeprecateOptions): Promise<Written>;
}

/** Makes the calls of a registry from what it talks to. */
function createRegistry(context: RegistryContext): Registry {
  const timed = timedIn(context);
  return {
    which: whichOf(context),
    whichAll: async (artifact, stage, options = {}) =>
      (await unlessNothing(queries.which(context, artifact, stage, { ...timed(options), all: true }))) ?? [],
    latest: async (artifact, options = {}) =>
      unlessNothing(queries.latest(context, artifact, timed(options))),
    show: showOf(context),
    history: async (target, options = {}) => history(context, target, timed(options)),
    intervals: async (target, options = {}) => intervals(context, target, timed(options)),
    stages: async (options = {}) => queries.stages(context, timed(options)),
    checkRef: async (ref, options = {}) => checkRef(context, ref, timed(options)),
    describe: async (artifact, options = {}) => describe(context, artifact, timed(options)),
    diff: diffOf(context),
    browse: (targets = []) => browse(context, targets),
    load: async (artifact, options = {}) => {
      nonEmpty(options.to ?? options.into, 'the place to write to');
      return readable(await loadModel(context, artifact, timed(options)));
    },
    files: async (artifact, options = {}) => (await filesOf(context, artifact, timed(options))).files,
    urlOf: async (artifact, options = {}) => urlOf(context, artifact, timed(options)),
    // loaded on use: few programs export
    inferenceService: async (artifact, options = {}) =>
      (await import('./exchange/kserve.js')).inferenceService(context, artifact, timed(options)),
    verify: (target, options = {}) => verify(context, target, options),
    accept: (target, gone, options) => accept(context, target, gone, options),
    validate: async ({ since, paths, ...options } = {}) =>
      validate(context, {
        ...options,
        paths: paths?.map((path) => nonEmpty(path, 'a path')),
        since: typeof since === 'string' ? since : timed({ since }).since?.toISOString(),
      }),
    doctor: (options = {}) => doctor(context, options),
    // loaded on use: what draws pages is large
    site: async (options) => {
      nonEmpty(options.out, 'the place to write to');
      return (await import('./site/write.js')).site(context, options);
    },
    ui: async (options = {}) => (await import('./serve/ui.js')).ui(context, options),
    status: () => status(context),
    sync: (options = {}) => sync(context, options),
    importMlem: ({ force } = {}) => importMlem(context, force),
    init: async (stages, { remote } = {}) => ({ path: (await init(context, stages, remote)).path }),
    link: async (path, artifact, options) => link(context, nonEmpty(path, 'path'), artifact, options),
    update: (artifacts = [], options = {}) => update(context, artifacts, options),
    outdated: (artifacts = []) => outdated(context, artifacts),
    upload: async (path, artifact, options) => {
      nonEmpty(options.store, 'store');
      const { notes: _, ...row } = await upload(context, nonEmpty(path, 'path'), artifact, options);
      return row;
    },
    register: (artifact, options = {}) => actions.register(context, artifact, options),
    assign: (target, stage, options = {}) => actions.assign(context, target, stage, options),
    approve: (target, stage, options = {}) => approve(context, target, stage, options),
    approvals: (artifact, options = {}) => approvals(context, artifact, options),
    rollback: (artifact, stage, options = {}) => actions.rollback(context, artifact, stage, options),
    unassign: (target, stage, options = {}) => actions.unassign(context, target, stage, options),
    rename: (from, to, options = {}) => rename(context, from, to, options),
    renameStage: (from, to, options = {}) => renameStage(context, from, to, options),
    deregister: (target, options = {}) => actions.deregister(context, target, options),
    deprecate: (artifact, options = {}) => actions.deprecate(context, artifact, options),
  };
}

/** The calls that begin with one text, and with two. */
const ONE_TEXT: readonly (keyof Registry)[] = [
  'which',
  'latest',
  'checkRef',
  'describe',
  'diff',
  'load',
  'files',
  'urlOf',
  'inferenceService',
  'register',
  'deregister',
  'deprecate',
];
const TWO_TEXTS: readonly (keyof Registry)[] = [
  'whichAll',
  'link',
  'upload',
  'assign',
  'approve',
  'rollback',
  'unassign',
  'rename',
  'renameStage',
];

/** The same calls, which refuse what is no text: a program without types may give anything. */
function refusingOthers(registry: Registry): Registry {
  const calls = { ...registry } as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of [...ONE_TEXT, ...TWO_TEXTS]) {
    const call = calls[name];
    calls[name] = async (...args) => {
      const [first, second] = args;
      const wrong = typeof first !== 'string' ? first : TWO_TEXTS.includes(name) ? second : '';
      if (typeof wrong === 'string') return call?.(...args);
      const hint = `say which one: ${name}('churn'${TWO_TEXTS.includes(name) ? ', …' : ''})`;
      throw new RegError('USAGE', `${name} takes a text, not ${inspect(wrong)}`, hint);
    };
  }
  return calls as unknown as Registry;
}

/** A path that a program gave; an empty one would mean the working folder. @throws RegError USAGE */
function nonEmpty<T extends string | undefined>(path: T, what: string): T {
  if (path === '') throw new RegError('USAGE', `${what} is empty`, 'name a file or a folder');
  return path;
}

/** Options that are numbers, with the least that each may be. */
const NUMBERS = { limit: 0, log: 0, versionsPerStage: -1, assignmentsPerVersion: -1 };

/** Gives what reads the times in options; throws RegError INVALID_TIME, and USAGE for what is no number. */
const timedIn =
  ({ now }: RegistryContext) =>
  <T extends object>(options: T): T & Record<Times, Date | undefined> => {
    const read = (value: unknown): Date | undefined => {
      if (value === undefined || value === null) return undefined;
      if (typeof value === 'string') return new Date(parseTime(value, now() / 1000) * 1000);
      // of any realm: a test runner has a Date of its own
      if (types.isDate(value) && !Number.isNaN(value.getTime())) return value;
      throw new RegError(
        'INVALID_TIME',
        `${inspect(value)} is not a time`,
        'give a Date, or a text such as 2026-05-03',
      );
    };
    for (const [name, least] of Object.entries(NUMBERS)) {
      const value = (options as Record<string, unknown>)[name] ?? least;
      if (!Number.isInteger(value) || Number(value) < least)
        throw new RegError(
          'USAGE',
          `${inspect(value)} is not a ${name}`,
          `give a whole number, ${least} or more`,
        );
    }
    const { at, since, until } = options as { [Name in Times]?: unknown };
    return { ...options, at: read(at), since: read(since), until: read(until) };
  };

function whichOf(context: RegistryContext): Registry['which'] {
  const timed = timedIn(context);
  function which(
    artifact: string,
    stage: string,
    options?: Timed<queries.ReadOptions>,
  ): Promise<StageRow | undefined>;
  function which(target: `#${string}`, options?: Timed<queries.WhichOptions>): Promise<StageRow[]>;
  async function which(
    target: string,
    second: string | Timed<queries.WhichOptions> = {},
    options: Timed<queries.ReadOptions> = {},
  ): Promise<unknown> {
    if (typeof second !== 'string') {
      const [, artifact = '', stage] = /^([^#]*)#(.*)$/s.exec(target) ?? [];
      if (stage === undefined)
        throw new RegError(
          'USAGE',
          'which takes an artifact and a stage',
          "call which('churn', 'prod') or which('#prod')",
        );
      if (artifact === '') return queries.whichOfAll(context, stage, timed(second));
      return (await unlessNothing(queries.which(context, artifact, stage, timed(second))))?.[0];
    }
    return (await unlessNothing(queries.which(context, target, second, timed(options))))?.[0];
  }
  return which;
}

function diffOf(context: RegistryContext): Registry['diff'] {
  const timed = timedIn(context);
  function differ(
    from: `#${string}`,
    to?: undefined,
    options?: Timed<DiffOptions>,
  ): Promise<StageDifference[]>;
  function differ(from: string, to?: string, options?: Timed<DiffOptions>): Promise<Difference>;
  async function differ(from: string, to?: string, options: Timed<DiffOptions> = {}): Promise<unknown> {
    if (!from.startsWith('#')) return diff(context, from, to, timed(options));
    if (to === undefined) return diffStage(context, from, timed(options));
    throw new RegError(
      'USAGE',
      `'${from}' compares every artifact with what HEAD declares, and takes no second operand`,
      `name the artifact: 'churn${from}'`,
    );
  }
  return differ;
}

function showOf(context: RegistryContext): Registry['show'] {
  const timed = timedIn(context);
  function show(options?: Timed<OverviewOptions>): Promise<OverviewRow[]>;
  function show(target: string, options?: Timed<VersionsOptions>): Promise<ShownVersion[]>;
  async function show(
    first: string | Timed<OverviewOptions> = {},
    options: Timed<VersionsOptions> = {},
  ): Promise<unknown> {
    if (typeof first !== 'string') {
      refuseOrder(first.sort, ['name', 'semver', 'timestamp']);
      return overview(context, timed(first));
    }
    refuseOrder(options.sort, ['semver', 'timestamp']);
    return versions(context, first, timed(options));
  }
  return show;
}

/** Refuses an order that an answer does not have. */
function refuseOrder(sort: string | undefined, known: readonly string[]): void {
  if (sort !== undefined && !known.includes(sort))
    throw new RegError('USAGE', `${inspect(sort)} is not an order`, `give one of: ${known.join(', ')}`);
}

const NOTHING: ReadonlySet<string> = new Set([
  'UNKNOWN_ARTIFACT',
  'UNKNOWN_STAGE',
  'UNKNOWN_VERSION',
  'NOTHING_IN_STAGE',
]);

/** Undefined where nothing is there. A program checks that with `if`; only a person needs the reason. */
async function unlessNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RegError && NOTHING.has(error.code)) return undefined;
    throw error;
  }
}

/**
 * Opens the registry in the tags of a repository.
 * @param repo the path of a clone, of a folder inside one, or of a bare repository
 * @param host what to see instead of this process's environment, folder and clock
 * @throws RegError NO_REPOSITORY
 */
export async function openRegistry(repo = '.', host: Partial<Host> = {}): Promise<Registry> {
  return refusingOthers(createRegistry(await openContext(repo, { ...thisHost(), ...host })));
}

/** Fetches and verifies one model of a registry, which may be given by its path or URL; by default that of the working folder: by stage, by version, by a rev, or as the link is at HEAD. */
export async function load(
  artifact: string,
  { registry = '.', ...options }: Timed<LoadOptions> & { registry?: Registry | string | undefined } = {},
): Promise<Model> {
  return (typeof registry === 'string' ? await openRegistry(registry) : registry).load(artifact, options);
}
