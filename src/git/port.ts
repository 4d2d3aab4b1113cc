// What the registry asks of a repository. `git/program` answers with the git program, `git/files` without it, `git/remote`
// for a repository at a URL.
import type { Readable } from 'node:stream';
import type { Reach } from '../documents/git-config.js';
import type { AnnotatedTag, Oid, Tagger } from '../domain/event.js';
import type { Location } from '../domain/location.js';
import type { ArtifactName } from '../domain/names.js';
import type { Signature } from '../domain/signature.js';
import { RegError } from '../errors.js';
import type { WebConfig } from '../net/session.js';
import type { TagObject } from './tag-object.js';

/**
 * A repository that holds a registry. Its tags, objects and history are always read; without the git program the other
 * parts are absent. `requireWriter` and its like give the error for that.
 */
export interface RegistryRepository extends SourceRepository {
  /**
   * The address of a registry at a URL, without user-info; undefined for a repository on this machine. At a URL all tags are
   * read from the remote and none is kept here, so a write is a push.
   */
  address: string | undefined;
  /** Whether it may hold some tags alone, and no remote the others: a bundle holds what it was made of. */
  isExcerpt?: boolean | undefined;
  tags: Tags;
  branches?: Branches | undefined;
  signatures?: Signatures | undefined;
  writer?: Writer | undefined;
  /** A remote by its name; `.` is this repository. At a URL every name means the remote at the URL. */
  remote?: ((name: string, side?: RemoteSide) => Remote) | undefined;
  /** What the configuration says about remotes. */
  remotes(): Promise<RemoteNames>;
  /** Whether a remote of that name is configured; at a URL every one is. */
  hasRemote(name: string): Promise<boolean>;
  /** Whether it may have a remote, as far as that is known without starting git. `remotes` says which. */
  mayHaveRemote?: (() => Promise<boolean>) | undefined;
  /** The top of the work tree, undefined in a bare repository and at a URL. */
  workTree(): Promise<string | undefined>;
  /** The top of the work tree where it is known without starting git; undefined where `workTree` has to be asked. */
  plainTop?: (() => Promise<string | undefined>) | undefined;
  /**
   * The files at these paths, or below them, that the work tree or the index does not have as HEAD has them: modified, added,
   * deleted or untracked, by path. Ignored files are left out.
   */
  uncommitted(paths: readonly string[]): Promise<string[]>;
  /**
   * The files that the work tree may lack although they are not deleted, by path: those outside a sparse checkout, those marked with
   * --skip-worktree or --assume-unchanged (git-update-index(1)), and all in a clone without a checkout.
   * @param end how their paths end
   */
  notCheckedOut(end: string): Promise<ReadonlyMap<string, Oid>>;
  /** What a commit of the whole work tree would have; nothing in a bare repository and at a URL. */
  nextCommit(): Promise<NextCommit>;
  /**
   * What tells whether a ref changed, by a look that reads none of them; undefined where that cannot be seen so.
   * @param now milliseconds since the epoch
   */
  refsMark?: ((now: number) => Promise<RefsMark | undefined>) | undefined;
  /** What the index holds (gitglossary(7)). */
  index?: (() => Promise<Index>) | undefined;
}

/** How the refs of a repository look from outside. Texts differ after a change. */
export interface RefsMark {
  /** Of any ref, of HEAD, and of the configuration in the work tree. */
  text: string;
  /** Of any of these but tags that are files of their own, as a new tag is. */
  withoutLooseTags: string;
  /** Those tags, by name; undefined where they are too many, or not as git writes them. */
  looseTags(): Promise<ReadonlyMap<string, Oid> | undefined>;
}

/**
 * The files that a commit of the whole work tree would have (git-add(1), --all): those of the index, and what differs from it.
 * Ignored files are not among them, tracked ones are, whatever the work tree lacks.
 */
export interface NextCommit {
  /** From the top, sorted; symbolic links are among them, submodules are not. */
  paths: readonly string[];
  /**
   * The bytes of a plain file as git would store them; undefined without such a file.
   * @throws RegError TOO_LARGE before anything is read, FILE_SYSTEM for a symbolic link, a pipe or a device
   */
  read(path: string, limit: number): Promise<Uint8Array | undefined>;
}

/**
 * The files of the index: what `git commit` without paths would have. Paths with a conflict and those of `git add --intent-to-add` are no part
 * of such a commit.
 */
