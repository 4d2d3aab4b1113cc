import type { Readable } from 'node:stream';
import type { AnnotatedTag, Oid, Tagger } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import type { Signature } from '../domain/policy/signature.js';
import type { Location } from './location.js';
import type { TagListing } from './tag-listing.js';
import type { TagObject } from './tag-object.js';

/** A tag as a listing shows it. */
export interface TagRef {
  /** The short name, without `refs/tags/`. */
  name: string;
  /** What the ref holds: a tag object, or for a lightweight tag the object itself. */
  oid: Oid;
}

/** A tag as a listing shows it that follows tags to their end. */
export interface PeeledTagRef extends TagRef {
  /** What an annotated tag leads to; undefined for a lightweight one, and for one that git cannot follow. */
  peeledOid: Oid | undefined;
}

/** Why a tag cannot be an event although its name is one (SPEC §1). */
export type TagDefect = 'lightweight' | 'malformed' | 'not-a-commit' | 'missing';

/** A tag as its object shows it: readable, or with what is wrong. */
export type TagReading =
  /** `oddities` are worth telling but change nothing, such as a name of its own that differs from the ref's. */
  { tag: AnnotatedTag; oddities: readonly string[] } | { ref: TagRef; defect: TagDefect; detail: string };

/**
 * Reads tags. No tag, however broken, keeps another from being read, as far as a remote serves them. A tag whose name holds
 * neither `@` nor `#` is none of a registry's business, and may be left out of the answers about every tag. A remote's
 * listing shows a tag that it cannot follow as it shows a lightweight one.
 */
export interface TagReader {
  /** Every tag, or every tag whose name begins as the tags of one artifact do. */
  listTags(artifact?: ArtifactName): Promise<TagRef[]>;
  /**
   * Every tag, with what an annotated one leads to; undefined where a broken tag ends the listing. A tag that is packed with
   * what it leads to may be broken all the same: whoever rests upon one reads its object.
   */
  listPeeledTags(): Promise<TagListing | undefined>;
  /** The objects of every tag, of the tags of one artifact, or of these tags. */
  readTags(which?: ArtifactName | readonly TagRef[]): Promise<TagReading[]>;
}

/** Who writes, and what time it is for git (GIT_COMMITTER_DATE included). */
export interface Identity extends Tagger {
  /** Seconds since the epoch. */
  now: number;
  /** Offset from UTC as git writes it: `+0200`. */
  zone: string;
}

/** A tag ref to create. */
export interface NewRef {
  tagName: string;
  oid: Oid;
}

/** A tag ref as a remote has it, to be kept here too. */
export interface KeptRef extends NewRef {
  /** What may be here in its place; undefined for nothing. */
  replaces?: Oid | undefined;
}

/**
 * Whose turn it is to write about an artifact in a repository, this one or a remote: what was written last, as far as
 * writers told. It keeps two writers apart and answers no question about the registry.
 */
export interface Turn {
  artifact: ArtifactName;
  /** The object that stands for the last write; undefined when there was none. */
  last: Oid | undefined;
}

/** Writes tags. */
export interface TagWriter {
  /**
   * The identity that git would use.
   * @throws RegError NO_IDENTITY
   */
  identity(): Promise<Identity>;
  /** Stores a tag object, without a ref to it yet; `bytes` as `encodeTag` makes them. */
  writeTagObject(bytes: Uint8Array): Promise<Oid>;
  /** Whether git's configuration asks for a signature on every tag (git-config(1), tag.gpgSign). */
  signsTags(): Promise<boolean>;
  /**
   * Stores a signed tag object, without a ref to it yet; with which program and key, git's configuration says.
   * @throws RegError SIGNING_FAILED
   */
  signTag(tag: TagObject): Promise<Oid>;
  /** Takes a turn, before what is to be decided upon is read. */
  takeTurn(artifact: ArtifactName): Promise<Turn>;
  /**
   * Creates all refs or none; none when somebody else has written about the artifact since the turn was taken.
   * @returns undefined when done; what git said when not, which need not be final: another writer may have been at it
   */
  createTags(refs: readonly NewRef[], turn: Turn): Promise<string | undefined>;
  /** Deletes all refs or none; each must still hold its object. Otherwise as `createTags`. */
  deleteTags(refs: readonly NewRef[], turn: Turn): Promise<string | undefined>;
  /** Writes what a remote has, whoever's turn it is: their objects are here. Gives what git said when it could not. */
  keepTags(refs: readonly KeptRef[]): Promise<string | undefined>;
}

