import { RegError } from '../../errors.js';
import { type Field, rowsIn } from '../../util/row.js';
import { cleanLine, jsonText } from './clean.js';

// The fields of an answer that `--json=<field,…>` and `--fields` choose.

/**
 * The answer with these fields alone, of each row where it has rows. Null stays null.
 * @throws RegError USAGE
 */
export function fieldsAlone(answer: unknown, names: readonly string[]): unknown {
  if (answer === null) return null;
  if (Array.isArray(answer)) return answer.map((row) => fieldsAlone(row, names));
  const values = valuesIn(answer, names);
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

/**
 * Gives what writes these fields of an answer: a line for each row, with a tab between two values. An absent or empty
 * value is `-`. A list has commas, a map `name=value`, a text its first line; a row inside is JSON.
 * @param answer what the command answers with
 */
export function fieldLines(names: readonly string[], answer: Field | undefined): (value: unknown) => string {
  const rows = answer === undefined ? [] : rowsIn(answer);
  const kinds = names.map((name) => new Set(rows.map(({ fields }) => fields[name]?.kind)));
  return (value) =>
    (Array.isArray(value) ? value : value === null ? [] : [value])
      .map((row) => valuesIn(row, names).map((one, index) => textOf(one, kinds[index] ?? new Set())))
      .map((texts) => `${texts.map(cleanLine).join('\t')}\n`)
      .join('');
}

/**
 * The values of fields in a row. A command that answers with several kinds of rows has some fields in one kind alone.
 * @throws RegError USAGE
 */
function valuesIn(row: unknown, names: readonly string[]): unknown[] {
  const there = typeof row === 'object' && row !== null ? (row as Record<string, unknown>) : {};
  const absent = names.find((name) => !Object.hasOwn(there, name));
  if (absent === undefined) return names.map((name) => there[name]);
  const known = Object.keys(there);
  throw new RegError(
    'USAGE',
    `this answer has no field '${absent}'`,
    known.length === 0 ? 'leave out the fields' : `it has: ${known.join(', ')}`,
  );
}

const NONE = '-';

function textOf(value: unknown, kinds: ReadonlySet<Field['kind'] | undefined>): string {
  if (value === null || value === undefined) return NONE;
  if (Array.isArray(value))
    return value.some((one) => typeof one === 'object') ? jsonText(value) : value.join(',') || NONE;
  if (typeof value === 'object')
    return kinds.has('map')
      ? Object.entries(value)
          .flatMap(([name, one]) => [one].flat().map((each) => `${name}=${each}`))
          .join(',') || NONE
      : jsonText(value);
  return (kinds.has('lines') ? String(value).split('\n', 1)[0] : String(value)) || NONE;
}
