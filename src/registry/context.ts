import { isAbsolute, resolve } from 'node:path';
import type { Config } from '../documents/config.js';
import { CONFIG_FILE } from '../domain/config-file.js';
import type { Oid } from '../domain/event.js';
import { parseLocation } from '../domain/location.js';
import { RegError } from '../errors.js';
import { refuseCommitted } from '../git/committed.js';
import type { RegistryRepository, SourceOpener, SourceRepository } from '../git/port.js';
import type { Surroundings } from '../net/http.js';
import type { StoreOpener } from '../stores/port.js';
import type { WorkTree } from '../util/files.js';
import { short } from '../util/oid.js';
import { shellLine } from '../util/shell.js';
import type { IsExcluded } from './exclusion.js';
import type { RemoteUse } from './remote.js';
import { openCheckout } from './work-tree.js';

/** Everything outside the core that a registry talks to, each an argument. */
export interface RegistryContext {
  /** Without the tags of artifacts that the configuration excludes. */
  repository: RegistryRepository;
  /** The parts of it that list tags, with these tags: a change under review may not choose what it is checked by. */
  unfiltered: Pick<RegistryRepository, 'tags' | 'remote'>;
  sources: SourceOpener;
  stores: StoreOpener;
  /** What sources and stores talk to beside their servers. */
  around: Surroundings;
  /** Opens another registry, by a URL or an absolute path. */
  openOther: (address: string) => Promise<RegistryContext>;
  /** The files of the repository; undefined in a bare one. */
  workTree: () => Promise<WorkTree | undefined>;
  /** The current folder, from the top of the work tree with `/` between parts; empty at the top and elsewhere. */
  folder: () => Promise<string>;
  /** Takes what is worth knowing beside an answer. */
  note: (text: string) => void;
  /** Says which artifacts the configuration excludes; undefined where it excludes nothing. */
  exclusion: () => Promise<IsExcluded | undefined>;
  /** The bytes of `.reg.yaml`, if there is one; they are remembered for a moment. */
  configBytes: () => Promise<Uint8Array | undefined>;
  /** Read when first needed. */
  config: () => Promise<Config>;
  /** The name of the remote of this clone; a URL has no remote. */
  remote: (use?: RemoteUse) => Promise<string>;
  /** Whether questions ask no remote: of a registry at a URL what was asked before is known. */
  offline?: boolean | undefined;
  /** The same registry as it was when it was last asked; only at a URL. */
  kept?: (() => Promise<RegistryContext>) | undefined;
  /** Brings tags that are known to be missing; gives whether it did, so that the question is to be asked again. */
  bringMissing?: (() => Promise<boolean>) | undefined;
  /** The clock of this machine, in milliseconds since the epoch; writes take theirs from git. */
  now: () => number;
  /** A folder for what can be fetched again. */
  cache: string;
  /** Whether files are hashed that were hashed before and have not changed. */
  rehash?: boolean | undefined;
  /** Ends what is running. */
  signal?: AbortSignal | undefined;
}

/** Whether there is a remote, which may have more tags. */
export const isClone = async ({ repository, remote }: RegistryContext): Promise<boolean> =>
  repository.address === undefined &&
  remote().then(
    (name) => repository.hasRemote(name),
    () => true,
  );

/**
 * Where a source repository is that links and people name; a relative path starts at the top of the registry.
 * @throws RegError SOURCE_UNSUPPORTED, NO_WORK_TREE for a relative path without anything to start from
 */
export async function sourceAddress(context: RegistryContext, repo: string): Promise<string> {
  const location = parseLocation(repo);
  if (location.kind === 'url') return location.url;
  const root = isAbsolute(location.path)
    ? (await context.workTree())?.root
    : (await requireWorkTree(context, `the source '${repo}' is a relative path`)).root;
  const path = resolve(root ?? '', location.path);
  if (root !== undefined) await refuseCommitted(root, path);
  return path;
}

/**
 * Opens a source repository as links and people write it.
 * @throws RegError what `sourceAddress` throws, NO_REPOSITORY, REMOTE_FAILED
 */
export const openSource = async (context: RegistryContext, repo: string): Promise<SourceRepository> =>
  context.sources.openSource(parseLocation(await sourceAddress(context, repo)));

/**
 * The work tree, for what cannot be done without one.
 * @throws RegError NO_WORK_TREE
 */
export async function requireWorkTree(context: RegistryContext, why: string): Promise<WorkTree> {
  const workTree = await context.workTree();
  if (workTree) return workTree;
  throw new RegError(
    'NO_WORK_TREE',
    `${why}, and ${context.repository.address === undefined ? 'this repository is bare' : `${context.repository.address} has no work tree`}`,
    'run it in a clone with a work tree',
  );
}

/**
 * The commit of the registry that a rev names.
 * @throws RegError UNKNOWN_REV, NO_COMMITS
 */
