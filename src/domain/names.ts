import { RegError } from '../errors.js';

/** The name of an artifact as people see it: `churn`, or `models:churn` for one in a subfolder. */
export type ArtifactName = string & { readonly brand: 'ArtifactName' };
/** The name of a stage, such as `prod`. */
export type StageName = string & { readonly brand: 'StageName' };

// The letters of names (docs/specification.md, 1 Tags) as a table of where each may stand. A registry has many names, so
// each is read once, letter by letter.
const ALONE = 1;
const INSIDE = 2;
const IN_DIR = 4;
const LETTERS = new Uint8Array(128);
for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')
  LETTERS[letter.charCodeAt(0)] = ALONE | INSIDE | IN_DIR;
for (const letter of '-/_') LETTERS[letter.charCodeAt(0)] = INSIDE | IN_DIR;
LETTERS['.'.charCodeAt(0)] = IN_DIR;

const mayBe = (text: string, at: number, what: number): boolean =>
  ((LETTERS[text.charCodeAt(at)] ?? 0) & what) !== 0;

/** Whether all letters of a piece may be something, and it is not empty. */
function isAll(text: string, from: number, to: number, what: number): boolean {
  for (let at = from; at < to; at += 1) if (!mayBe(text, at, what)) return false;
  return from < to;
}

const isNameAt = (text: string, from: number, to: number): boolean =>
  isAll(text, from, to, INSIDE) && mayBe(text, from, ALONE) && mayBe(text, to - 1, ALONE);
const isName = (text: string): boolean => isNameAt(text, 0, text.length);

/** Reads an artifact's name as a person types it (`name` or `dir:name`), or gives undefined. */
export function parseArtifactName(text: string): ArtifactName | undefined {
  const colon = text.indexOf(':');
  if (colon >= 0 && !isAll(text, 0, colon, IN_DIR)) return undefined;
  return isNameAt(text, colon + 1, text.length) ? (text as ArtifactName) : undefined;
}

/**
 * Reads an artifact's name as a person types it (docs/specification.md, 1 Tags).
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
  return isAll(text, 0, equals, IN_DIR) && isNameAt(text, equals + 1, text.length)
    ? (`${text.slice(0, equals)}:${text.slice(equals + 1)}` as ArtifactName)
    : undefined;
}

/** Spells an artifact's name for a tag: `dir:name` becomes `dir=name`. */
export const artifactNameForTag = (name: ArtifactName): string => name.replace(':', '=');

/** Splits an artifact's name into its folder (`''` at the root) and its last name. */
export function splitArtifactName(name: ArtifactName): { dir: string; base: string } {
  const colon = name.indexOf(':');
  return { dir: colon < 0 ? '' : name.slice(0, colon), base: name.slice(colon + 1) };
}

/** Reads a stage's name as tags may hold it (docs/specification.md, 1 Tags), or gives undefined. */
export const parseStageName = (text: string): StageName | undefined =>
  isName(text) ? (text as StageName) : undefined;

/**
 * Reads a stage's name as a person types it.
 * @throws RegError INVALID_STAGE
 */
export function stageName(text: string): StageName {
  const name = parseStageName(text);
  if (name !== undefined) return name;
  const alone = text.startsWith('#') ? parseStageName(text.slice(1)) : undefined;
  throw new RegError(
    'INVALID_STAGE',
    `'${text}' is not a stage name`,
    alone
      ? `give the name alone: ${alone}`
      : 'letters, digits, - and _ are allowed, a letter or digit first and last',
  );
}
