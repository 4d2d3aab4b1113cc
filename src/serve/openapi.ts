import { linkPartSchemas } from '../documents/link.js';
import { type JsonSchema, jsonSchema } from '../util/row.js';
import { type Argument, type Parameter, type ParameterKind, QUESTIONS, type Question } from './questions.js';

// What the API says of itself: a document of OpenAPI 3.1, and a page for people that is made from it.

/** A problem (RFC 9457). */
const PROBLEM: JsonSchema = {
  type: 'object',
  description: 'What is wrong (RFC 9457)',
  properties: {
    type: { type: 'string' },
    title: { type: 'string', description: 'what the status means' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'the message' },
    code: { type: 'string', description: 'which error it is, for programs' },
    hint: { type: 'string', description: 'the way out' },
  },
  required: ['title', 'status'],
};

const VALUES: Readonly<Record<ParameterKind, JsonSchema>> = {
  time: { type: 'string' },
  count: { type: 'integer', minimum: 0 },
  countOrAll: { type: 'integer', minimum: -1 },
  flag: { type: 'boolean' },
  text: { type: 'string' },
  texts: { type: 'array', items: { type: 'string' } },
  textOrFlag: { type: 'string' },
};

/** One way to ask a question. */
interface Operation {
  operationId: string;
  summary: string;
  parameters: readonly JsonSchema[];
  responses: JsonSchema;
}

/** The document. */
export interface OpenApi {
  openapi: string;
  info: { title: string; version: string; description: string };
  paths: Readonly<Record<string, { get: Operation }>>;
  [part: string]: unknown;
}

const NAMED = '/registries/{registry}';

/**
 * Makes the document.
 * @param url where the API lives
 * @param registries the names of those that are served; the only one may have an empty name
 */
export function openApiDocument(url: string, registries: readonly string[]): OpenApi {
  const known = linkPartSchemas();
  const isNamed = !registries.includes('');
  const asked = QUESTIONS.flatMap((question) => operationsOf(question, isNamed ? registries : []));
  return {
    openapi: '3.1.0',
    info: {
      title: 'reg',
      version: '1',
      description:
        'A model registry in git tags, read-only. Each path answers what the command of its name prints with --json. Write a / inside a name as %2F.',
    },
    servers: [{ url }],
    security: [{}, { bearer: [] }, { basic: [] }],
    paths: {
      '/registries': { get: listOperation() },
      ...Object.fromEntries(asked.map(([path, get]) => [isNamed ? `${NAMED}${path}` : path, { get }])),
    },
    components: {
      schemas: {
        Problem: PROBLEM,
        ...Object.fromEntries(QUESTIONS.map(({ name, answer }) => [name, jsonSchema(answer, known)])),
      },
      responses: {
        Problem: {
          description: 'What is wrong',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
        NotModified: { description: 'The answer is the one that the client has' },
      },
      headers: {
        ETag: { description: 'Names the answer; send it in If-None-Match', schema: { type: 'string' } },
        'Reg-Note': { description: 'What the command says beside its answer', schema: { type: 'string' } },
        'Reg-Incomplete': {
          description: 'true where tags are known to be missing, so that the answer is not whole',
          schema: { type: 'boolean' },
        },
        'Reg-Stale': {
          description: 'Where the registry cannot be reached: the time of the tags that the answer is from',
          schema: { type: 'string', format: 'date-time' },
        },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic' },
      },
    },
  };
}

const listOperation = (): Operation => ({
  operationId: 'registries',
  summary: 'list the registries that are served, and how each is',
  parameters: [],
  responses: {
    200: {
      description: 'The registries',
      content: {
        'application/json': {
          schema: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                name: { type: 'string' },
                state: { enum: ['unread', 'fresh', 'stale'] },
                artifacts: { type: 'integer' },
                tags: { type: 'integer' },
              },
              required: ['name', 'state', 'artifacts', 'tags'],
            },
          },
        },
      },
    },
  },
});

/** A question once for each number of arguments that stand in its path. */
function operationsOf(question: Question, registries: readonly string[]): [path: string, get: Operation][] {
  const { name, arguments: args, parameters } = question;
  return Array.from({ length: args.length + 1 }, (_, count) => {
    const inPath = args.slice(0, count);
    // a parameter has the place of an argument with its name
    const inQuery = args.slice(count).filter((one) => !parameters.some((other) => other.name === one.name));
    const words = [name.replace('-', ''), ...(count > 0 ? ['of'] : []), ...inPath.map((one) => one.name)];
    return [
      `/${[name, ...inPath.map((one) => `{${one.name}}`)].join('/')}`,
      {
        operationId: words.join('_'),
        summary: question.summary,
        parameters: [
          ...(registries.length === 0 ? [] : [registryParameter(registries)]),
          ...inPath.map(pathParameter),
          ...inQuery.map(argumentParameter),
          ...parameters.map(queryParameter),
        ],
        responses: responsesOf(question),
      },
    ];
  });
}

const registryParameter = (registries: readonly string[]): JsonSchema => ({
  name: 'registry',
  in: 'path',
  required: true,
  schema: { type: 'string', enum: registries },
});
const pathParameter = ({ name }: Argument): JsonSchema => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string' },
});
const argumentParameter = ({ name, required, variadic }: Argument): JsonSchema => ({
  name,
  in: 'query',
  required,
  schema: variadic ? VALUES.texts : VALUES.text,
});
const queryParameter = ({ name, about, kind, choices }: Parameter): JsonSchema => ({
  name,
  in: 'query',
  description: about,
  schema: choices === undefined ? VALUES[kind] : { type: 'string', enum: choices },
  ...(kind === 'textOrFlag' ? { allowEmptyValue: true } : {}),
});

const headerRef = (name: string): JsonSchema => ({ $ref: `#/components/headers/${name}` });

const responsesOf = ({ name, answer }: Question): JsonSchema => ({
  200: {
    description: answer.about === '' ? 'The answer' : answer.about,
    headers: Object.fromEntries(
      ['ETag', 'Reg-Note', 'Reg-Incomplete', 'Reg-Stale'].map((header) => [header, headerRef(header)]),
    ),
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  },
  304: { $ref: '#/components/responses/NotModified' },
  default: { $ref: '#/components/responses/Problem' },
});

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** Draws the document as a page for people: HTML alone. */
export function referencePage({ info, paths }: OpenApi): string {
  const sections = Object.entries(paths).map(([path, { get }]) => {
    const rows = get.parameters.map(
      ({ name, in: place, description = '', required }) =>
        `<tr><td><code>${escaped(String(name))}</code><td>${place}${required ? ', required' : ''}<td>${escaped(String(description))}`,
    );
    const table =
      rows.length === 0 ? '' : `\n<table><tr><th>parameter<th>in<th>meaning\n${rows.join('\n')}\n</table>`;
    return `<h2 id="${get.operationId}"><code>GET ${escaped(path)}</code></h2>\n<p>${escaped(get.summary)}${table}`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${info.title}: the API</title>
<h1>${info.title}: the API</h1>
<p>${escaped(info.description)} The same for programs: <a href="openapi.json">openapi.json</a>.
${sections.join('\n')}
</html>
`;
}
