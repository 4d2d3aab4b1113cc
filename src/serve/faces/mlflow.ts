import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { ArtifactState } from '../../domain/artifact.js';
import type { ArtifactName } from '../../domain/names.js';
import { compareText } from '../../domain/order.js';
import { type Clause, fitsClause, readFilter } from '../../domain/search.js';
import type { Version } from '../../domain/version.js';
import { RegError } from '../../errors.js';
import { mapAtMost } from '../../util/async.js';
import { type Core, problemOf } from '../core.js';
import { cachingOf, type Face, type FaceEnv, segmentsOf } from '../face.js';
import type { State } from '../state.js';
import {
  activeVersions,
  eventsOfArtifact,
  heldStages,
  type ServedVersion,
  unknownArtifact,
} from '../versions.js';

// The registry of MLflow as its clients use it: stages are aliases, and a version is a whole number that stands for it.

type FlowContext = Context<FaceEnv>;

/** The face of MLflow. */
export const mlflow: Face = {
  name: 'mlflow',
  base: '/mlflow',
  make,
  refuse: (_, why) =>
    failure(401, 'UNAUTHENTICATED', why === 'none' ? 'a token is needed' : 'the token is wrong', {
      'WWW-Authenticate': 'Basic realm="reg"',
    }),
};

const API = '/api/2.0/mlflow';
const FILES = '/api/2.0/mlflow-artifacts/artifacts';

function make(core: Core, base: string): Hono<FaceEnv> {
  const app = new Hono<FaceEnv>();
  const flow: Flow = { core, base };
  const get = (path: string, answer: (asked: Asked) => Promise<unknown>): void => {
    app.get(`${API}/${path}`, async (c) => json(await answer(askedBy(c))));
  };
  get('registered-models/get', async (asked) => ({
    registered_model: await modelRow(flow, await modelAsked(flow, asked)),
  }));
  get('registered-models/alias', async (asked) => {
    const model = await modelAsked(flow, asked);
    return {
      model_version: await versionRow(flow, model, await findVersion(flow, model, needed(asked, 'alias'))),
    };
  });
  get('registered-models/search', (asked) => searchModels(flow, asked));
  get('model-versions/get', async (asked) => {
    const model = await modelAsked(flow, asked);
    return {
      model_version: await versionRow(flow, model, await findVersion(flow, model, needed(asked, 'version'))),
    };
  });
  get('model-versions/get-download-uri', async (asked) => {
    const model = await modelAsked(flow, asked);
    const { version } = await findVersion(flow, model, needed(asked, 'version'));
    return { artifact_uri: addressOf(flow, model, version) };
  });
  get('model-versions/search', (asked) => searchVersions(flow, asked));
  // its client asks with POST, and others with GET
  get('registered-models/get-latest-versions', (asked) => latestVersions(flow, asked));
  app.post(`${API}/registered-models/get-latest-versions`, async (c) =>
    json(await latestVersions(flow, await askedByBody(c))),
  );
  // what a client of release 3 asks of a model that has an id; it wants no more than that there is one
  app.get(`${API}/logged-models/:id`, (c) => json({ model: { info: { model_id: c.req.param('id') } } }));
  app.get(FILES, async (c) => json(await listFiles(flow, c.req.query('path') ?? '')));
  app.get(`${FILES}/*`, (c) => sendFile(flow, c));
  app.all('/*', (c) =>
    c.req.method === 'GET' || c.req.method === 'HEAD'
      ? failure(404, 'ENDPOINT_NOT_FOUND', 'there is nothing at this path: this is a registry alone')
      : failure(
          501,
          'NOT_IMPLEMENTED',
          'this registry is read-only here: write to it with reg register, reg assign and reg deregister',
        ),
  );
  app.onError((error) => failureOf(error));
  return app;
}

interface Flow {
  core: Core;
  base: string;
}

// answers

const json = (body: unknown): Response =>
  new Response(JSON.stringify(body), {
    headers: { 'Content-Type': 'application/json', ...cachingOf(false) },
  });