export interface Index extends NextCommit {
  /** The objects of the repository, for which the commit `STAGED` has these files. */
  objects: Objects;
  /** The paths that have a conflict (git-ls-files(1), --unmerged). */
  unmerged: readonly string[];
}

/** Names the index where a commit is asked for; no rev has a space. */
export const STAGED: Oid = 'the index';

/** The next commit where there is no work tree. */
export const NO_FILES: NextCommit = { paths: [], read: async () => undefined };

/** A repository that models are read from. */
export interface SourceRepository {
  objects: Objects;
  history: History;
  largeFiles: LargeFiles;
  /** What every ref leads to now. */
  tips(): Promise<RefTips>;
  /** The branch that HEAD is on, without `refs/heads/`; undefined where HEAD is detached (gitglossary(7)). */
  defaultBranch(): Promise<string | undefined>;
}

/** Opens the repository of a link's `source.repo`, to read one commit of it. */
export interface SourceOpener {
  /** @throws RegError NO_REPOSITORY; at the first question REMOTE_FAILED when it cannot be reached */
  openSource(location: Location): Promise<SourceRepository>;
}

/** The repository that a person stands in: its configuration says how git reaches others, as for any git command there. */
export interface Standpoint {
  folder: string;
  /** May name a repository (git(1), GIT_DIR). */
  env: NodeJS.ProcessEnv;
  reach: Reach;
}

// tags

/** A tag as a listing shows it. */
export interface TagRef {
  /** The short name, without `refs/tags/`. */
  name: string;
  /** What the ref holds: a tag object, or for a lightweight tag the object itself. */
  oid: Oid;
  /**
   * What an annotated tag leads to, through all tags; undefined for a lightweight one. 'unknown' where a listing here does not
   * know it, because an object is missing or corrupt; a remote then shows the tag as a lightweight one. Every listed ref has it.
   */
  peeled?: Oid | 'unknown' | undefined;
}

/** What the listing of a broken ref gives in place of an object id: its file is empty, or holds something else. */
export const NO_OBJECT: Oid = '0'.repeat(40);

/** Whether a listing gave no object id for a ref. */
export const isBrokenRef = ({ oid }: { oid: Oid }): boolean => /^0+$/.test(oid);

/** Tags as a listing shows them, by name. */
export interface TagList {
  refs: Iterable<TagRef>;
  /** Readings of objects that came with the list, by tag name. */
  known: ReadonlyMap<string, TagReading>;
}

/**
 * The tags of a repository. No tag, however broken, keeps another from being read, as far as a remote serves them.
 */
export interface Tags {
  /** The tags of one artifact (all whose names begin as its tags do), or of all; narrowed at the source. */
  list(scope: ArtifactName | 'all'): Promise<TagList>;
  /** Tag objects, in one go, in the order of `refs`. A single object never makes it throw: its reading has a defect instead. */
  read(refs: readonly TagRef[]): Promise<TagReading[]>;
}

/** Why a tag is not an event although its name is one (docs/specification.md, Tags). */
export type TagDefect = 'lightweight' | 'malformed' | 'not-a-commit' | 'missing';

/** A tag as its object shows it: readable, or with what is wrong. */
export type TagReading =
  /** `oddities` are worth a warning and change nothing, such as a name in the object that differs from the name of the ref. */
  { tag: AnnotatedTag; oddities: readonly string[] } | { ref: TagRef; defect: TagDefect; detail: string };

/** The ref that a reading is of. */
export const refOf = (reading: TagReading): TagRef => ('tag' in reading ? reading.tag : reading.ref);

// objects and history

/** An entry of a tree. */
export interface TreeEntry {
  /** The path from the root of the tree, `/` between parts. */
  path: string;
  /** `link` is a symbolic link, `commit` a submodule. */
  type: 'blob' | 'tree' | 'link' | 'commit';
  oid: Oid;
}

