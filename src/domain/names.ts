import { RegError } from '../errors.js';

/** The name of an artifact as people see it: `churn`, or `models:churn` for one in a subfolder. */
export type ArtifactName = string & { readonly brand: 'ArtifactName' };
/** The name of a stage, such as `prod`. */
export type StageName = string & { readonly brand: 'StageName' };

// The letters of names (docs/specification.md, 1 Tags) as a table of where each may stand. A registry has many names, so
// each is read once, letter by letter.
const ALONE = 1;
const IN_NAME = 2;
const IN_STAGE = 4;
const IN_DIR = 8;
const LETTERS = new Uint8Array(128);
for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')
  LETTERS[letter.charCodeAt(0)] = ALONE | IN_NAME | IN_STAGE | IN_DIR;
for (const letter of '-/_') LETTERS[letter.charCodeAt(0)] = IN_NAME | IN_STAGE | IN_DIR;
LETTERS['.'.charCodeAt(0)] = IN_NAME | IN_DIR;

const mayBe = (text: string, at: number, what: number): boolean =>
  ((LETTERS[text.charCodeAt(at)] ?? 0) & what) !== 0;

/** Whether all letters of a piece may be something, and it is not empty. */
function isAll(text: string, from: number, to: number, what: number): boolean {
  for (let at = from; at < to; at += 1) if (!mayBe(text, at, what)) return false;
  return from < to;
}

/** Whether a piece is a name: of an artifact, without its dir, or of a stage. */
const isNameAt = (text: string, from: number, to: number, what: number): boolean =>
  isAll(text, from, to, what) && mayBe(text, from, ALONE) && mayBe(text, to - 1, ALONE);

/** Reads an artifact's name as every answer has it (`name` or `dir:name`), or gives undefined. */
export function parseArtifactName(text: string): ArtifactName | undefined {
  const colon = text.indexOf(':');
  if (colon >= 0 && !isAll(text, 0, colon, IN_DIR)) return undefined;
  return isNameAt(text, colon + 1, text.length, IN_NAME) ? (text as ArtifactName) : undefined;
}

/**
 * Reads an artifact's name as a person types it: `name`, `dir:name`, or as a tag spells it `dir=name` (docs/specification.md,
 * 1 Tags).
 * @throws RegError INVALID_NAME
 */
export function artifactName(text: string): ArtifactName {
  const name = parseArtifactName(text) ?? artifactNameFromTag(text);
  if (name !== undefined) return name;
  const [alone = ''] = text.split(/[@#]/);
  if (alone !== text && (parseArtifactName(alone) ?? artifactNameFromTag(alone)) !== undefined)
    throw new RegError(
      'INVALID_NAME',
      `'${text}' is more than an artifact's name`,
      `give the name alone: ${alone}`,
    );
  throw new RegError(
    'INVALID_NAME',
    whyNoArtifact(text),
    'letters, digits, - _ . and / are allowed, a letter or digit first and last; dir:name for a subfolder',
  );
}

/** Says why a text is not an artifact's name. */
export function whyNoArtifact(text: string): string {
  const mark = text.search(/[:=]/);
  const problem =
    (mark < 0 ? undefined : problemIn(text.slice(0, mark), IN_DIR, 'its dir')) ??
    problemIn(text.slice(mark + 1), IN_NAME, mark < 0 ? 'it' : 'the part behind the dir');
  return `'${text}' is not an artifact name: ${problem}`;
}

/** What is wrong with a piece of a name, as the end of a sentence; undefined where nothing is. */
function problemIn(text: string, what: number, subject: string): string | undefined {
  if (text === '') return `${subject} is empty`;
  const wrong = [...text].find((character) => !mayBe(character, 0, what));
  if (wrong !== undefined) return `${subject} holds ${shown(wrong)}`;
  if (what === IN_DIR) return undefined;
  if (!mayBe(text, 0, ALONE)) return `${subject} begins with '${text[0]}'`;
  return mayBe(text, text.length - 1, ALONE) ? undefined : `${subject} ends in '${text.at(-1)}'`;
}

/** A character that may be invisible, in words. */
function shown(character: string): string {
  if (character === ' ') return 'a space';
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character) ? `'${character}'` : `the character U+${code}`;
}

/** Reads an artifact's name as a tag spells it (`name` or `dir=name`), or gives undefined. */
export function artifactNameFromTag(text: string): ArtifactName | undefined {
  const equals = text.indexOf('=');
  if (equals < 0) return isNameAt(text, 0, text.length, IN_NAME) ? (text as ArtifactName) : undefined;
  return isAll(text, 0, equals, IN_DIR) && isNameAt(text, equals + 1, text.length, IN_NAME)
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

/** What a name is without all its folders, those of a dir and those of a name with slashes. */
export const lastPart = (name: ArtifactName): string => name.slice(name.search(/[^:/]*$/));

/** Reads a stage's name as tags may hold it (docs/specification.md, 1 Tags), or gives undefined. */
export const parseStageName = (text: string): StageName | undefined =>
  isNameAt(text, 0, text.length, IN_STAGE) ? (text as StageName) : undefined;

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
    `'${text}' is not a stage name: ${problemIn(text, IN_STAGE, 'it')}`,
    alone
      ? `give the name alone: ${alone}`
      : 'letters, digits, - and _ are allowed, a letter or digit first and last',
  );
}