export async function requireCommit({ repository }: RegistryContext, rev: string): Promise<Oid> {
  const commit = await repository.objects.commit(rev);
  if (commit) return commit;
  if (rev === 'HEAD') throw await withoutHead(repository);
  throw new RegError(
    'UNKNOWN_REV',
    `'${rev}' names no commit here`,
    'give a branch, a tag or a commit id: git log',
  );
}

/** The error for a HEAD that leads nowhere: there is no commit, or it names a branch that was never pushed. */
async function withoutHead({ address, tips }: RegistryRepository): Promise<RegError> {
  const start = 'refs/heads/';
  const refNames = [...(await tips()).keys()].filter((refName) => refName.startsWith(start));
  const branches = refNames.map((refName) => refName.slice(start.length));
  const [first = ''] = branches.includes('main') ? ['main'] : branches;
  if (first === '')
    return new RegError(
      'NO_COMMITS',
      'this repository has no commit yet',
      'commit something first: git commit',
    );
  return new RegError(
    'NO_COMMITS',
    `HEAD of ${address ?? 'this repository'} names no branch that is there`,
    `give a rev, such as ${first}, or set HEAD there: ${shellLine('git', 'symbolic-ref', 'HEAD', start + first)}`,
  );
}

/** Whether an answer is verified. */
export interface TrustOptions {
  /** Answers only with events that the policy accepts, and only where the chain holds; `verify` of the configuration by default. */
  verify?: boolean | undefined;
  /** Called for each event that is passed over, with the reason. */
  onPassedOver?: ((tag: string, reason: string) => void) | undefined;
}

/**
 * Whether answers are to be verified where a call does not say: by `REG_VERIFY`, else by the configuration.
 * @throws RegError USAGE for another value of `REG_VERIFY` than 1, true, 0 and false
 */
export async function wantsVerified(context: RegistryContext): Promise<boolean> {
  const { REG_VERIFY: asked = '' } = context.around.env;
  if (/^(1|true)$/.test(asked)) return true;
  if (/^(0|false)$/.test(asked)) return false;
  if (asked !== '')
    throw new RegError('USAGE', `REG_VERIFY is '${asked}', and neither 1 nor 0`, 'set it to 1, or unset it');
  return (await configMentions(context, 'verify')) && (await context.config()).verify;
}

/**
 * Whether the configuration may say something: that takes no parser.
 * @throws RegError what reading its bytes throws
 */
export async function configMentions(
  { configBytes }: Pick<RegistryContext, 'configBytes'>,
  word: string,
): Promise<boolean> {
  const bytes = await configBytes();
  // an escape may stand for any letter
  return bytes !== undefined && [word, '\\'].some((one) => Buffer.from(bytes).includes(one));
}

/**
 * Reads `.reg.yaml` of the work tree, or else of HEAD; undefined without one.
 * @throws RegError DAMAGED, REMOTE_FAILED where HEAD is there and cannot be read, INVALID_CONFIG for a file that is not plain
 */
export async function readConfigBytes({
  repository,
  workTree,
}: Pick<RegistryContext, 'repository' | 'workTree'>): Promise<Uint8Array | undefined> {
  const top = await repository.plainTop?.();
  const files = top === undefined ? await workTree() : openCheckout(top, repository);
  return files === undefined ? atHead(repository, CONFIG_FILE) : files.read(CONFIG_FILE);
}

async function atHead(repository: RegistryRepository, path: string): Promise<Uint8Array | undefined> {
  const { objects } = repository;
  const head = await headCommit(repository);
  const entry = head === undefined ? undefined : await objects.entry(head, path);
  if (entry !== undefined && entry.type !== 'blob')
    throw new RegError('INVALID_CONFIG', `${path} is not a plain file at HEAD`, 'commit a plain file');
  return entry && objects.blob(entry.oid);
}

/**
 * The commit whose configuration counts where there is no work tree: that of HEAD, or of `main` or `master` where HEAD names a branch that was
 * never pushed; undefined without any.
 * @throws RegError DAMAGED, REMOTE_FAILED where there is one that cannot be read
 */
export async function headCommit(repository: RegistryRepository): Promise<Oid | undefined> {
  const { objects, address } = repository;
  const head = await objects.commit('HEAD', 'top');
  if (head !== undefined) return head;
  const tips = await repository.tips();
  const there = ['HEAD', 'refs/heads/main', 'refs/heads/master'].flatMap((ref) => tips.get(ref) ?? [])[0];
  if (there === undefined) return undefined;
  const commit = await objects.commit(there, 'top');
  if (commit !== undefined) return commit;
  const where = address === undefined ? 'here' : `at ${address}`;
  throw new RegError(
    address === undefined ? 'DAMAGED' : 'REMOTE_FAILED',
    `the commit ${short(there)} of the default branch cannot be read ${where}, so the configuration is not known`,
    address === undefined
      ? 'see what is damaged with: git fsck'
      : 'try again; git fsck there names what is damaged',
  );
}
