import { type ArtifactName, artifactName, lastPart, parseArtifactName } from '../domain/names.js';
import { type ErrorCode, RegError } from '../errors.js';
import { shellLine } from '../util/shell.js';
import type { RegistryContext } from './context.js';
import { declaredArtifacts, isDeclared } from './declared.js';
import { readArtifactNames } from './read.js';

// Which artifact a person means by a name without its folder (docs/specification.md, 5 Commands): the exact full name; else what is
// declared under that name in the current folder; else, for reading alone, the only artifact with that last part.

const UNKNOWN: ReadonlySet<ErrorCode> = new Set(['UNKNOWN_ARTIFACT', 'NOT_DECLARED']);

/**
 * Asks about what a person names: as it was typed, and where there is no such artifact about the one that the name is short for, with
 * a note. So a full name costs nothing.
 * @param text an artifact, perhaps with a version or a stage behind it
 * @throws RegError AMBIGUOUS, and what asking throws
 */
export async function askMeant<T>(
  context: RegistryContext,
  text: string,
  ask: (text: string) => Promise<T>,
): Promise<T> {
  try {
    return await ask(text);
  } catch (error) {
    if (!(error instanceof RegError) || !UNKNOWN.has(error.code)) throw error;
    const [typed = ''] = text.split(/[@#]/);
    const full = await fullNameOf(context, artifactName(typed));
    if (full === undefined) throw error;
    return ask(full + text.slice(typed.length));
  }
}

/** The artifact that a name is short for; undefined where it is a full name, or short for nothing. */
async function fullNameOf(context: RegistryContext, name: ArtifactName): Promise<ArtifactName | undefined> {
  if (name.includes(':')) return undefined;
  const { repository } = context;
  const [folder, head, registered] = await Promise.all([
    context.folder(),
    repository.objects.commit('HEAD'),
    readArtifactNames(repository.tags),
  ]);
  const declared = head === undefined ? [] : await declaredArtifacts(context, head);
  const known = new Set([...declared, ...registered]);
  if (known.has(name)) return undefined;
  const here = declared.find((one) => one === `${folder}:${name}`);
  if (here !== undefined) return here;
  const [only, ...others] = [...known].filter((one) => lastPart(one) === name).sort();
  if (only === undefined) return undefined;
  if (others.length > 0) throw ambiguous(name, [only, ...others]);
  context.note(`${name} is short for ${only}`);
  return only;
}

const ambiguous = (name: ArtifactName, all: readonly ArtifactName[]): RegError =>
  new RegError(
    'AMBIGUOUS',
    `'${name}' is short for ${all.length} artifacts`,
    `give the full name: ${all.join(', ')}`,
  );

/**
 * The artifact that a person means in a write: the exact one, or what is declared under that name in the current folder. A write
 * goes by no last part.
 */
export async function meantInWrite(context: RegistryContext, name: ArtifactName): Promise<ArtifactName> {
  const folder = name.includes(':') ? '' : await context.folder();
  const here = folder === '' ? undefined : parseArtifactName(`${folder}:${name}`);
  if (here === undefined) return name;
  const isExcluded = (await context.exclusion())?.(name) === true;
  if (!isExcluded && (await isKnown(context, name))) return name;
  return (await isDeclared(context, here)) ? here : name;
}

async function isKnown(context: RegistryContext, name: ArtifactName): Promise<boolean> {
  const { refs } = await context.repository.tags.list(name);
  const hasTags = !refs[Symbol.iterator]().next().done;
  return hasTags || isDeclared(context, name);
}

/**
 * A handler for `catch` where an artifact and another word were typed: when the other word is an artifact and the first one is
 * not, the two were swapped.
 * @param words the command and what follows, with the two in the right order
 */
export const hintAtSwapped =
  (context: RegistryContext, artifact: string, other: string, ...words: readonly string[]) =>
  async (error: unknown): Promise<never> => {
    if (!(error instanceof RegError) || !MAY_BE_SWAPPED.has(error.code)) throw error;
    // what was wrong first counts, also where there is no repository
    const names: readonly string[] = await readArtifactNames(context.repository.tags).catch(() => []);
    if (names.includes(artifact.split(/[@#]/, 1)[0] ?? '') || !names.includes(other)) throw error;
    throw new RegError(error.code, error.message, `did you mean: ${shellLine('reg', ...words)}`);
  };

const MAY_BE_SWAPPED: ReadonlySet<ErrorCode> = new Set([
  ...UNKNOWN,
  'UNKNOWN_STAGE',
  'UNKNOWN_REV',
  'INVALID_STAGE',
]);
