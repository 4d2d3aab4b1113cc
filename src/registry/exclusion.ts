import { CONFIG_FILE } from '../domain/config-file.js';
import { matchesGlob } from '../domain/glob.js';
import { type ArtifactName, artifactNameFromTag } from '../domain/names.js';
import { isMarkAt, markIn } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import type { RegistryRepository, Remote } from '../git/port.js';
import { shellLine } from '../util/shell.js';
import type { RegistryContext } from './context.js';

// Names that a configuration takes for those of other tools: no command knows an artifact of that name (docs/specification.md, 4).

/** Says whether an artifact is excluded. */
export type IsExcluded = (artifact: string) => boolean;

/** Makes that question from `artifacts.exclude` of a configuration; undefined where that excludes nothing. */
export function exclusionIn(patterns: readonly string[] | undefined): IsExcluded | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined;
  const own = patterns.map((pattern) => pattern.replace('=', ':'));
  const known = new Map<string, boolean>();
  return (artifact) => {
    const answer = known.get(artifact) ?? own.some((pattern) => matchesGlob(pattern, artifact));
    known.set(artifact, answer);
    return answer;
  };
}

/** A registry with the exclusion of another configuration than its own, such as that of the protected branch. */
export const excludingAs = (
  context: RegistryContext,
  patterns: readonly string[] | undefined,
): RegistryContext => {
  const isExcluded = exclusionIn(patterns);
  const exclusion = async (): Promise<IsExcluded | undefined> => isExcluded;
  const { tags, remote } = withoutExcluded(context.unfiltered, exclusion);
  return { ...context, exclusion, repository: { ...context.repository, tags, remote } };
};

/** The artifacts that are not excluded. */
export const notExcluded = <T extends string>(names: readonly T[], isExcluded: IsExcluded | undefined): T[] =>
  names.filter((name) => !isExcluded?.(name));

/** The error for a question about an excluded artifact, and for a write. */
const excluded = (artifact: string): RegError =>
  new RegError(
    'UNKNOWN_ARTIFACT',
    `'${artifact}' is not an artifact here: artifacts.exclude of ${CONFIG_FILE} takes its tags for those of another tool`,
    `see its tags with: ${shellLine('git', 'tag', '--list', `${artifact.replace(':', '=')}[@#]*`)}; or change artifacts.exclude`,
  );

/**
 * A repository without the tags of excluded artifacts, here and at its remotes. To list those of one excluded artifact throws
 * RegError UNKNOWN_ARTIFACT.
 * @param exclusion is asked when tags are listed
 */
export function withoutExcluded<R extends Pick<RegistryRepository, 'tags' | 'remote'>>(
  repository: R,
  exclusion: () => Promise<IsExcluded | undefined>,
): R {
  const { tags, remote } = repository;
  return {
    ...repository,
    tags: {
      ...tags,
      list: async (scope) => {
        // both may ask git, at once
        const [list, isExcluded] = await Promise.all([tags.list(scope), exclusion()]);
        if (isExcluded === undefined) return list;
        if (scope !== 'all' && isExcluded(scope)) throw excluded(scope);
        return {
          refs: kept(list.refs, isExcluded),
          known: new Map(
            kept(
              [...list.known].map(([name, reading]) => ({ name, reading })),
              isExcluded,
            ).map(({ name, reading }) => [name, reading]),
          ),
        };
      },
    },
    ...(remote === undefined
      ? {}
      : { remote: (name: string, side) => remoteWithout(remote(name, side), exclusion) }),
  };
}

function remoteWithout(remote: Remote, exclusion: () => Promise<IsExcluded | undefined>): Remote {
  return {
    ...remote,
    listTags: async () => {
      const [tags, isExcluded] = await Promise.all([remote.listTags(), exclusion()]);
      return isExcluded === undefined ? tags : kept(tags, isExcluded);
    },
    listArtifacts: async (artifacts) => {
      for (const artifact of artifacts) await refuseExcluded({ exclusion }, artifact);
      return remote.listArtifacts(artifacts);
    },
  };
}

/**
 * Refuses an artifact that the configuration excludes.
 * @throws RegError UNKNOWN_ARTIFACT
 */
export async function refuseExcluded(
  { exclusion }: Pick<RegistryContext, 'exclusion'>,
  artifact: ArtifactName,
): Promise<void> {
  if ((await exclusion())?.(artifact)) throw excluded(artifact);
}

/** The tags that are not of an excluded artifact. Neighbours in a list mostly have one artifact, and each is asked about once. */
function kept<T extends { name: string }>(tags: Iterable<T>, isExcluded: IsExcluded): T[] {
  let start = '';
  let isKept = true;
  const found: T[] = [];
  for (const tag of tags) {
    const { name } = tag;
    if (start === '' || !(isMarkAt(name, start.length) && name.startsWith(start))) {
      start = name.slice(0, Math.max(0, markIn(name)));
      const artifact = start === '' ? undefined : artifactNameFromTag(start);
      isKept = artifact === undefined || !isExcluded(artifact);
    }
    if (isKept) found.push(tag);
  }
  return found;
}
