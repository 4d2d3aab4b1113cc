import { isOwn } from '../documents/link.js';
import type { ArtifactState } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import { findCurrent, findNamed } from '../domain/find.js';
import type { ArtifactName } from '../domain/names.js';
import { newerTag } from '../domain/newer-tag.js';
import { TAG_REFS, tagNameOf } from '../domain/refs.js';
import type { Target } from '../domain/target.js';
import { RegError } from '../errors.js';
import type { RefTips } from '../git/port.js';
import { memoize } from '../util/async.js';
import type { RegistryContext } from './context.js';
import { readWorkLinks, shownSource, type WorkLink } from './links.js';
import { readArtifacts } from './read.js';
import type { OutdatedRow } from './rows.js';
import { registryRef, sourceRegistry, sourceRepository } from './source-rev.js';

/** Asks sources what they hold now, each once. */
interface Sources {
  tips(repo: string | undefined): Promise<RefTips>;
  /** The artifacts that links name of a registry. */
  artifacts(repo: string | undefined): Promise<ReadonlyMap<ArtifactName, ArtifactState>>;
}

/**
 * Finds the links whose branch or registry ref moved, or whose source has a tag of a later version. Each source is asked
 * once, all at the same time; one that cannot be asked keeps the others from nothing.
 * @param artifacts none for every link of the work tree
 * @returns by path those that are not up to date
 * @throws RegError NO_WORK_TREE, NOT_DECLARED, INVALID_LINK
 */
export async function outdated(
  context: RegistryContext,
  artifacts: readonly string[],
): Promise<OutdatedRow[]> {
  // git pins a model of this repository with each commit
  const links = (await readWorkLinks(context, artifacts)).filter(
    ({ link: { source } }) => source.url === undefined && !isOwn(source),
  );
  const sources: Sources = {
    tips: memoize((repo) => listTips(context, repo), { keepFailures: true }),
    artifacts: memoize(
      async (repo) => {
        const named = links.flatMap(({ link: { source } }) =>
          source.repo === repo ? (registryRef(source) ?? []) : [],
        );
        return readArtifacts(
          await sourceRegistry(context, { repo }),
          named.map(({ artifact }) => artifact),
        );
      },
      { keepFailures: true },
    ),
  };
  const rows = await Promise.all(links.map((one) => checkLink(one, sources)));
  return rows.filter(
    ({ commit, now, newer, problem }) => now !== commit || newer !== null || problem !== null,
  );
}

const listTips = async (context: RegistryContext, repo: string | undefined): Promise<RefTips> =>
  (await sourceRepository(context, { repo })).tips();

async function checkLink(
  { artifact, file, link: { source } }: WorkLink,
  sources: Sources,
): Promise<OutdatedRow> {
  const { repo, commit = null, rev } = source;
  const row = { artifact, path: file, source: shownSource(source), commit, newer: null, problem: null };
  if (commit === null) return { ...row, now: null, problem: NOT_PINNED };
  try {
    const target = registryRef(source);
    const linked = target && (await sources.artifacts(repo)).get(target.artifact);
    if (target && linked && linked.events.length > 0) {
      const { commit: now, newer } = standingOf(linked, target);
      return { ...row, now, newer: successorOf(linked, target) ?? newer };
    }
    const tips = await sources.tips(repo);
    const tags = [...tips.keys()].flatMap((name) => tagNameOf(name) ?? []);
    const newer = rev !== undefined && tags.includes(rev) ? newerTag(rev, tags) : undefined;
    return { ...row, now: tipOf(tips, rev ?? 'HEAD', commit), newer: newer ?? null };
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    return { ...row, now: null, problem: error.message };
  }
}

/** What takes the place of a link's target under the successor of a deprecated artifact: it gets no more versions under the old name. */
function successorOf({ deprecated, events }: ArtifactState, { which }: Target): string | undefined {
  const successor = deprecated ? events.at(-1)?.successor : undefined;
  if (successor === undefined) return undefined;
  return which?.kind === 'stage' ? `${successor}#${which.stage}` : `${successor}@latest`;
}

const NOT_PINNED = 'it is not pinned, so this is not known: reg update';
const PLACES = ['', TAG_REFS, 'refs/heads/', 'refs/'];

/** What a rev is now, as git looks for it (gitrevisions(7)); a commit id, or what follows one, stays what it was. */
function tipOf(tips: RefTips, rev: string, commit: Oid | null): Oid | null {
  for (const place of PLACES) {
    const tip = tips.get(place + rev);
    if (tip !== undefined) return tip;
  }
  return /^[0-9a-f]{4,64}$/.test(rev) || /[~^]/.test(rev) ? commit : null;
}

/** What a link to an artifact of another registry leads to now. */
export interface Standing {
  commit: Oid;
  /** A later version than the one that the link names; null without a later version, and for a link that names no version. */
  newer: string | null;
}

/**
 * Tells what a link's `churn#prod` or `churn@v1.2.0` is in the state that the artifact has now.
 * @throws RegError UNKNOWN_STAGE, NOTHING_IN_STAGE, UNKNOWN_VERSION
 */
function standingOf(artifact: ArtifactState, { which = { kind: 'latest' } }: Target): Standing {
  if (which.kind === 'stage') {
    const { version } = findCurrent(artifact, which.stage);
    return { commit: version.commit, newer: null };
  }
  const { id, commit } = findNamed(artifact, which);
  if (which.kind === 'latest') return { commit, newer: null };
  const active = [...artifact.versions.values()].filter((version) => version.active && version.registered);
  const named = active.map((version) => `${artifact.name}@${version.id}`);
  return { commit, newer: newerTag(`${artifact.name}@${id}`, named) ?? null };
}
