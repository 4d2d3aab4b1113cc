import type { Oid } from '../domain/event.js';
import type { Location } from '../domain/location.js';
import type { LargeFiles } from './port/large-files.js';
import type { BranchReader, HistoryReader, ObjectReader, RefTips, SignatureReader } from './port/objects.js';
import type { TagRemote } from './port/remote.js';
import type { Tags } from './port/tags.js';
import type { TagWriter } from './port/writer.js';

// what a registry asks of git, a part a file; those who ask import it from here
export type * from './port/large-files.js';
export type * from './port/objects.js';
export type * from './port/remote.js';
export type * from './port/tags.js';
export type * from './port/writer.js';

/** A repository that models are read from. */
export interface SourceRepository extends ObjectReader, HistoryReader {
  largeFiles: LargeFiles;
  /** What every ref leads to now, asked in one go. */
  listTips(): Promise<RefTips>;
}

/** Tells in which state a repository itself is. */
export interface RepositoryInspector {
  /** Whether history was cut off when it was cloned. */
  isShallow(): Promise<boolean>;
  /** What the objects are: `commit`, `tree` and so on, or `missing`; left out where only a remote knows. */
  objectTypes(oids: readonly Oid[]): Promise<Map<Oid, string>>;
  /**
   * The commit that two others have in common and that is nearest to them (git-merge-base(1)); undefined when there is none
   * here, which may be for want of history.
   */
  mergeBase(one: Oid, other: Oid): Promise<Oid | undefined>;
  /** Whether a remote of that name is configured. */
  hasRemote(name: string): Promise<boolean>;
}

/** A repository that holds a registry. */
export interface RegistryRepository
  extends TagWriter,
    TagRemote,
    SourceRepository,
    BranchReader,
    SignatureReader,
    RepositoryInspector {
  /**
   * Where the registry is, fit to be shown, when it is not on this machine; undefined for a repository that is. There all
   * tags are read from the remote and none is kept here, so that nothing is written but by a push.
   */
  url: string | undefined;
  tags: Tags;
  /** The top of the work tree, undefined in a bare repository. */
  workTree(): Promise<string | undefined>;
  /**
   * Commits one file of the work tree, by its path from the top, and nothing else that is staged; where the file is committed
   * as it is, nothing is done. Gives the commit that brought it.
   * @throws RegError GIT_FAILED with what git or a hook said
   */
  commitFile(path: string, message: string): Promise<Oid>;
}

/** Opens the repository that a link's `source.repo` names, so that one commit of it can be read. */
export interface SourceOpener {
  /** @throws RegError NO_REPOSITORY, and when it is asked something REMOTE_FAILED when it cannot be reached */
  openSource(location: Location): Promise<SourceRepository>;
}
