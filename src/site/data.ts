import { basename } from 'node:path';
import { type ArtifactState, stagesUsed } from '../domain/artifact.js';
import type { ArtifactName } from '../domain/names.js';
import type { VersionId } from '../domain/state.js';
import { formatTime } from '../domain/time.js';
import { intervalsIn } from '../domain/timeline.js';
import { compareVersions, type Version } from '../domain/version.js';
import { RegError } from '../errors.js';
import { pagesAt } from '../registry/browse.js';
import type { RegistryContext } from '../registry/context.js';
import { describeChosen } from '../registry/describe.js';
import { historyRow, intervalRow, unsureRow, versionRows } from '../registry/make-rows.js';
import { readWhole, type Unsure } from '../registry/missing.js';
import type {
  ApprovedRow,
  Description,
  HistoryRow,
  IntervalRow,
  OverviewRow,
  ShownVersion,
} from '../registry/rows.js';
import { approvalsOf, overview } from '../registry/show.js';
import { siteAddress } from '../registry/site-address.js';
import { shownAddress, withoutLogin } from '../util/address.js';
import { mapAtMost } from '../util/async.js';
import { stagesInOrder } from './stage-order.js';
import type { Frame, OverviewEntry } from './web/page.js';

/** The artifacts of a registry, as one reading of all tags has them. */
export interface Registered {
  /** The rows of `reg show --deprecated`. */
  rows: OverviewRow[];
  /** Those of these artifacts that have tags, and whose tags are whole, by name. */
  states: ReadonlyMap<ArtifactName, ArtifactState>;
  /** Why the other ones with tags have no page. */
  unsure: Unsure;
}

/** Reads the artifacts of a registry. One with a tag that cannot be read is unsure, whether the overview needs that tag or not. */
export async function readRegistered(context: RegistryContext): Promise<Registered> {
  const [rows, { whole, unsure }] = await Promise.all([
    overview(context, { deprecated: true }),
    readWhole(context, undefined),
  ]);
  // overviews leave some out
  const shown = new Set(rows.map(({ artifact }) => artifact));
  return {
    rows: rows.map((row) => {
      const error = unsure.get(row.artifact);
      return error === undefined ? row : unsureRow(row.artifact, error);
    }),
    states: new Map(whole.filter(({ name }) => shown.has(name)).map((one) => [one.name, one])),
    unsure: new Map([...unsure].filter(([name]) => shown.has(name))),
  };
}

/** What all pages of a site share; each page adds its own path to the top. */
export type SiteFrame = Omit<Frame, 'root'> & {
  /** The address of the repository without secrets; undefined for one on this machine. */
  address: string | undefined;
};

/** Reads what all pages share. */
export async function siteFrame(
  context: RegistryContext,
  { states }: Registered,
  live: string | null,
): Promise<SiteFrame> {
  const remote = await remoteOf(context);
  // others know neither what git rewrites here nor the aliases of ssh
  const address = isElsewhere(remote) ? withoutLogin(await siteAddress(context, remote)) : undefined;
  const [pages, root, { stages: listed = [] }] = await Promise.all([
    pagesAt(address),
    context.repository.workTree(),
    context.config(),
  ]);
  return {
    registry: nameOf(address ?? root ?? remote) ?? 'registry',
    address,
    read: formatTime(Math.floor(context.now() / 1000)),
    live,
    stages: stagesInOrder(listed, [...states.values()]),
    // the id of a commit or the name of a tag follows these
    host: pages ? { commit: pages.commit(''), tag: pages.tag('') } : null,
    repo: address ?? null,
  };
}

/** The URL of the registry, or of the remote of a clone. It may be a path, and may hold a login. */
const remoteOf = async ({ repository }: RegistryContext): Promise<string | undefined> =>
  repository.address ?? (await repository.largeFiles.remote().catch(() => undefined))?.url;

/** Whether other machines can reach a repository at this address. */
const isElsewhere = (url: string | undefined): url is string =>
  url !== undefined && /^(https?|ssh|git):\/\/|^[^/\\:]{2,}:(?!\/\/)/.test(url);

function nameOf(place: string | undefined): string | undefined {
  const last = basename(
    shownAddress(place ?? '')
      .replace(/[/:]+$/, '')
      .replace(/\.git$/, ''),
  );
  return last.replace(/^.*:/, '') || undefined;
}

/** The data of an artifact, `data/artifacts/….json`. Each part is the answer of a command. */
export interface ArtifactData {
  artifact: ArtifactName;
  /** `reg show A` */
  versions: ShownVersion[];
  /** `reg history A --intervals` */
  intervals: IntervalRow[];
  /** `reg history A` */
  history: HistoryRow[];
  /** `reg describe A@version` of every version with a readable declaration. */
  descriptions: Description[];
  /** Why other versions have no description. */
  problems: Record<string, string>;
  /** Versions whose declaration was out of reach, so that another run may read it. */
  unread: string[];
}