/** Commits, trees and blobs. */
export interface Objects {
  /**
   * The full id of the commit that a rev names, or undefined.
   * @param reads which folders of it are read next, for a remote repository to bring with it: all, or that at the top
   */
  commit(rev: string, reads?: 'all' | 'top'): Promise<Oid | undefined>;
  /** The entry at a path (`''` is the root tree), or undefined. */
  entry(commit: Oid, path: string): Promise<TreeEntry | undefined>;
  /** All entries below a path that are not trees themselves, by path. */
  entries(commit: Oid, path: string): Promise<TreeEntry[]>;
  /** The bytes of a blob; with `most` only the first ones, so many at most, and no more is read. */
  blob(oid: Oid, most?: number): Promise<Uint8Array>;
  /** The bytes of a blob as they come, in constant memory. */
  stream(oid: Oid): Promise<Readable>;
  /**
   * Writes the bytes of a blob to an open file, where git can do that by itself.
   * @param to the descriptor of the file
   * @throws RegError GIT_FAILED, INTERRUPTED
   */
  write?(oid: Oid, to: number, signal: AbortSignal): Promise<void>;
  /** The sizes of blobs, in bytes. Blobs that only a remote has come here first, all in one go. */
  sizes(oids: readonly Oid[]): Promise<Map<Oid, number>>;
  /** The types of objects: `commit`, `tree` and so on, or `missing`; left out where only a remote knows. */
  types(oids: readonly Oid[]): Promise<Map<Oid, string>>;
  /** Reads many objects in one go; absent where a single question is as cheap. */
  many?: ManyObjects | undefined;
}

/** Many objects in one go. Those that are missing are left out. */
export interface ManyObjects {
  /** The entries of trees, and of the trees of commits, without those of the folders in them. */
  trees(oids: readonly Oid[]): Promise<Map<Oid, TreeEntry[]>>;
  /** The bytes of blobs. */
  blobs(oids: readonly Oid[]): Promise<Map<Oid, Uint8Array>>;
}

/** Commits by the full names of the refs that lead to them, `HEAD` among them. */
export type RefTips = ReadonlyMap<string, Oid>;

/** A commit in a log. */
export interface LoggedCommit {
  commit: Oid;
  /** Seconds since the epoch, of the commit itself; the author may have worked earlier. */
  time: number;
  author: string;
  email: string;
  /** The first line of its message. */
  subject: string;
}

/** How commits follow each other. */
export interface History {
  /**
   * The commits that lead to `to` and not to `from`, newest first, at most so many. None: `to` leads to `from`. Undefined
   * where this is not known, because history was cut off or a commit is not here.
   * @throws RegError REMOTE_FAILED
   */
  between(from: Oid, to: Oid, most: number): Promise<LoggedCommit[] | undefined>;
  /** The best common ancestor of two commits (git-merge-base(1)); undefined where none is here, as in a shallow clone. */
  mergeBase(one: Oid, other: Oid): Promise<Oid | undefined>;
  /** Whether the repository is a shallow clone. */
  isShallow(): Promise<boolean>;
}

/** Which commits are on a branch. */
export interface Branches {
  /**
   * Those of these commits that do not lead to a tip, among them the missing ones.
   * @throws RegError SHALLOW where history was cut off, so that this is not known
   */
  strays(tip: Oid, commits: readonly Oid[]): Promise<Set<Oid>>;
  /** When a commit was made, in seconds since the epoch. */
  commitDate(commit: Oid): Promise<number>;
}

/** Signatures of tags. */
export interface Signatures {
  /**
   * The verdicts on the signatures of tag objects; those without a signature are left out.
   * @param signers who may sign with which key; without it, git's configuration and keyring decide
   */
  check(oids: readonly Oid[], signers: Uint8Array | undefined): Promise<Map<Oid, Signature>>;
}

// writing

/** Who writes, and what time it is for git (GIT_COMMITTER_DATE included). */
export interface Identity extends Tagger {
  /** Seconds since the epoch. */
  now: number;
  /** Offset from UTC as git writes it: `+0200`. */
  zone: string;
}

/** One ref to change, here or at a remote. Creating, moving and deleting are the same thing. */
export interface RefChange {
  /** The full name, such as `refs/tags/churn@v1.0.0`. */
  ref: string;
  /** What the ref must hold now; undefined: it must not exist. */
  from: Oid | undefined;
  /** What the ref holds afterwards; undefined: it does not exist. */
  to: Oid | undefined;
}

/**
 * Whose turn it is to write about an artifact in a repository, this one or a remote: what the last writer left there. It
 * keeps two writers apart and answers no question about the registry.
 */
export interface Turn {
  artifact: ArtifactName;
  /** The object that stands for the last write; undefined before the first one. */
  last: Oid | undefined;
}

