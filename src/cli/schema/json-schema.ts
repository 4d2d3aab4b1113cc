import * as z from 'zod/mini';
import { ANSWERS } from './answers.js';

interface JsonSchema {
  type?: string;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
}

/** The JSON Schema of the answers of all commands: what `schema/output.schema.json` holds. */
export const outputJsonSchema = (): unknown => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Answers of reg in JSON',
  description: 'What each command prints with --json is under its name in $defs.',
  $defs: Object.fromEntries([
    ...Object.keys(ANSWERS).map((command) => [command, schemaOf(command)]),
    ['error', plain(z.strictObject({ error: ERROR }))],
  ]),
});

const ERROR = z.strictObject({ code: z.string(), message: z.string(), hint: z.nullable(z.string()) });

/** The fields that `--json=<field,…>` can choose from in the answer of a command: those of a row, or of the whole. */
export const fieldsOf = (command: string): string[] => [...new Set(propertiesOf(schemaOf(command)))];

const propertiesOf = ({ properties, items, anyOf = [] }: JsonSchema): string[] => [
  ...Object.keys(properties ?? {}),
  ...(items === undefined ? [] : propertiesOf(items)),
  ...anyOf.flatMap(propertiesOf),
];

const schemaOf = (command: string): JsonSchema => plain(ANSWERS[command] ?? z.unknown());

function plain(schema: z.ZodMiniType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest as JsonSchema;
}
