/** Where editors find the schema of link files. */
const SCHEMA_URL = 'https://unpkg.com/git-reg@0/schema/model-link.schema.json';

/** The comment that points editors at the schema, without its `#`; the first line of every link. */
export const SCHEMA_COMMENT = ` yaml-language-server: $schema=${SCHEMA_URL}`;

/** Whether the first line of a link file points editors at a schema, whichever. */
export const pointsAtSchema = (text: string): boolean =>
  /^\ufeff?#\s*yaml-language-server:\s*\$schema=\S/.test(text);