/** The part of the data that tags hold. */
export type ArtifactEvents = Pick<ArtifactData, 'versions' | 'intervals' | 'history'>;

/** The greatest version that is registered and active; null where there is no such version. */
export const latestOf = ({ versions }: ArtifactEvents): ShownVersion['version'] | null =>
  versions.find(({ active, version }) => active && version.startsWith('v'))?.version ?? null;

/**
 * The part of an artifact's data that tags hold. A declared artifact may have no tags yet.
 * @param approvals of all artifacts
 */
export function artifactEvents(
  state: ArtifactState | undefined,
  approvals: readonly ApprovedRow[],
): ArtifactEvents {
  if (state === undefined) return { versions: [], intervals: [], history: [] };
  const stays = stagesUsed(state)
    .flatMap((stage) => intervalsIn(state, stage))
    .sort((a, b) => b.from.time - a.from.time || b.from.place - a.from.place);
  return {
    versions: versionRows(state).map((row) => ({ ...row, approvals: approvalsOf(row, approvals) })),
    intervals: stays.map(intervalRow),
    history: [...state.events].reverse().map(historyRow),
  };
}

/** What a commit lacks it will always lack. */
const LASTING: ReadonlySet<string> = new Set(['NOT_DECLARED', 'INVALID_LINK', 'TOO_LARGE']);

/** Versions whose declarations are read at a time. */
const VERSIONS_AT_ONCE = 100;

/** Reads the data of an artifact. */
export async function artifactData(
  context: RegistryContext,
  artifact: ArtifactName,
  state: ArtifactState | undefined,
  events: ArtifactEvents,
): Promise<ArtifactData> {
  const descriptions: Description[] = [];
  const problems: Record<string, string> = {};
  const unread: string[] = [];
  // questions at the same time are one run of git
  const described = await mapAtMost(
    VERSIONS_AT_ONCE,
    events.versions,
    async ({ version, commit, approvals }) => {
      const renamedFrom = state?.versions.get(version)?.event.renamedFrom;
      return describeChosen(context, artifact, { version, commit, renamedFrom }).then(
        (description) => ({ ...description, approvals }),
        (error: unknown) => {
          if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
          problems[version] = error.message;
          if (!LASTING.has(error.code)) unread.push(version);
          return undefined;
        },
      );
    },
  );
  descriptions.push(...described.filter((one) => one !== undefined));
  return { artifact, ...events, descriptions, problems, unread };
}

/** The rows of an overview, each with its last change, and how far its stages are behind. */
export const overviewEntries = ({ rows, states }: Registered): OverviewEntry[] =>
  rows.map((row) => {
    const state = states.get(row.artifact);
    return {
      ...row,
      behind: state === undefined ? {} : behindIn(state, row.stages as Record<string, VersionId>),
      held: state === undefined ? {} : heldIn(state),
      ...lastChange(state),
    };
  });

function lastChange(artifact: ArtifactState | undefined): Pick<OverviewEntry, 'changed' | 'changedBy'> {
  const last = artifact?.events.at(-1);
  return { changed: last ? formatTime(last.time) : null, changedBy: last?.tagger.name ?? null };
}

/** By stage that holds a version, since when and by whom. */
const heldIn = (artifact: ArtifactState): OverviewEntry['held'] =>
  Object.fromEntries(
    stagesUsed(artifact).flatMap((stage) => {
      const last = intervalsIn(artifact, stage).at(-1);
      return last === undefined || last.until !== undefined
        ? []
        : [[stage, { since: formatTime(last.from.time), author: last.from.tagger.name }]];
    }),
  );

/** By stage, the number of active versions that are greater than the one in it. Without stages that hold an unregistered commit. */
function behindIn({ versions }: ArtifactState, stages: Record<string, VersionId>): Record<string, number> {
  const active = [...versions.values()]
    .filter((one) => one.registered && one.active)
    .map(({ id }) => id as Version);
  const known = Object.entries(stages).filter(([, id]) => active.includes(id as Version));
  return Object.fromEntries(
    known.map(([stage, id]) => [
      stage,
      active.filter((one) => compareVersions(one, id as Version) > 0).length,
    ]),
  );
}

/** The numbers of a mapping, such as the metrics of a link. */
export function numbersIn(metrics: unknown): Record<string, number> {
  const entries = Object.entries((metrics ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((one): one is [string, number] => typeof one[1] === 'number' && Number.isFinite(one[1])),
  );
}