/** What a remote has of one artifact. */
export interface RemoteListing {
  /** Every tag whose name begins as the tags of the artifact do. */
  tags: PeeledTagRef[];
  /** Its branches and HEAD, by full name, which come in the same answer: the rules for writing are on one of them. */
  tips: RefTips;
  /** Whose turn it is there: of two writers that took the same one, one push is accepted. */
  turn: Turn;
}

/** A pause that lets writers come apart who were in each other's way. */
export type Rest = () => Promise<void>;

/** How a push ended, told by what the remote has afterwards, never by git's exit code (DESIGN, facts measured). */
export type PushResult =
  | { outcome: 'done' }
  /**
   * Another writer was faster; nothing was taken, and deciding again is worth it: on `listing`, which the remote gave after
   * the rest, or on a new one where that is undefined.
   */
  | { outcome: 'lost'; reason: string; listing: RemoteListing | undefined }
  /** The remote was reached and will not take it; `reason` is its own. */
  | { outcome: 'refused'; reason: string }
  /** There was no answer. Asked afterwards, the remote is as it was before, but it may still be at it. */
  | { outcome: 'unanswered'; reason: string }
  /** There was no answer, and now the remote cannot be asked either. */
  | { outcome: 'unknown'; reason: string };

/** Talks to a remote about tags. Every call throws RegError REMOTE_FAILED when it cannot be reached; then nothing was sent. */
export interface TagRemote {
  /** Every tag of a remote. */
  listRemoteTags(remote: string): Promise<PeeledTagRef[]>;
  /** The tags of one artifact at a remote. */
  listRemoteArtifact(remote: string, artifact: ArtifactName): Promise<RemoteListing>;
  /** Brings the objects of exactly these tags here, without a ref to them yet. */
  fetchTags(remote: string, tags: readonly PeeledTagRef[]): Promise<void>;
  /** What refs of a remote hold, by full name, those that fit one of these patterns; the remote `.` is this repository. */
  listRemoteRefs(remote: string, patterns: readonly string[]): Promise<Map<string, Oid>>;
  /**
   * Creates tags at a remote, all or none; a tag with the same object that is there already is as good.
   * @param turn undefined for tags that are no events
   * @param rest waited for before the remote is asked about a push that seems lost to another writer
   */
  pushTags(remote: string, refs: readonly NewRef[], turn: Turn | undefined, rest?: Rest): Promise<PushResult>;
  /** Deletes tags at a remote that still hold these objects, all or none. */
  deleteRemoteTags(remote: string, refs: readonly NewRef[], turn: Turn, rest?: Rest): Promise<PushResult>;
}

/** One entry of a tree. */
export interface TreeEntry {
  /** The path from the root of the tree, `/` between parts. */
  path: string;
  /** `link` is a symbolic link, `commit` a submodule. */
  type: 'blob' | 'tree' | 'link' | 'commit';
  oid: Oid;
}

