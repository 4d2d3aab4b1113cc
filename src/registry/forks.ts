import type { ArtifactName } from '../domain/names.js';
import { parseTagName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import { listArtifact, requireRemote, type TagRef } from '../git/port.js';
import { shellLine } from '../util/shell.js';
import type { RegistryContext } from './context.js';
import { artifactNamesIn } from './read.js';

// A fork has the commits of the repository that it was made from, and often none of its tags. Where git's configuration means the fork,
// the registry may be at another remote: it is asked only where the remote that is meant has no tag of an artifact, and where
// the user named no remote for reg (docs/specification.md, 5 Commands).

/** A remote beside the one that is meant, and the events that it has. */
interface Elsewhere {
  remote: string;
  tags: readonly TagRef[];
}

/** The remotes beside the one that is meant; none where the user named one with `--remote`, `REG_REMOTE` or `reg.remote`. */
async function othersThan(context: RegistryContext, remote: string): Promise<string[]> {
  const { repository, around } = context;
  if (repository.address !== undefined || around.env.REG_REMOTE) return [];
  const { names, chosen } = await repository.remotes();
  return chosen === undefined ? names.filter((name) => name !== remote) : [];
}

/**
 * Finds a remote that has events of artifacts which the remote that is meant lacks. Remotes that cannot be reached are noted.
 * @param isLacking whether the remote that is meant lacks an artifact
 */
async function findElsewhere(
  context: RegistryContext,
  remote: string,
  isLacking: (artifact: ArtifactName) => boolean,
): Promise<Elsewhere | undefined> {
  if (context.offline) return undefined;
  const asked = (await othersThan(context, remote)).map(async (other): Promise<Elsewhere> => {
    try {
      const listed = await requireRemote(context.repository, other).listTags();
      const tags = listed.filter(({ name, peeled }) => {
        const event = peeled === undefined ? undefined : parseTagName(name);
        return event !== undefined && isLacking(event.artifact);
      });
      return { remote: other, tags };
    } catch (error) {
      if (!(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
      context.note(`warning: ${other} may have tags that ${remote} lacks: ${error.message}`);
      return { remote: other, tags: [] };
    }
  });
  return (await Promise.all(asked)).find(({ tags }) => tags.length > 0);
}

/**
 * Refuses a write that would begin the history of an artifact again, because another remote has it already.
 * @param here the names of the tags of the artifact in this clone
 * @returns a note where the write goes on: it stays here, and all tags are here
 * @throws RegError BEHIND_REMOTE
 */
export async function refuseFork(
  context: RegistryContext,
  artifact: ArtifactName,
  { remote, push }: { remote: string; push: boolean },
  here: ReadonlySet<string>,
): Promise<string | undefined> {
  const elsewhere = await findElsewhere(context, remote, (name) => name === artifact);
  if (elsewhere === undefined) return undefined;
  const { remote: other, tags } = elsewhere;
  if (!push && tags.every(({ name }) => here.has(name))) return lackingNote(remote, elsewhere);
  throw new RegError(
    'BEHIND_REMOTE',
    `${remote} has no tag of ${artifact}, and ${other} has ${tags.length}: a write there would begin a second history`,
    `${settle(other)}; to begin at ${remote} all the same, add ${shellLine('--remote', remote)}`,
  );
}

/**
 * Refuses such a write before the remote that is meant was listed. It is asked only where there are other remotes.
 * @throws RegError BEHIND_REMOTE, REMOTE_FAILED
 */
export async function refuseForkEarly(
  context: RegistryContext,
  artifact: ArtifactName,
  target: { remote: string; push: boolean },
): Promise<void> {
  const { repository } = context;
  if ((await othersThan(context, target.remote)).length === 0) return;
  const listing = await listArtifact(requireRemote(repository, target.remote), artifact);
  if (artifactNamesIn(listing.tags).includes(artifact)) return;
  const here = [...(await repository.tags.list(artifact)).refs].map(({ name }) => name);
  await refuseFork(context, artifact, target, new Set(here));
}

/** The names of tags. */
type TagNames = Iterable<Pick<TagRef, 'name'>>;

/**
 * The note that another remote has artifacts which the remote that is meant lacks; undefined without such a remote, and where nothing
 * is missing there.
 * @param list gives the tags of the remote that is meant; called where there are other remotes to ask
 * @param here those of this clone
 */
export async function noteOfFork(
  context: RegistryContext,
  remote: string,
  list: () => TagNames | Promise<TagNames>,
  here: TagNames,
): Promise<string | undefined> {
  if ((await othersThan(context, remote)).length === 0) return undefined;
  const known = new Set(artifactNamesIn(await list()));
  if (known.size > 0 && artifactNamesIn(here).every((name) => known.has(name))) return undefined;
  const elsewhere = await findElsewhere(context, remote, (name) => !known.has(name));
  return elsewhere && lackingNote(remote, elsewhere);
}

/** The note that another remote has an artifact, where the remote that is meant has none of its tags. */
export async function noteOfLacking(
  context: RegistryContext,
  remote: string,
  artifact: ArtifactName,
): Promise<string | undefined> {
  const elsewhere = await findElsewhere(context, remote, (name) => name === artifact);
  return elsewhere && lackingNote(remote, elsewhere);
}

/** How many artifacts a note names. */
const NAMED = 3;

function lackingNote(remote: string, { remote: other, tags }: Elsewhere): string {
  const names = artifactNamesIn(tags);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${remote} has no tag of ${names.slice(0, NAMED).join(', ')}${more}, and ${other} has ${tags.length}: ${settle(other)}`;
}

const settle = (remote: string): string =>
  `ask ${remote} with ${shellLine('--remote', remote)}, or always with: ${chooseLine(remote)}`;

/** The command that chooses the remote of `reg` in a clone. */
const chooseLine = (remote: string): string => shellLine('git', 'config', 'reg.remote', remote);

/** The command that gets tags which may be missing here. Nothing is asked: another remote than the one that is meant may have them. */
export async function syncLine(context: RegistryContext): Promise<string> {
  const remote = await context.remote().catch(() => undefined);
  if (remote === undefined) return 'reg sync';
  const [first, ...others] = await othersThan(context, remote);
  if (first === undefined) return 'reg sync';
  const other = [first, ...others].find((name) => name === 'upstream') ?? first;
  return `reg sync, or from ${other}: ${shellLine('reg', 'sync', '--remote', other)}`;
}
