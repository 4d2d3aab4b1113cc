import { type ErrorCode, RegError } from '../errors.js';
import { shellLine } from '../util/shell.js';
import {
  type ArtifactName,
  artifactName,
  artifactNameForTag,
  parseStageName,
  type StageName,
  stageName,
} from './names.js';
import { nearest } from './suggest.js';
import { parseTagName } from './tag-name.js';
import { parseVersion, version } from './version.js';

/** What a person points at: an artifact, and perhaps one of its versions or what is in a stage. */
export interface Target {
  artifact: ArtifactName;
  which?: VersionTarget | { kind: 'stage'; stage: StageName };
}

/** How a version is pointed at: by its id, or as the greatest. */
export type VersionTarget = { kind: 'version'; id: string } | { kind: 'latest' };

/** Names of the greatest version; the second is gto's. */
const GREATEST: readonly string[] = ['latest', 'greatest'];

/**
 * Reads `churn`, `churn@v1.2.0`, `churn@1.2.0`, `churn@latest`, `churn@<commit id>` or `churn#prod`
 * (docs/specification.md, 5 Commands). The tag of a registration is read too, counted or not, as writes print it.
 * @throws RegError INVALID_NAME, INVALID_VERSION, INVALID_STAGE
 */
export function parseTarget(text: string): Target {
  const mark = text.search(/[@#]/);
  if (mark < 0) return { artifact: artifactName(text) };
  const artifact = artifactName(text.slice(0, mark));
  const rest = text.slice(mark + 1);
  if (text[mark] === '#') {
    refuseTag(text, artifact, 'INVALID_STAGE');
    return { artifact, which: { kind: 'stage', stage: stageName(rest) } };
  }
  if (GREATEST.includes(rest)) return { artifact, which: { kind: 'latest' } };
  const tag = parseTagName(artifactNameForTag(artifact) + text.slice(mark));
  if (tag?.kind === 'registration') return { artifact, which: { kind: 'version', id: tag.version } };
  refuseTag(text, artifact, 'INVALID_VERSION');
  if (isStageLike(rest))
    throw new RegError(
      'INVALID_VERSION',
      `'${rest}' is not a version`,
      `the version in a stage is written with #: ${shellLine(`${artifact}#${rest}`)}`,
    );
  return { artifact, which: { kind: 'version', id: versionId(rest) } };
}

/** Refuses the name of an event that names neither a version nor what is in a stage now. */
function refuseTag(text: string, artifact: ArtifactName, code: ErrorCode): void {
  const tag = artifactNameForTag(artifact) + text.slice(text.search(/[@#]/));
  const name = parseTagName(tag);
  if (name === undefined || (name.kind === 'assignment' && name.counter === undefined)) return;
  throw new RegError(
    code,
    `'${text}' is the name of a tag`,
    `see which event it is, with: ${shellLine('reg', 'check-ref', tag)}`,
  );
}

/** Whether a word that is no version was probably meant as a stage. */
const isStageLike = (word: string): boolean =>
  /^[a-z]/i.test(word) &&
  parseStageName(word) !== undefined &&
  parseVersion(`v${word}`) === undefined &&
  !/^(v\d|[0-9a-f]{7,64}$)/i.test(word) &&
  nearest(word, GREATEST) === undefined;

/**
 * Reads a version as a person names it: a SemVer with or without `v`, or the commit id of an unregistered one.
 * @throws RegError INVALID_VERSION
 */
export function versionId(text: string): string {
  const isCommit = /^[0-9a-f]{7,64}$/.test(text) && parseVersion(`v${text}`) === undefined;
  if (isCommit) return text;
  const near = parseVersion(`v${text}`) === undefined ? nearest(text, GREATEST) : undefined;
  if (near !== undefined)
    throw new RegError('INVALID_VERSION', `'${text}' is not a version`, `did you mean '${near}'?`);
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
