import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';

/** A part of the schema of a CustomResourceDefinition (Kubernetes documentation, "Structural schemas"). */
export interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  required?: string[];
  [keyword: string]: unknown;
}

/** The schema of a kind at a version, from the file of its definition. */
export function schemaIn(path: string, version: string): Schema {
  const { spec } = parse(readFileSync(path, 'utf8')) as {
    spec: { versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
  };
  const found = spec.versions.find(({ name }) => name === version);
  if (found === undefined) throw new Error(`${path} has no ${version}`);
  return found.schema.openAPIV3Schema;
}

/** The part of a schema that is about the fields of some objects. */
export function partFor(schema: Schema, objects: readonly unknown[]): Schema {
  const part = { ...schema };
  const { properties, items, additionalProperties } = schema;
  if (properties !== undefined) {
    const used = Object.entries(properties).flatMap(([name, one]): [string, Schema][] => {
      const values = objects.flatMap((object) =>
        object !== null && typeof object === 'object' && name in object
          ? [(object as Record<string, unknown>)[name]]
          : [],
      );
      return values.length === 0 && !schema.required?.includes(name) ? [] : [[name, partFor(one, values)]];
    });
    part.properties = Object.fromEntries(used);
  }
  if (items !== undefined) part.items = partFor(items, objects.flat());
  if (typeof additionalProperties === 'object')
    part.additionalProperties = partFor(
      additionalProperties,
      objects.flatMap((object) => Object.values(object ?? {})),
    );
  return part;
}

/** What is wrong with an object, by a schema of which it may use the fields that are there and no others, as `kubectl --validate=strict` asks. */
export function faults(schema: Schema, object: unknown): string[] {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(closed(schema));
  validate(object);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The same schema, by which a field that is not listed is wrong; `metadata` is that of every object. */
function closed(schema: Schema): Schema {
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(items === undefined ? {} : { items: closed(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: closed(additionalProperties) }
      : {}),
    ...(properties === undefined || schema['x-kubernetes-preserve-unknown-fields']
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, one]) => [name, closed(one)]),
          ),
          additionalProperties: false,
        }),
  };
}