const failure = (
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Response =>
  new Response(JSON.stringify({ error_code: code, message }), {
    status,
    headers: { ...headers, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
  });

function failureOf(error: unknown): Response {
  if (error instanceof RegError && error.code === 'USAGE')
    return failure(400, 'INVALID_PARAMETER_VALUE', error.message);
  const { kind, status, message } = problemOf(error);
  if (kind === 'artifact' || kind === 'revision') return failure(404, 'RESOURCE_DOES_NOT_EXIST', message);
  if (kind === 'conflict') return failure(409, 'INVALID_STATE', message);
  // after most answers of 5xx clients try again for four minutes, and the message is lost
  return failure(status === 503 ? 503 : 424, 'INTERNAL_ERROR', message);
}

// what is asked

/** The parameters of a request; one that was sent several times has all of them. */
type Asked = (name: string) => string[];

const askedBy =
  (c: FlowContext): Asked =>
  (name) =>
    c.req.queries(name) ?? [];

const MAX_BODY_BYTES = 1024 * 1024;

async function askedByBody(c: FlowContext): Promise<Asked> {
  const bad = (): RegError => new RegError('USAGE', 'the body is no JSON object');
  if (!(Number(c.req.header('content-length') ?? 0) <= MAX_BODY_BYTES)) throw bad();
  let body: unknown;
  try {
    body = JSON.parse((await c.req.text()) || '{}');
  } catch {
    throw bad();
  }
  if (body === null || typeof body !== 'object') throw bad();
  const values = new Map(Object.entries(body));
  return (name) => [values.get(name) ?? []].flat().filter((one) => typeof one === 'string');
}

function needed(asked: Asked, name: string): string {
  const [value = ''] = asked(name);
  if (value === '') throw new RegError('USAGE', `missing value for required parameter '${name}'`);
  return value;
}

// models

/** An artifact of one of the registries. */
interface Model {
  /** As clients know it: `churn`, and in one of several registries `risk/churn`. */
  name: string;
  registry: string;
  artifact: ArtifactName;
}

const nameOf = (registry: string, artifact: ArtifactName): string =>
  registry === '' ? artifact : `${registry}/${artifact}`;

/** The model of a name. `models:/` of clients takes no `/`, so that a name may be escaped once more than the protocol escapes it. */
async function modelAsked({ core }: Flow, asked: Asked): Promise<Model> {
  const sent = needed(asked, 'name');
  const names = [sent, unescaped(sent)];
  for (const name of names)
    for (const registry of core.registries.keys()) {
      const start = nameOf(registry, '' as ArtifactName);
      if (!name.startsWith(start)) continue;
      const artifact = name.slice(start.length) as ArtifactName;
      if ((await core.state(registry)).has(artifact)) return { name, registry, artifact };
    }
  throw unknownArtifact(sent);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

interface Row {
  [field: string]: unknown;
}

async function modelRow(flow: Flow, model: Model): Promise<Row> {
  const state = await flow.core.state(model.registry);
  return state.remembered(model.artifact, 'mlflow model', async () => {
    const events = await eventsOfArtifact(state, model.artifact);
    const codes = await codesOf(state, model.artifact);
    const held = await heldStages(state, model.artifact);
    const latest = await latestOf(flow, model);
    const { description, labels } = latest?.link ?? {};
    return {
      name: model.name,
      creation_timestamp: millisecondsOf(events.events[0]?.time),
      last_updated_timestamp: millisecondsOf(events.events.at(-1)?.time),
      description: description ?? '',
      latest_versions: latest === undefined ? [] : [await versionRow(flow, model, latest)],
      tags: tagsOf(labels),
      aliases: [...held].map(([alias, version]) => ({ alias, version: codes.byVersion.get(version) ?? '' })),
    };
  });
}

/** The greatest version; undefined without one that is served. */
async function latestOf({ core }: Flow, { registry, artifact }: Model): Promise<ServedVersion | undefined> {
  return core.find(registry, artifact, { kind: 'latest' }).catch(unlessUnserved);
}

/** For `catch`: a version that is not there, or not pinned, is no failure. */
function unlessUnserved(error: unknown): undefined {
  if (problemOf(error).kind !== 'revision') throw error;
}

const millisecondsOf = (seconds = 0): number => seconds * 1000;

type Labels = NonNullable<ServedVersion['link']['labels']>;

const tagsOf = (labels: Labels | undefined): { key: string; value: string }[] =>
  Array.isArray(labels)
    ? labels.map((label) => ({ key: String(label), value: '' }))
    : Object.entries(labels ?? {}).map(([key, value]) => ({ key, value: String(value) }));

// versions

/** The numbers of the versions of an artifact. */
interface Codes {
  /** Of the active ones, the greatest version first. */
  byVersion: ReadonlyMap<string, string>;
  byCode: ReadonlyMap<string, string>;
}

/** From here on numbers stand for versions that are no plain release. */
const HASHED_FROM = 1_000_000_000_000n;
const HASH_BITS = 39n;

/**
 * The number that stands for a version, as digits: 1002003 for v1.2.3. Where that is not possible it is made from the SHA-256 of the
 * version's text, and greater than all others. It never changes, whatever else is registered.
 */
export function codeOf(version: string): string {
  const [, major, minor, patch] = /^v(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(version) ?? [];
  if (major !== undefined) return String(Number(major) * 1_000_000 + Number(minor) * 1000 + Number(patch));
  const hash = createHash('sha256').update(version).digest('hex').slice(0, 16);
  return String(HASHED_FROM + (BigInt(`0x${hash}`) >> (64n - HASH_BITS)));
}

function codesOf(state: State, artifact: ArtifactName): Promise<Codes> {
  return state.remembered(artifact, 'mlflow codes', async () => {
    const { versions } = await eventsOfArtifact(state, artifact);
    const byCode = new Map<string, string>();
    // one that was deregistered keeps its number, by which it is refused
    for (const version of versions.keys()) {
      const code = codeOf(version);
      const other = byCode.get(code);
      if (other !== undefined)
        throw new RegError(
          'AMBIGUOUS',
          `${artifact} ${other} and ${version} are one number for MLflow: ${code}`,
        );
      byCode.set(code, version);
    }
    const active = await activeVersions(state, artifact);
    return { byVersion: new Map(active.map((version) => [version, codeOf(version)])), byCode };
  });
}

/** The version that is meant: its number, its name, `latest`, or a stage. */
async function findVersion(
  { core }: Flow,
  { registry, artifact }: Model,
  sent: string,
): Promise<ServedVersion> {
  const state = await core.state(registry);
  const text = unescaped(sent);
  const held = await heldStages(state, artifact);
  const version = held.has(text) ? undefined : (await codesOf(state, artifact)).byCode.get(text);
  if (version !== undefined) return core.find(registry, artifact, { kind: 'version', version });
  return core.find(registry, artifact, held.has(text) ? { kind: 'stage', stage: text } : text);
}

async function versionRow(flow: Flow, model: Model, found: ServedVersion): Promise<Row> {
  const { state, artifact, version } = found;
  return state.remembered(artifact, `mlflow version ${version}`, async () => {
    const events = await eventsOfArtifact(state, artifact);
    const codes = await codesOf(state, artifact);
    const stages = await stagesOf(state, artifact, version);
    const { link, commit } = found;
    const { event, last } = timesOf(events, version);
    return {
      name: model.name,
      version: codes.byVersion.get(version) ?? codeOf(version),
      creation_timestamp: millisecondsOf(event?.time),
      last_updated_timestamp: millisecondsOf(last),
      current_stage: stages[0] ?? 'None',
      description: event?.message || (link.description ?? ''),
      user_id: event?.tagger.name ?? '',
      source: addressOf(flow, model, version),
      run_id: '',
      run_link: '',
      status: 'READY',
      tags: [
        { key: 'reg.version', value: version },
        { key: 'reg.commit', value: commit },
        ...(link.sha256 === undefined ? [] : [{ key: 'reg.sha256', value: link.sha256 }]),
        ...tagsOf(link.labels),
      ],
      aliases: stages,
    };
  });
}

const stagesOf = async (state: State, artifact: ArtifactName, version: string): Promise<string[]> =>
  [...(await heldStages(state, artifact))].flatMap(([stage, held]) => (held === version ? [stage] : []));

function timesOf(
  { versions }: ArtifactState,
  version: string,
): { event: { time: number; message: string; tagger: { name: string } } | undefined; last: number } {
  const own = versions.get(version as Version);
  const last = Math.max(own?.event.time ?? 0, ...[...(own?.stages.values() ?? [])].map(({ time }) => time));
  return { event: own?.event, last };
}

/** Names that MLflow gave stages before there were aliases, and what teams call theirs. */
const USUAL_STAGES: Readonly<Record<string, readonly string[]>> = {
  production: ['production', 'prod'],
  staging: ['staging', 'stage'],
};

async function latestVersions(flow: Flow, asked: Asked): Promise<Row> {
  const model = await modelAsked(flow, asked);
  const stages = asked('stages');
  if (stages.length === 0) {
    const latest = await latestOf(flow, model);
    // alone: a client takes the greatest number, which of those that no release has is not the greatest version
    return { model_versions: latest === undefined ? [] : [await versionRow(flow, model, latest)] };
  }
  const held = await heldStages(await flow.core.state(model.registry), model.artifact);
  const rows: Row[] = [];
  for (const stage of stages) {
    const usual = USUAL_STAGES[stage.toLowerCase()] ?? [];
    const meant = held.has(stage) ? stage : (usual.find((one) => held.has(one)) ?? stage);
    const row = await versionRow(flow, model, await findVersion(flow, model, meant));
    rows.push({ ...row, current_stage: stage });
  }
  return { model_versions: rows };
}

// searches

interface Page<T> {
  rows: readonly T[];
  next_page_token?: string;
}

/** A page of a list. The token is where the next one begins. */
function pageOf<T>(all: readonly T[], asked: Asked, usual: number, most: number): Page<T> {
  const [given = String(usual)] = asked('max_results');
  const limit = Number(given);
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw new RegError('USAGE', `max_results is '${given}', and may be 1 to ${most}`);
  const [token = ''] = asked('page_token');
  const start = token === '' ? 0 : Number(/^from-(\d{1,9})$/.exec(token)?.[1] ?? Number.NaN);
  if (Number.isNaN(start)) throw new RegError('USAGE', `this server gave no page token '${token}'`);
  const rows = all.slice(start, start + limit);
  return start + limit < all.length ? { rows, next_page_token: `from-${start + limit}` } : { rows };
}

const filterOf = (asked: Asked): Clause[] => readFilter(asked('filter')[0] ?? '');

/** What clients add to every search, so that prompts are left out: nothing here is one. */
const isAboutPrompts = ({ key }: Clause): boolean => key === 'mlflow.prompt.is_prompt';

const isTag = ({ field }: Clause): boolean => field === 'tag' || field === 'tags';

function refuseFields(clauses: readonly Clause[], fields: readonly string[]): void {
  for (const clause of clauses) {
    const name = clause.key === undefined ? clause.field : `${clause.field}.${clause.key}`;
    if (isTag(clause) ? clause.key === undefined : clause.key !== undefined || !fields.includes(clause.field))
      throw new RegError('USAGE', `cannot search by '${name}': there is ${fields.join(', ')} and tags.<key>`);
  }
}

const tagIn = (row: Row, key: string | undefined): string | undefined =>
  (row.tags as { key: string; value: string }[]).find((tag) => tag.key === key)?.value;

const fitsTags = (row: Row, clauses: readonly Clause[]): boolean =>
  clauses.every((clause) => fitsClause(tagIn(row, clause.key), clause));

interface Ordering {
  field: string;
  sign: 1 | -1;
}

function orderingOf(asked: Asked, fields: readonly string[]): Ordering[] {
  return asked('order_by').map((text) => {
    const [, field = '', direction = ''] = /^\s*`?(\w+)`?(?:\s+(asc|desc))?\s*$/i.exec(text) ?? [];
    if (!fields.includes(field))
      throw new RegError('USAGE', `cannot order by '${text}': there is ${fields.join(', ')}`);
    return { field, sign: /^desc$/i.test(direction) ? -1 : 1 };
  });
}

type Keys = Readonly<Record<string, string | number>>;

function sorted<T extends { keys: Keys }>(all: T[], orderings: readonly Ordering[]): T[] {
  return all.sort((a, b) => {
    for (const { field, sign } of orderings) {
      const [one = '', other = ''] = [a.keys[field], b.keys[field]];
      const order = typeof one === 'number' ? one - Number(other) : compareText(one, String(other));
      if (order !== 0) return order * sign;
    }
    return 0;
  });
}

async function searchModels(flow: Flow, asked: Asked): Promise<Row> {
  const clauses = filterOf(asked).filter((clause) => !isAboutPrompts(clause));
  refuseFields(clauses, ['name']);
  const orderings = orderingOf(asked, ['name', 'timestamp', 'last_updated_timestamp', 'creation_timestamp']);
  const byName = clauses.filter((clause) => !isTag(clause));
  const found: Model[] = [];
  for (const registry of flow.core.registries.keys())
    for (const artifact of (await flow.core.state(registry)).artifacts) {
      const name = nameOf(registry, artifact);
      if (byName.every((clause) => fitsClause(name, clause))) found.push({ name, registry, artifact });
    }
  const tags = clauses.filter(isTag);
  const byTime = orderings.filter(({ field }) => field !== 'name');
  const rowOf = (model: Model): Promise<Row> => modelRow(flow, model);
  // only the rows of the page are read, unless tags or times choose them
  if (tags.length === 0 && byTime.length === 0) {
    const ordered = sorted(
      found.map((model) => ({ model, keys: { name: model.name } })),
      [...orderings, { field: 'name', sign: 1 }],
    );
    const { rows, ...page } = pageOf(ordered, asked, 100, 1000);
    return { registered_models: await mapAtMost(8, rows, ({ model }) => rowOf(model)), ...page };
  }
  const read = (await mapAtMost(8, found, rowOf)).filter((row) => fitsTags(row, tags));
  const ordered = sorted(
    read.map((row) => ({ row, keys: { ...keysOf(row), timestamp: Number(row.last_updated_timestamp) } })),
    [...orderings, { field: 'name', sign: 1 }],
  );
  const { rows, ...page } = pageOf(ordered, asked, 100, 1000);
  return { registered_models: rows.map(({ row }) => row), ...page };
}

const keysOf = (row: Row): Record<string, string | number> => ({
  name: String(row.name),
  creation_timestamp: Number(row.creation_timestamp),
  last_updated_timestamp: Number(row.last_updated_timestamp),
});

async function searchVersions(flow: Flow, asked: Asked): Promise<Row> {
  const clauses = filterOf(asked).filter((clause) => !isAboutPrompts(clause));
  refuseFields(clauses, ['name', 'version_number', 'run_id', 'source_path']);
  const given = orderingOf(asked, ['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp']);
  const orderings: Ordering[] = [
    ...(given.length === 0 ? [{ field: 'last_updated_timestamp', sign: -1 } as const] : given),
    { field: 'name', sign: 1 },
    { field: 'version_number', sign: -1 },
  ];
  const all = await candidates(
    flow,
    clauses.filter(({ field }) => field === 'name'),
  );
  const fits = all.filter(({ keys, source }) =>
    clauses.every((clause) => {
      if (isTag(clause)) return true;
      if (clause.field === 'run_id') return fitsClause('', clause);
      return fitsClause(clause.field === 'source_path' ? source : keys[clause.field], clause);
    }),
  );
  const rowOf = async ({ model, version }: Candidate): Promise<Row[]> => {
    const found = await flow.core
      .find(model.registry, model.artifact, { kind: 'version', version })
      .catch(unlessUnserved);
    return found === undefined ? [] : [await versionRow(flow, model, found)];
  };
  const tags = clauses.filter(isTag);
  if (tags.length === 0) {
    const { rows, ...page } = pageOf(sorted(fits, orderings), asked, 10_000, 200_000);
    return { model_versions: (await mapAtMost(8, rows, rowOf)).flat(), ...page };
  }
  const read = (await mapAtMost(8, fits, rowOf)).flat().filter((row) => fitsTags(row, tags));
  const ordered = sorted(
    read.map((row) => ({ row, keys: { ...keysOf(row), version_number: Number(row.version) } })),
    orderings,
  );
  const { rows, ...page } = pageOf(ordered, asked, 10_000, 200_000);
  return { model_versions: rows.map(({ row }) => row), ...page };
}

interface Candidate {
  model: Model;
  version: string;
  source: string;
  keys: Keys;
}

/** The active versions of the artifacts whose names fit, by their events alone. */
async function candidates(flow: Flow, byName: readonly Clause[]): Promise<Candidate[]> {
  const models: Model[] = [];
  for (const registry of flow.core.registries.keys())
    for (const artifact of (await flow.core.state(registry)).artifacts) {
      const name = nameOf(registry, artifact);
      if (byName.every((clause) => fitsClause(name, clause))) models.push({ name, registry, artifact });
    }
  const all = await mapAtMost(8, models, async (model) => {
    const state = await flow.core.state(model.registry);
    return state.remembered(model.artifact, 'mlflow candidates', async () => {
      const events = await eventsOfArtifact(state, model.artifact);
      const codes = await codesOf(state, model.artifact);
      return [...codes.byVersion].map(([version, code]): Candidate => {
        const { event, last } = timesOf(events, version);
        const keys = {
          name: model.name,
          version_number: Number(code),
          creation_timestamp: millisecondsOf(event?.time),
          last_updated_timestamp: millisecondsOf(last),
        };
        return { model, version, source: addressOf(flow, model, version), keys };
      });
    });
  });
  return all.flat();
}

// files

/** Where clients read the files of a version. It is a whole address: other forms fail where only the registry is this server. */
const addressOf = ({ core, base }: Flow, { name }: Model, version: string): string =>
  `${core.baseUrl}${base}${FILES}/${name}@${version}`;

/** A folder or file of a version, by its path: `teams:llm@v1.0.0/sub`. Names of artifacts have no `@`. */
async function readRoot({ core }: Flow, path: string): Promise<{ found: ServedVersion; inside: string }> {
  const [, name = '', version = '', inside = ''] = /^([^@]+)@([^/]+)(?:\/(.*))?$/s.exec(path) ?? [];
  for (const registry of core.registries.keys()) {
    const start = nameOf(registry, '' as ArtifactName);
    if (!name.startsWith(start)) continue;
    const artifact = name.slice(start.length) as ArtifactName;
    if (!(await core.state(registry)).has(artifact)) continue;
    return { found: await core.find(registry, artifact, { kind: 'version', version }), inside };
  }
  throw unknownArtifact(name);
}

const noSuchFile = (path: string): RegError => new RegError('UNKNOWN_REV', `there is no file '${path}'`);

async function listFiles(flow: Flow, path: string): Promise<Row> {
  const { found, inside } = await readRoot(flow, path.replace(/\/+$/, ''));
  const { files } = await flow.core.files(found);
  if (files.some((file) => file.path === inside)) return {};
  const start = inside === '' ? '' : `${inside}/`;
  const rows = new Map<string, Row>();
  for (const file of files) {
    if (!file.path.startsWith(start)) continue;
    const [name = '', ...more] = file.path.slice(start.length).split('/');
    rows.set(
      name,
      more.length > 0 ? { path: name, is_dir: true } : { path: name, is_dir: false, file_size: file.size },
    );
  }
  // an empty list would be taken for an empty folder, and the download for done
  if (rows.size === 0) throw noSuchFile(path);
  return { files: [...rows.values()] };
}

async function sendFile(flow: Flow, c: FlowContext): Promise<Response> {
  const { core, base } = flow;
  const segments = segmentsOf(c, `${base}${FILES}`);
  if (segments === undefined) throw noSuchFile(c.req.path);
  const { found, inside } = await readRoot(flow, segments.join('/'));
  // clients do not escape a % in the name of a file
  const raw = c.req.path
    .slice(`${base}${FILES}/`.length)
    .split('/')
    .slice(-inside.split('/').length)
    .join('/');
  const { files } = await core.files(found);
  const file = files.find(({ path }) => path === inside) ?? files.find(({ path }) => path === raw);
  if (file === undefined) throw noSuchFile(inside);
  const request = { method: c.req.method, header: (name: string) => c.req.header(name) };
  return core.send(request, found, file, { headers: cachingOf(true) });
}
