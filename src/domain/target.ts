import { RegError } from '../errors.js';
import { type ArtifactName, artifactName, type StageName, stageName } from './names.js';
import { nearest } from './suggest.js';
import { parseVersion, version } from './version.js';

/** What a person points at: an artifact, and perhaps one of its versions or what is in a stage. */
export interface Target {
  artifact: ArtifactName;
  which?: VersionTarget | { kind: 'stage'; stage: StageName };
}

/** How a version is pointed at: by its id, or as the greatest. */
export type VersionTarget = { kind: 'version'; id: string } | { kind: 'latest' };

/**
 * Reads `churn`, `churn@v1.2.0`, `churn@1.2.0`, `churn@latest`, `churn@<commit id>` or `churn#prod`
 * (docs/specification.md, 5 Commands).
 * @throws RegError INVALID_NAME, INVALID_VERSION, INVALID_STAGE
 */
export function parseTarget(text: string): Target {
  const mark = text.search(/[@#]/);
  if (mark < 0) return { artifact: artifactName(text) };
  const artifact = artifactName(text.slice(0, mark));
  const rest = text.slice(mark + 1);
  if (text[mark] === '#') return { artifact, which: { kind: 'stage', stage: stageName(rest) } };
  return {
    artifact,
    which: rest === 'latest' ? { kind: 'latest' } : { kind: 'version', id: versionId(rest) },
  };
}

/**
 * Reads a version as a person names it: a SemVer with or without `v`, or the commit id of an unregistered one.
 * @throws RegError INVALID_VERSION
 */
export function versionId(text: string): string {
  const isCommit = /^[0-9a-f]{7,64}$/.test(text) && parseVersion(`v${text}`) === undefined;
  if (isCommit) return text;
  if (parseVersion(`v${text}`) === undefined && nearest(text, ['latest']) !== undefined)
    throw new RegError('INVALID_VERSION', `'${text}' is not a version`, "did you mean 'latest'?");
  return version(text);
}

/**
 * Reads a target that may not point at a stage.
 * @throws RegError USAGE
 */
export function parseVersionTarget(text: string): Target & { which?: VersionTarget } {
  const { artifact, which } = parseTarget(text);
  if (which?.kind === 'stage')
    throw new RegError(
      'USAGE',
      `'${text}' names a stage where a version is wanted`,
      `write ${artifact}@VERSION`,
    );
  return which === undefined ? { artifact } : { artifact, which };
}
