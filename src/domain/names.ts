import { RegError } from '../errors.js';

/** The name of an artifact as people see it: `churn`, or `models:churn` for one in a subfolder. */
export type ArtifactName = string & { readonly brand: 'ArtifactName' };
/** The name of a stage, such as `prod`. */
export type StageName = string & { readonly brand: 'StageName' };

// SPEC §1. Written without nested repetition, so that a hostile name costs linear time.
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9\-/_]*$/;
const DIR = /^[a-zA-Z0-9\-_./]+$/;
const ENDS_WELL = /[a-zA-Z0-9]$/;

const isName = (text: string): boolean => NAME.test(text) && ENDS_WELL.test(text);

/** Reads an artifact's name as a person types it (`name` or `dir:name`), or gives undefined. */
export function parseArtifactName(text: string): ArtifactName | undefined {
  const colon = text.indexOf(':');
  const dir = colon < 0 ? undefined : text.slice(0, colon);
  if (dir !== undefined && !DIR.test(dir)) return undefined;
  return isName(text.slice(colon + 1)) ? (text as ArtifactName) : undefined;
}

/**
 * Reads an artifact's name as a person types it (SPEC §1).
 * @throws RegError INVALID_NAME
 */
export function artifactName(text: string): ArtifactName {
  const name = parseArtifactName(text);
  if (name !== undefined) return name;
  const [alone = ''] = text.split(/[@#]/);
  if (alone !== text && parseArtifactName(alone) !== undefined)
    throw new RegError(
      'INVALID_NAME',
      `'${text}' is more than an artifact's name`,
      `give the name alone: ${alone}`,
    );
  throw new RegError(
    'INVALID_NAME',
    `'${text}' is not an artifact name`,
    'letters, digits, - _ and / are allowed, a letter or digit first and last; dir:name for a subfolder',
  );
}

/** Reads an artifact's name as a tag spells it (`name` or `dir=name`), or gives undefined. */
export function artifactNameFromTag(text: string): ArtifactName | undefined {
  const equals = text.indexOf('=');
  if (equals < 0) return isName(text) ? (text as ArtifactName) : undefined;
  const dir = text.slice(0, equals);
  const name = text.slice(equals + 1);
  return DIR.test(dir) && isName(name) ? (`${dir}:${name}` as ArtifactName) : undefined;
}

/** Spells an artifact's name for a tag: `dir:name` becomes `dir=name`. */
export const artifactNameForTag = (name: ArtifactName): string => name.replace(':', '=');

/** Splits an artifact's name into its folder (`''` at the root) and its last name. */
export function splitArtifactName(name: ArtifactName): { dir: string; base: string } {
  const colon = name.indexOf(':');
  return { dir: colon < 0 ? '' : name.slice(0, colon), base: name.slice(colon + 1) };
}

/** Reads a stage's name as tags may hold it (SPEC §1), or gives undefined. */
export const parseStageName = (text: string): StageName | undefined =>
  isName(text) ? (text as StageName) : undefined;

/**
 * Reads a stage's name as a person types it.
 * @throws RegError INVALID_STAGE
 */
export function stageName(text: string): StageName {
  const name = parseStageName(text);
  if (name !== undefined) return name;
  throw new RegError(
    'INVALID_STAGE',
    `'${text}' is not a stage name`,
    'letters, digits, - and _ are allowed, a letter or digit first and last',
  );
}
