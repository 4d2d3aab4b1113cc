import { CONFIG_FILE } from '../documents/config.js';
import { ENOUGH_OF_LINK, inspectLink, type Link } from '../documents/link.js';
import { LINK_SUFFIX } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { RegistryRepository } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';
import type { DeclaringFiles } from '../registry/declared.js';
import { blobId } from '../util/blob.js';
import { shellLine } from '../util/shell.js';

/** The difference between a commit and the next one. */
export interface TreeChange {
  /** Whether a file is new or changed. A change of the configuration touches every file, because rules depend on it. */
  touches(file: string): Promise<boolean>;
  /** The link that was in a file; undefined where there was no readable one. */
  before(file: string): Promise<Link | undefined>;
  /** The link files that were removed. */
  removed: readonly string[];
}

/**
 * Finds what the work tree changes since it left the branch of a rev.
 * @throws RegError UNKNOWN_REV where the rev, or the commit that both have in common, is not here
 */
export async function changeSince(
  { repository }: RegistryContext,
  files: DeclaringFiles,
  base: string,
): Promise<TreeChange> {
  const start = await startOf(repository, base);
  const entries = (await repository.objects.entries(start, '')).filter(({ type }) => type === 'blob');
  const oids = new Map(entries.map(({ path, oid }) => [path, oid]));
  const touched = async (file: string): Promise<boolean> => {
    const bytes = await readOrNothing(files, file);
    const oid = oids.get(file);
    return oid === undefined ? bytes !== undefined : bytes === undefined || !isBlob(bytes, oid);
  };
  const isConfigTouched = await touched(CONFIG_FILE);
  const links = [...oids.keys()].filter((path) => path.endsWith(LINK_SUFFIX));
  const present = new Set(files.paths);
  return {
    touches: async (file) => isConfigTouched || touched(file),
    before: async (file) => {
      const oid = oids.get(file);
      const reading =
        oid === undefined ? undefined : inspectLink(await repository.objects.blob(oid, ENOUGH_OF_LINK), file);
      return reading && 'link' in reading ? reading.link : undefined;
    },
    removed: links.filter((path) => !present.has(path)),
  };
}

/** The bytes of a file; none for what cannot be read, such as a symbolic link, which is a change all the same. */
const readOrNothing = (files: DeclaringFiles, file: string): Promise<Uint8Array | undefined> =>
  files.read(file).catch((error: unknown) => {
    if (error instanceof RegError) return new Uint8Array();
    throw error;
  });

/** The commit at which the branch of HEAD left that of a rev. */
async function startOf(repository: RegistryRepository, base: string): Promise<Oid> {
  const [tip, head] = await Promise.all([repository.objects.commit(base), repository.objects.commit('HEAD')]);
  if (tip === undefined)
    throw new RegError(
      'UNKNOWN_REV',
      `'${base}' names no commit here`,
      // of HEAD~1 and its like the history is missing, and no branch
      /[~^@{}:]/.test(base) && (await repository.history.isShallow())
        ? UNSHALLOW
        : `fetch it: ${await fetchHint(repository, base)}`,
    );
  const start = head && (await repository.history.mergeBase(tip, head));
  if (start !== undefined) return start;
  const isShallow = await repository.history.isShallow();
  throw new RegError(
    'UNKNOWN_REV',
    `'${base}' and HEAD have no commit in common here`,
    isShallow ? UNSHALLOW : await fetchHint(repository, base),
  );
}

const UNSHALLOW = 'this clone is shallow: git fetch --unshallow (fetch-depth: 0 of actions/checkout)';

/** The command that fetches a branch of a remote: `origin/main` is `main` of `origin`. */
async function fetchHint(repository: RegistryRepository, base: string): Promise<string> {
  const [, remote = 'origin', branch = base] = /^(?:refs\/remotes\/)?([^/]+)\/(.+)$/.exec(base) ?? [];
  if (!(await repository.hasRemote(remote))) return 'git branch --all';
  return shellLine('git', 'fetch', remote, `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`);
}

/** Whether bytes are those of a git object. A checkout may change line ends, so CRLF counts as LF (gitattributes(5), eol). */
function isBlob(bytes: Uint8Array, oid: Oid): boolean {
  const asLines = Buffer.from(bytes).toString('latin1').replaceAll('\r\n', '\n');
  return [bytes, Buffer.from(asLines, 'latin1')].some((content) => blobId(content, oid) === oid);
}
