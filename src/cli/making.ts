// What build.js makes of the program's definitions.
import { linkPartSchemas } from '../documents/link.js';
import { ErrorRow } from '../registry/rows.js';
import { SITE_DATA } from '../site/data-files.js';
import { type Field, type JsonSchema, jsonSchema, type Row, rowsIn } from '../util/row.js';
import { sentence } from './table/command.js';
import { COMMANDS } from './table/table.js';

export { configJsonSchema } from '../documents/config.js';
export { linkJsonSchema } from '../documents/link.js';
export { manualPages } from './manual.js';

/** The JSON Schema of the answers of all commands: what `schema/output.schema.json` holds. */
export const outputJsonSchema = (): JsonSchema =>
  schemaOfAll(
    'Answers of reg in JSON',
    'What each command prints with --json is under its name in $defs.',
    Object.fromEntries([...COMMANDS.map((spec) => [spec.name, spec.answer]), ['error', ErrorRow]]),
  );

/** The JSON Schema of the data files of a site: what `schema/site-data.schema.json` holds. */
export const siteDataJsonSchema = (): JsonSchema =>
  schemaOfAll(
    'Data files of a site that reg site wrote',
    'Each file of the folder data has the shape of one of the definitions.',
    SITE_DATA,
  );

function schemaOfAll(title: string, description: string, all: Readonly<Record<string, Field>>): JsonSchema {
  const known = linkPartSchemas();
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title,
    description,
    $defs: Object.fromEntries(Object.entries(all).map(([name, one]) => [name, jsonSchema(one, known)])),
  };
}

/** The part of `docs/output.md` about fields: a table for each row that commands answer with. */
export function fieldsDocument(): string {
  const commands = new Map<Row, Set<string>>();
  for (const spec of COMMANDS)
    for (const row of rowsIn(spec.answer)) commands.set(row, (commands.get(row) ?? new Set()).add(spec.name));
  return [...commands]
    .map(([row, names]) => {
      const [title = '', ...rest] = row.about.split('; ');
      const about = rest.length === 0 ? '' : ` ${sentence(rest.join('; '))}`;
      return [
        `### ${title}`,
        `Of ${[...names].map((name) => `\`${name}\``).join(', ')}.${about}`,
        markdownTable([['field', 'value', 'meaning'], ...fieldLines(row, '', new Map())]),
      ].join('\n\n');
    })
    .join('\n\n');
}

/** A line for each field, of rows in rows too; those that were there before are named only. */
function fieldLines({ fields }: Row, before: string, there: Map<unknown, string>): string[][] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const name = `${before}${key}`;
    const [inner] = rowsIn(field);
    const earlier = inner && there.get(inner.fields);
    if (inner !== undefined && earlier === undefined) there.set(inner.fields, name);
    const value = `${wordOf(field)}${earlier === undefined ? '' : `, as \`${earlier}\``}`;
    const line = [`\`${name}\``, `${value}${field.isNullable ? ' or null' : ''}`, field.about];
    if (inner === undefined || earlier !== undefined) return [line];
    return [line, ...fieldLines(inner, `${name}${field.kind === 'list' ? '[]' : ''}.`, there)];
  });
}

/** A table of Markdown, as the formatter of this repository lays it out. */
function markdownTable(rows: readonly string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const [head = [], ...body] = rows;
  return [head, widths.map((width) => '-'.repeat(width)), ...body]
    .map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n');
}

function wordOf(field: Field): string {
  switch (field.kind) {
    case 'text':
    case 'lines':
      return 'text';
    case 'oid':
      return 'object id';
    case 'sha256':
      return 'SHA-256';
    case 'size':
    case 'whole':
      return 'whole number';
    case 'flag':
      return 'true or false';
    case 'anything':
      return 'any value';
    case 'choice':
      return field.values.map((value) => `\`${value}\``).join(' ');
    case 'list':
      return 'array';
    case 'either':
      return field.of.map(wordOf).join(' or ');
    case 'named':
      return 'as in a link';
    case 'map':
    case 'row':
      return 'object';
    default:
      return field.kind;
  }
}