/** What came of a change of refs. All refs change, or none does. */
export type Outcome =
  | { kind: 'done' }
  /**
   * Another writer was in the way, and deciding again is worth it. Of a push, look first whether the remote has the refs all
   * the same: a request that is sent twice is answered as lost the second time.
   */
  | { kind: 'lost'; reason: string }
  /** The remote answered that it will not change them; `reason` is its own. */
  | { kind: 'refused'; reason: string }
  /** The remote did not answer. It still is as it was, and may yet change them. */
  | { kind: 'unanswered'; reason: string }
  /** The remote did not answer, and cannot be asked either. */
  | { kind: 'unknown'; reason: string };

/** Writes tags, and a file of the work tree. */
export interface Writer {
  /**
   * The identity that git would use.
   * @throws RegError NO_IDENTITY
   */
  identity(): Promise<Identity>;
  /** Whether git's configuration asks for a signature on every tag (git-config(1), tag.gpgSign). */
  signsTags(): Promise<boolean>;
  /**
   * Stores a tag object, without a ref to it yet. Git's configuration names the program and the key of a signature.
   * @throws RegError SIGNING_FAILED
   */
  store(tag: TagObject, sign: boolean): Promise<Oid>;
  /** Takes a turn. A caller does so before it reads what it decides on. */
  turn(artifact: ArtifactName): Promise<Turn>;
  /**
   * Changes refs here, all or none.
   * @param turns one for each artifact that the refs are about: nothing changes once another writer has written about one of them
   * since it was taken; without any, refs follow what a remote has already, and every turn of their artifacts ends
   * @returns done or lost; git may give the reason of a loss again each time
   */
  change(refs: readonly RefChange[], ...turns: readonly Turn[]): Promise<Outcome>;
  /**
   * Commits one file of the work tree, by its path from the top, and nothing else that is staged. Does nothing where the file
   * is committed as it is. Gives the commit that brought it.
   * @throws RegError NO_WORK_TREE; GIT_FAILED with the message of git or of a hook
   */
  commitFile(path: string, message: string): Promise<Oid>;
  /**
   * Writes `reg.remote` of git's configuration of this clone (git-config(1)).
   * @throws RegError NO_CLONE at a URL, GIT_FAILED
   */
  chooseRemote(name: string): Promise<void>;
}

// remotes

/** The remotes of a clone by their names, and those that git's configuration prefers (git-config(1)). */
export interface RemoteNames {
  names: readonly string[];
  /** `reg.remote` */
  chosen?: string | undefined;
  /** `remote.pushDefault` */
  pushDefault?: string | undefined;
  /** `branch.<name>.remote` of the current branch; left out where there is one remote. */
  ofBranch?: string | undefined;
  /** How far `git fetch` of a remote goes, by its name; left out where it brings every branch, and the tags on them. */
  fetches?: ReadonlyMap<string, FetchReach> | undefined;
  /** The remotes that this repository is a mirror of, to which git pushes no single ref (git-config(1), remote.<name>.mirror). */
  mirrors?: ReadonlySet<string> | undefined;
}

/** What `git fetch` of a remote brings: every tag, none, or only those on some of its branches (git-config(1), remote.<name>.tagOpt, fetch). */
export type FetchReach = 'all tags' | 'no tags' | 'some branches';

/** How far `git fetch` goes, of each remote that one function tells it of. */
export const reachesOf = (
  names: readonly string[],
  reachOf: (name: string) => FetchReach | undefined,
): Map<string, FetchReach> =>
  new Map(
    names.flatMap((name) => {
      const reach = reachOf(name);
      return reach === undefined ? [] : [[name, reach]];
    }),
  );

/**
 * How far `git fetch` of a remote goes.
 * @param tagOpt `remote.<name>.tagOpt`
 * @param refspecs `remote.<name>.fetch`, every value
 */
export function fetchReach(tagOpt: string | undefined, refspecs: readonly string[]): FetchReach | undefined {
  const sources = refspecs.map((refspec) => refspec.replace(/^\+/, '').split(':')[0] ?? '');
  // a negative refspec leaves something out, and without any git fetches HEAD alone
  if (sources.some((source) => source.startsWith('^'))) return 'some branches';
  if (sources.length === 0 && tagOpt !== '--tags') return 'no tags';
  if (tagOpt === '--tags' || sources.some((source) => /^refs\/(tags\/)?\*$/.test(source))) return 'all tags';
  if (tagOpt === '--no-tags') return 'no tags';
  return sources.includes('refs/heads/*') ? undefined : 'some branches';
}

