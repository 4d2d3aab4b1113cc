import { didYouMean } from '../domain/suggest.js';
import { RegError } from '../errors.js';
import { fieldsOf } from '../util/row.js';
import { type CommandSpec, nameOf } from './tree/spec.js';

/** What was typed, and the fields that `--json=<field,…>` names in it. */
export interface TypedWords {
  words: string[];
  fields: readonly string[] | undefined;
}

/**
 * Takes the fields out of what was typed. They stand behind `=` alone: in `--json churn` the second word is an argument, which no
 * parser of options with optional values would leave there.
 */
export function takeFields(argv: readonly string[]): TypedWords {
  const fields: string[] = [];
  let isAsked = false;
  const end = argv.indexOf('--');
  const words = argv.map((word, index) => {
    if (!word.startsWith('--json=') || (end >= 0 && index > end)) return word;
    isAsked = true;
    fields.push(
      ...word
        .slice('--json='.length)
        .split(',')
        .map((field) => field.trim()),
    );
    return '--json';
  });
  return { words, fields: isAsked ? fields : undefined };
}

/**
 * Refuses fields that the answer of a command does not have, before the command does anything.
 * @throws RegError USAGE
 */
export function refuseUnknownFields(spec: CommandSpec, fields: readonly string[]): void {
  const known = fieldsOf(spec.answer);
  if (known.length > 0 && fields.every((field) => field === ''))
    throw new RegError('USAGE', 'no field is named', `name fields after --json=: ${known.join(', ')}`);
  const unknown = fields.find((field) => !known.includes(field));
  if (unknown === undefined) return;
  const near = didYouMean(unknown, known, '');
  const all = `it has: ${known.join(', ')}`;
  throw new RegError(
    'USAGE',
    `the answer of reg ${nameOf(spec)} has no field '${unknown}'`,
    known.length === 0
      ? 'it has none to choose from: --json'
      : near.startsWith('did')
        ? `${near} ${all}`
        : all,
  );
}

/** The same answer with these fields alone, of each row where it has rows. */
export function selected(answer: unknown, fields: readonly string[]): unknown {
  if (Array.isArray(answer)) return answer.map((row) => selected(row, fields));
  if (typeof answer !== 'object' || answer === null) return answer;
  return Object.fromEntries(
    fields
      .filter((field) => field in answer)
      .map((field) => [field, (answer as Record<string, unknown>)[field]]),
  );
}