/** Reads commits, trees and blobs. */
export interface ObjectReader {
  /** The full id of the commit that a rev names, or undefined. */
  resolveCommit(rev: string): Promise<Oid | undefined>;
  /** The entry at a path (`''` is the root tree), or undefined. */
  entryAt(commit: Oid, path: string): Promise<TreeEntry | undefined>;
  /** All entries below a path that are not trees themselves, by path. */
  entriesBelow(commit: Oid, path: string): Promise<TreeEntry[]>;
  readBlob(oid: Oid): Promise<Uint8Array>;
  /** How many bytes these blobs have; what is only at a remote is brought here first, all in one go. */
  blobSizes(oids: readonly Oid[]): Promise<Map<Oid, number>>;
  /** The bytes of a blob, as they come; memory stays constant however large it is. */
  streamBlob(oid: Oid): Promise<Readable>;
}

/** A commit as a log tells it. */
export interface LoggedCommit {
  commit: Oid;
  /** Seconds since the epoch, of the commit itself; the author may have worked earlier. */
  time: number;
  author: string;
  email: string;
  /** The first line of its message. */
  subject: string;
}

/** Tells which commits lie between two others. */
export interface HistoryReader {
  /**
   * The commits that lead to `to` and not to `from`, newest first, at most so many: none at all says that `to` led to `from`.
   * Undefined where that cannot be told, because history was cut off or a commit is not there.
   * @throws RegError REMOTE_FAILED
   */
  commitsBetween(from: Oid, to: Oid, most: number): Promise<LoggedCommit[] | undefined>;
}

/** Tells which commits are on a branch. */
export interface BranchReader {
  /**
   * Those of these commits that do not lead to a tip; a commit that is missing is one of them.
   * @throws RegError SHALLOW where history was cut off, so that nobody can tell
   */
  strays(tip: Oid, commits: readonly Oid[]): Promise<Set<Oid>>;
  /** When a commit was made, in seconds since the epoch. */
  commitDate(commit: Oid): Promise<number>;
}

/** Checks signatures. */
export interface SignatureReader {
  /**
   * What comes of checking the signatures of tag objects; those without one are left out.
   * @param signers who may sign with which key; without it, git's configuration and keyring know
   */
  checkSignatures(oids: readonly Oid[], signers: Uint8Array | undefined): Promise<Map<Oid, Signature>>;
}

/** A user name and a password for a server. */
export interface Login {
  username: string;
  password: string;
}

/** What following a Git LFS pointer takes of the repository that the pointer is in. */
export interface LargeFiles {
  /** The folders of this machine that keep large files under their ids, `ab/cd/<id>`, those of the repository first. */
  folders(): Promise<readonly string[]>;
  /** The remote that large files come from, by the name that a clone gives it; undefined where there is none. Its URL may hold a login. */
  remote(): Promise<{ name: string; url: string } | undefined>;
  /** A value of git's configuration, which is the user's own; never one of a file that was committed. */
  setting(key: string): Promise<string | undefined>;
  /** The header, `name: value`, that the user has git send to a web address (git-config(1), http.extraHeader). */
  extraHeader(url: string): Promise<string | undefined>;
  /**
   * The login for a web address that the user's credential helpers know (git-credential(1)).
   * @param mayAsk whether the user may be asked too
   */
  findLogin(url: string, mayAsk: boolean): Promise<Login | undefined>;
  /** Tells the helpers whether a login of theirs was taken, so that they keep or forget it. */
  tellLogin(url: string, login: Login, isGood: boolean): Promise<void>;
  /**
   * The bytes behind a pointer, as the git-lfs program brings them; undefined where that program is not there. The stream
   * fails with RegError REMOTE_FAILED, INTERRUPTED.
   */
  smudge(pointer: string): Promise<Readable | undefined>;
}

/** A repository that models are read from. */
export interface SourceRepository extends ObjectReader, HistoryReader {
  largeFiles: LargeFiles;
  /** What every ref leads to now, asked in one go. */
  listTips(): Promise<RefTips>;
}

/** Commits by the full names of the refs that lead to them, `HEAD` among them. */
export type RefTips = ReadonlyMap<string, Oid>;

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
  extends TagReader,
    TagWriter,
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
