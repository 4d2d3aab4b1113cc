import type { Description, HistoryRow, IntervalRow, OverviewRow, ShownVersion } from '../../registry/rows.js';
import type { CardNode } from './card-node.js';
import type { PackedOverview } from './overview-rows.js';
import type { PastArtifacts, VersionTurns } from './past.js';

/** What every page knows of the site that it is a part of. */
export interface Frame {
  /** What the registry is called: the last part of its address. */
  registry: string;
  /** The way from the page to the top of the site: `` or `../../`. */
  root: string;
  /** When the data were read, ISO 8601 in UTC. */
  read: string;
  /** Where a running `reg ui` serves the page, the mark of what it tells of; null in a static site. */
  live: string | null;
  /** Stages, in order of promotion as far as the configuration gives one. */
  stages: readonly string[];
  /** Where the git host shows what an event names; null where the host is not known. */
  host: HostLinks | null;
  /** What `--repo` takes to ask this registry from elsewhere; null where only this machine knows it. */
  repo: string | null;
}

/** What to put an id or an encoded tag name behind. */
interface HostLinks {
  commit: string;
  tag: string;
}

/** Where a git host shows the commits from one to another: what comes before the first id, and between the two. */
export interface CompareLink {
  before: string;
  between: string;
}

/** One artifact in the overview: a row of `reg show`, and what makes it worth a look. */
export interface OverviewEntry extends OverviewRow {
  /** For each stage that holds a version, how many greater versions are active. */
  behind: Record<string, number>;
  /** For each stage that holds a version, since when and by whom. */
  held: Record<string, { since: string; author: string }>;
  /** When the last event was, and who made it; null without an event. */
  changed: string | null;
  changedBy: string | null;
}

/** The artifacts, and what each stage holds. */
export interface OverviewPage {
  kind: 'overview';
  rows: PackedOverview;
  /** The first day that anything is known of; null without an event. The data of each month since then have its days. */
  first: string | null;
}

/** One artifact: its versions, and which of them was where and when. */
export interface ArtifactPage {
  kind: 'artifact';
  artifact: string;
  latest: string | null;
  deprecated: boolean;
  versions: readonly ShownVersion[];
  intervals: readonly IntervalRow[];
  /** Everything that happened, newest first. */
  history: readonly HistoryRow[];
  /** What turned when in its row of the overview. */
  past: PastArtifacts;
  /** When which version was registered or taken back. */
  versionTurns: VersionTurns;
  /** By version. */
  metrics: Record<string, Record<string, number>>;
}

/** One version: where its model is, and what is known about it. */
export interface VersionPage {
  kind: 'version';
  row: ShownVersion;
  /** Null where nothing declares the artifact at that commit, or not readably: `problem` says why. */
  description: Description | null;
  problem: string | null;
  /** Where the git host shows the source; null where the host is not known. */
  sourceUrl: string | null;
  intervals: readonly IntervalRow[];
  /** The event that took the version back; null for one that is registered. */
  takenBack: HistoryRow | null;
  card: { file: string; nodes: readonly CardNode[] } | null;
}

/** Any two versions of an artifact, side by side. */
export interface ComparePage {
  kind: 'compare';
  artifact: string;
  versions: readonly { version: string; commit: string; active: boolean; stages: readonly string[] }[];
  descriptions: Record<string, Description>;
  /** Why other versions have no description. */
  problems: Record<string, string>;
  /** Where the commits between two versions are shown: those of the registry, and those of each source by its address. */
  logs: { registry: CompareLink | null; sources: Record<string, CompareLink> };
  /** Which way metrics get better, as far as the configuration says so. */
  better: Record<string, 'lower' | 'higher'>;
}

/** The journal of the registry, newest first. */
export interface HistoryPage {
  kind: 'history';
  /** The newest ones; the data of the months have all. */
  rows: readonly HistoryRow[];
  /** The months with events, newest first, each with their number. */
  months: readonly (readonly [month: string, events: number])[];
  /** The artifacts with events, by name. */
  artifacts: readonly string[];
}

/** What one page shows. */
export type PageContent = OverviewPage | ArtifactPage | VersionPage | ComparePage | HistoryPage;

/** A page, whole: what the server writes into it and the browser takes up. */
export interface Page {
  frame: Frame;
  content: PageContent;
}
