// Rows of answers as plain data: one definition gives the TypeScript type, the JSON Schema, the columns of the table, the fields that
// `--json=<field,…>` can choose, and the documentation. No package is loaded for that.

/** What a value is. */
type Kind =
  | { kind: Scalar }
  | { kind: 'choice'; values: readonly string[] }
  | { kind: 'list' | 'map'; of: Field }
  | { kind: 'either'; of: readonly Field[] }
  /** A value whose schema is kept elsewhere, under this name. */
  | { kind: 'named'; name: string }
  | { kind: 'row'; fields: Fields; columns: Columns };
type Scalar = keyof typeof SCALARS;

/** A value in an answer. */
export type Field<T = unknown> = Kind & {
  /** What it means: half a sentence. */
  about: string;
  isNullable?: true;
  /** Never set: it carries the type. */
  readonly type?: T;
};

/** The fields of a row, in the order in which they are documented. */
export type Fields = Readonly<Record<string, Field>>;
/** The headings of the columns of a table, by field, from left to right. */
export type Columns<F = Fields> = { readonly [Name in keyof F]?: string };

/** A row: an object with named fields, and the columns that show it. */
export type Row<F extends Fields = Fields> = Field<RowOf<F>> & {
  kind: 'row';
  fields: F;
  columns: Columns<F>;
};

/** The type of the values that a definition describes. */
export type ValueOf<D> = D extends { readonly type?: infer T } ? T : never;

/** The type of rows with such fields. */
export type RowOf<F extends Fields> = { [Name in keyof F]: ValueOf<F[Name]> };

/** Defines a row. */
export const defineRow = <F extends Fields>(about: string, fields: F, columns: Columns<F> = {}): Row<F> => ({
  kind: 'row',
  about,
  fields,
  columns,
});

const scalar =
  <Base>(kind: Scalar) =>
  <T extends Base = Base>(about: string): Field<T> => ({ kind, about });

/** One line of text. */
export const text = scalar<string>('text');
/** Text that may have several lines; a table shows the first. */
export const lines = scalar<string>('lines');
/** A time, ISO 8601 in UTC. */
export const time = scalar<string>('time');
/** A SemVer with a leading `v`, or the full id of a commit that was assigned without one. */
export const version = scalar<string>('version');
/** A full object id. */
export const oid = scalar<string>('oid');
/** A SHA-256, 64 hexadecimal digits. */
export const sha256 = scalar<string>('sha256');
/** How many, or how many bytes. */
export const size = scalar<number>('size');
/** A whole number. */
export const whole = scalar<number>('whole');
/** Any number. */
export const number = scalar<number>('number');
/** True or false. */
export const flag = scalar<boolean>('flag');
/** Whatever a file says. */
export const anything = scalar<unknown>('anything');

/** One of some words. */
export const choice = <const T extends string>(values: readonly T[], about: string): Field<T> => ({
  kind: 'choice',
  values,
  about,
});
/** Any number of values. */
export const list = <T>(of: Field<T>, about = ''): Field<T[]> => ({ kind: 'list', of, about });
/** Values under names. */
export const map = <K extends string, T>(of: Field<T>, about: string): Field<Record<K, T>> => ({
  kind: 'map',
  of,
  about,
});
/** One of two things. */
export const either = <A, B>(one: Field<A>, other: Field<B>, about = ''): Field<A | B> => ({
  kind: 'either',
  of: [one, other],
  about,
});
/** A value whose schema is kept elsewhere. */
export const named = <T>(name: string, about: string): Field<T> => ({ kind: 'named', name, about });
/** The same, or null; `about` says what null means. */
export const orNull = <T>(field: Field<T>, about = field.about): Field<T | null> => ({
  ...field,
  about,
  isNullable: true,
});

/** A part of a JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const SCALARS = {
  text: { type: 'string' },
  lines: { type: 'string' },
  time: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{3})?Z$' },
  version: { type: 'string', pattern: '^(v\\d.*|[0-9a-f]{40}|[0-9a-f]{64})$' },
  oid: { type: 'string', pattern: '^([0-9a-f]{40}|[0-9a-f]{64})$' },
  sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  size: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  whole: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  number: { type: 'number' },
  flag: { type: 'boolean' },
  anything: {},
} satisfies Record<string, JsonSchema>;

/**
 * The JSON Schema of a value.
 * @param known the schemas that are kept elsewhere
 */
export function jsonSchema(field: Field, known: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  const schema = schemaOf(field, known);
  const about = field.about === '' ? {} : { description: field.about };
  return { ...about, ...(field.isNullable ? { anyOf: [schema, { type: 'null' }] } : schema) };
}

function schemaOf(field: Field, known: Readonly<Record<string, JsonSchema>>): JsonSchema {
  switch (field.kind) {
    case 'choice':
      return { type: 'string', enum: field.values };
    case 'list':
      return { type: 'array', items: jsonSchema(field.of, known) };
    case 'map':
      return { type: 'object', additionalProperties: jsonSchema(field.of, known) };
    case 'either':
      return { anyOf: field.of.map((one) => jsonSchema(one, known)) };
    case 'named':
      return known[field.name] ?? {};
    case 'row':
      return {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(field.fields).map(([name, one]) => [name, jsonSchema(one, known)]),
        ),
        required: Object.keys(field.fields),
        additionalProperties: false,
      };
    default:
      return SCALARS[field.kind];
  }
}

/** The rows that an answer is made of. */
export function rowsIn(field: Field): Row[] {
  switch (field.kind) {
    case 'row':
      return [field as Row];
    case 'list':
      return rowsIn(field.of);
    case 'either':
      return field.of.flatMap(rowsIn);
    default:
      return [];
  }
}

/** The fields that `--json=<field,…>` can choose from in an answer: those of a row, or of the whole. */
export const fieldsOf = (answer: Field): string[] => [
  ...new Set(rowsIn(answer).flatMap(({ fields }) => Object.keys(fields))),
];
