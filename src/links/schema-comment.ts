/** Where editors find the schema of link files. */
const SCHEMA_URL = 'https://unpkg.com/git-reg@0/schema/model-link.schema.json';

/** The comment that points editors at the schema, without its `#`; the first line of every link. */
export const SCHEMA_COMMENT = ` yaml-language-server: $schema=${SCHEMA_URL}`;

/** Whether the first line of a link file points editors at a schema, whichever. */
export const pointsAtSchema = (text: string): boolean => MODELINE.test(text.split('\n', 1)[0] ?? '');

/** Whether some line does. */
export const hasSchemaComment = (text: string): boolean =>
  text.split('\n').some((line) => MODELINE.test(line));

/** As the language server for YAML reads it. */
const MODELINE = /^\ufeff?#\s*yaml-language-server:\s*\$schema=\S/;