/** What a remote has of one artifact. */
export interface RemoteListing {
  /** Every tag whose name begins as the tags of the artifact do. */
  tags: TagRef[];
  /** Its branches and HEAD, by full name. They come in the same answer, and one of them has the rules for writing. */
  tips: RefTips;
  /** Whose turn it is there: of two pushes with the same turn, the remote accepts one. */
  turn: Turn;
}

/**
 * Which address of a remote is read, where fetches come from another one than pushes go to (git-config(1), remote.<name>.pushurl
 * and url.<base>.pushInsteadOf). A push goes to its own address from either side.
 */
export type RemoteSide = 'fetch' | 'push';

/** One remote. At the side of pushes every call throws RegError INVALID_CONFIG where they go to several addresses. Every call throws RegError REMOTE_FAILED when it cannot be reached; then nothing was sent. */
export interface Remote {
  /** Every tag. */
  listTags(): Promise<TagRef[]>;
  /** The tags of some artifacts, one listing for each in their order, all from one answer. */
  listArtifacts(artifacts: readonly ArtifactName[]): Promise<RemoteListing[]>;
  /** What refs hold, by full name, those that fit one of these patterns (git-ls-remote(1)). */
  listRefs(patterns: readonly string[]): Promise<Map<string, Oid>>;
  /** Brings the objects of exactly these tags here, without a ref to them yet. */
  fetch(tags: readonly TagRef[]): Promise<void>;
  /**
   * Changes refs, all or none. Every outcome but a lost one is read back from the remote, never taken from the exit code of
   * git.
   * @param turns one for each artifact that the refs are about; none for tags that are not events
   */
  push(refs: readonly RefChange[], ...turns: readonly Turn[]): Promise<Outcome>;
}

// large files

/** What it takes to follow a Git LFS pointer in a repository. */
export interface LargeFiles {
  /** The folders on this machine that keep large files under their ids, `ab/cd/<id>`, those of the repository first. */
  folders(): Promise<readonly string[]>;
  /** The remote of large files, by its name in a clone; undefined without one. Its URL may hold a login. */
  remote(): Promise<{ name: string; url: string } | undefined>;
  /** A value of git's configuration, which is the user's own, never that of a committed file. */
  setting(key: string): Promise<string | undefined>;
  /** How git reaches web servers. */
  web: WebConfig;
  /**
   * The bytes behind a pointer, from the git-lfs program; undefined where it is not installed. The stream fails with RegError
   * REMOTE_FAILED, INTERRUPTED.
   */
  smudge(pointer: string): Promise<Readable | undefined>;
}

// what only the git program can do

/** The error for a task that only the git program can do. `what` goes before "needs the git program". */
export const needsGit = (what: string): RegError =>
  new RegError(
    'GIT_MISSING',
    `${what} needs the git program, and reg runs without it here`,
    'install git 2.34 or newer, see that it is on PATH, and leave REG_GIT unset',
  );

/**
 * The branches of a repository.
 * @throws RegError GIT_MISSING where it is read without the git program
 */
export const requireBranches = ({ branches }: Pick<RegistryRepository, 'branches'>): Branches =>
  branches ?? refuse('looking at the branches of this repository');

/**
 * What checks the signatures of a repository.
 * @throws RegError GIT_MISSING where it is read without the git program
 */
export const requireSignatures = ({ signatures }: Pick<RegistryRepository, 'signatures'>): Signatures =>
  signatures ?? refuse('checking signatures');

/**
 * What writes to a repository.
 * @throws RegError GIT_MISSING where it is read without the git program
 */
export const requireWriter = ({ writer }: Pick<RegistryRepository, 'writer'>): Writer =>
  writer ?? refuse('writing to a registry');

/**
 * A remote of a repository, by its name.
 * @throws RegError GIT_MISSING where it is read without the git program
 */
export const requireRemote = (
  { remote }: Pick<RegistryRepository, 'remote'>,
  name: string,
  side?: RemoteSide,
): Remote => (remote === undefined ? refuse('asking a remote of this repository') : remote(name, side));

/**
 * The index of a repository.
 * @throws RegError GIT_MISSING where it is read without the git program
 */
export const requireIndex = async ({ index }: Pick<RegistryRepository, 'index'>): Promise<Index> =>
  index === undefined ? refuse('reading the index') : index();

function refuse(what: string): never {
  throw needsGit(what);
}

/** What a remote has of one artifact. */
export const listArtifact = async (remote: Remote, artifact: ArtifactName): Promise<RemoteListing> =>
  (await remote.listArtifacts([artifact]))[0] as RemoteListing;
