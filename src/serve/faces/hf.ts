import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { ArtifactState } from '../../domain/artifact.js';
import type { ArtifactName } from '../../domain/names.js';
import { formatTime } from '../../domain/time.js';
import { RegError } from '../../errors.js';
import type { FileDigest } from '../../models/digest.js';
import { readArtifacts } from '../../registry/read.js';
import { mapAtMost } from '../../util/async.js';
import { type Core, problemOf } from '../core.js';
import { because, cachingOf, type Face, type FaceEnv, headerText, rawPathOf, segmentsOf } from '../face.js';
import type { Manifest } from '../manifests.js';
import type { State } from '../state.js';
import { activeVersions, eventsOfArtifact, heldStages, type ServedVersion } from '../versions.js';

// The Hub of Hugging Face as its clients use it: stages are branches, versions are tags, `main` and `HEAD` the latest version.

type HubContext = Context<FaceEnv>;

/** The face of Hugging Face. */
export const hf: Face = {
  name: 'hf',
  base: '/hf',
  make,
  refuse: (_, why) =>
    why === 'none'
      ? failure(401, 'RepoNotFound', 'a token is needed')
      : // clients show it as it is only where it has these words and no code
        failure(401, undefined, 'Invalid credentials in Authorization header'),
  check: async (core) => {
    for (const name of core.registries.keys()) {
      const ids = await idsOf(core, name).catch(unlessUnread);
      for (const found of ids?.values() ?? []) if (found instanceof RegError) throw found;
    }
  },
};

/** For `catch`: a registry that cannot be read yet is looked at when it is asked about. */
function unlessUnread(error: unknown): undefined {
  if (!(error instanceof RegError)) throw error;
}

function make(core: Core, base: string): Hono<FaceEnv> {
  const app = new Hono<FaceEnv>();
  // not the handler of the app, which costs each request a round of its own
  const or = (handler: (c: HubContext) => Response | Promise<Response>) => async (c: HubContext) => {
    try {
      return await handler(c);
    } catch (error) {
      return failureOf(error);
    }
  };
  app.get('/api/whoami-v2', or(whoami));
  app.get(
    '/api/models',
    or((c) => listModels(core, c)),
  );
  app.on(
    ['GET', 'POST'],
    '/api/models/*',
    or((c) => answerModel(core, c, segmentsOf(c, `${base}/api/models`))),
  );
  // tells a server what else a client runs, which this one does not ask
  app.get('/api/*', () => failure(404, undefined, 'there is nothing at this path'));
  app.get(
    '/*',
    or((c) => answerFile(core, c, base)),
  );
  app.all('/*', readOnly);
  return app;
}

// errors

type ErrorCode = 'RepoNotFound' | 'RevisionNotFound' | 'EntryNotFound';

/** An error as clients read it: the code and the message are headers, because HEAD has no body. */
function failure(
  status: number,
  code: ErrorCode | undefined,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return new Response(`${JSON.stringify({ error: message })}\n`, {
    status,
    headers: {
      ...headers,
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Error-Message': headerText(message),
      ...(code === undefined ? {} : { 'X-Error-Code': code }),
    },
  });
}

function failureOf(error: unknown): Response {
  const { kind, status, message } = problemOf(error);
  const code = kind === 'artifact' ? 'RepoNotFound' : kind === 'revision' ? 'RevisionNotFound' : undefined;
  return because(failure(status, code, message), error);
}

const readOnly = (): Response =>
  failure(403, undefined, 'this registry is read-only here: write to it with reg register and reg assign');

const noSuchModel = (id: string): Response => failure(404, 'RepoNotFound', `there is no model '${id}'`);

const noSuchFile = (path: string, sha: string): Response =>
  // a client keeps in mind that the file is not in that commit
  failure(404, 'EntryNotFound', `there is no file '${path}'`, { 'X-Repo-Commit': sha });

// ids

/** An artifact of one of the registries. */
interface Model {
  id: string;
  registry: string;
  artifact: ArtifactName;
}

type Ids = ReadonlyMap<string, ArtifactName | RegError>;

/** The owner of models of one part, for clients that need two. */
const OWNER = 'reg';

/**
 * The ids of an artifact: at most two parts. All parts but the last are joined by a dot, the name of the registry before them. A name of one
 * part in a registry without a name has two ids, `churn` and `reg/churn`.
 */
export function idsOfArtifact(registry: string, artifact: ArtifactName): string[] {
  const parts = [
    ...(registry === '' ? [] : [registry]),
    ...artifact.split(/[:/]/).filter((part) => part !== ''),
  ];
  const last = parts.pop() ?? '';
  return parts.length === 0 ? [last, `${OWNER}/${last}`] : [`${parts.join('.')}/${last}`];
}

/** What each id means. Two artifacts by one id are an error in the place of both. */
async function idsOf(core: Core, registry: string): Promise<Ids> {
  const state = await core.state(registry);
  return state.remembered('all', 'hf ids', async () => {
    const ids = new Map<string, ArtifactName | RegError>();
    for (const artifact of state.artifacts)
      for (const id of idsOfArtifact(registry, artifact)) {
        const other = ids.get(id);
        if (other === undefined) ids.set(id, artifact);
        else if (!(other instanceof RegError)) ids.set(id, sameId(id, other, artifact));
      }
    return ids;
  });
}

const sameId = (id: string, one: string, other: string): RegError =>
  new RegError(
    'AMBIGUOUS',
    `'${one}' and '${other}' are one model for clients of Hugging Face: ${id}`,
    `rename one of them: reg rename ${other} NEW-NAME, or leave out hf: reg serve --face …`,
  );

/** The model that an id means, in the only registry of them that has it; undefined without one. */
async function modelOf(core: Core, id: string): Promise<Model | undefined> {
  for (const registry of core.registries.keys()) {
    // names of registries have no dot
    if (registry !== '' && id.split(/[./]/, 1)[0] !== registry) continue;
    const artifact = (await idsOf(core, registry)).get(id);
    if (artifact instanceof RegError) throw artifact;
    if (artifact !== undefined) return { id, registry, artifact };
  }
  return undefined;
}

// versions

const MAIN: ReadonlySet<string> = new Set(['main', 'HEAD']);
const SHA = /^[0-9a-f]{40}$/;

/** The version that a revision means. `main` is the stage of that name where one holds a version. */
async function versionOf(
  core: Core,
  { registry, artifact }: Model,
  revision: string,
): Promise<ServedVersion> {
  if (SHA.test(revision)) {
    const found = await core.findContent(registry, artifact, revision);
    if (found !== undefined) return found;
  }
  if (!MAIN.has(revision))
    return core.find(registry, artifact, revision.replace(/^refs\/(heads|tags)\//, ''));
  const state = await core.state(registry);
  const held = await heldStages(state, artifact);
  if (held.has(revision)) return core.find(registry, artifact, { kind: 'stage', stage: revision });
  const registered = (await activeVersions(state, artifact)).some((one) => one.startsWith('v'));
  // clients ask for it beside what they want, and give up without it
  const [first] = registered ? [] : held.keys();
  return core.find(
    registry,
    artifact,
    first === undefined ? { kind: 'latest' } : { kind: 'stage', stage: first },
  );
}

/** Whether a revision means the same for good. */
const isFixed = (revision: string): boolean => SHA.test(revision) || /^v?\d+\.\d+\.\d+/.test(revision);

// models

async function answerModel(core: Core, c: HubContext, segments?: readonly string[]): Promise<Response> {
  if (segments === undefined) return failure(404, 'RepoNotFound', 'the path is malformed');
  const isWrite = c.req.method === 'POST' && ![1, 2].some((at) => segments[at] === 'paths-info');
  if (isWrite) return readOnly();
  const found = await readPath(core, segments, VERBS);
  if (found === undefined) return noSuchModel(segments.slice(0, 2).join('/'));
  const { model, verb, rest } = found;
  switch (verb) {
    case undefined:
      return describe(core, model, 'main');
    case 'revision':
      return describe(core, model, rest.join('/') || 'main');
    case 'tree':
      return listTree(core, c, model, rest);
    case 'paths-info':
      return c.req.method === 'POST'
        ? pathsInfo(core, c, model, rest.join('/') || 'main')
        : failure(404, undefined, 'ask with POST');
    case 'refs':
      return listRefs(core, model);
    default:
      return listCommits(core, c, model, rest.join('/') || 'main');
  }
}

const VERBS: ReadonlySet<string | undefined> = new Set([
  undefined,
  'revision',
  'tree',
  'paths-info',
  'refs',
  'commits',
]);

interface ReadPath {
  model: Model;
  verb: string | undefined;
  rest: string[];
}

/** Reads a path: an id of one or two parts, and what is asked of it. Of two ways to read it the one counts whose model is there. */
async function readPath(
  core: Core,
  segments: readonly string[],
  verbs: ReadonlySet<string | undefined>,
): Promise<ReadPath | undefined> {
  for (const count of [2, 1]) {
    const verb = segments[count];
    if (segments.length < count || !verbs.has(verb)) continue;
    const model = await modelOf(core, segments.slice(0, count).join('/'));
    if (model !== undefined) return { model, verb, rest: segments.slice(count + 1) };
  }
  return undefined;
}

/** What lists have of a model. */
function rowOf(id: string, events: ArtifactState | undefined): Record<string, unknown> {
  const times = events?.events.map(({ time }) => time) ?? [];
  const timeOf = (seconds: number | undefined): string => asTime(seconds ?? 0);
  return {
    _id: createHash('sha256').update(id).digest('hex').slice(0, 24),
    id,
    modelId: id,
    author: id.includes('/') ? id.split('/')[0] : null,
    private: false,
    gated: false,
    disabled: false,
    downloads: 0,
    likes: 0,
    tags: [],
    createdAt: timeOf(times[0]),
    lastModified: timeOf(times.at(-1)),
  };
}

/** Clients take a time with milliseconds. */
const asTime = (seconds: number): string => formatTime(seconds).replace(/Z$/, '.000Z');

async function describe(core: Core, model: Model, revision: string): Promise<Response> {
  const version = await versionOf(core, model, revision);
  const [manifest, events] = await Promise.all([
    core.files(version),
    eventsOfArtifact(version.state, model.artifact),
  ]);
  const { labels, description } = version.link;
  const tags = Array.isArray(labels)
    ? labels
    : Object.entries(labels ?? {}).map(([key, value]) => `${key}:${value}`);
  const body = {
    ...rowOf(model.id, events),
    sha: manifest.id,
    lastModified: asTime(timeOfVersion(events, version.version)),
    tags: [...tags, `version:${version.version}`],
    ...(description === undefined ? {} : { description }),
    usedStorage: manifest.size,
    siblings: manifest.files.map((file) => {
      const { oid, pointerSize } = pointerOf(file);
      const lfs = { sha256: file.sha256, size: file.size, pointerSize };
      return { rfilename: file.path, size: file.size, blobId: oid, lfs };
    }),
  };
  return json(body, revision, { 'X-Repo-Commit': manifest.id });
}

const timeOfVersion = ({ versions, events }: ArtifactState, version: string): number =>
  [...versions.values()].find(({ id }) => id === version)?.event.time ?? events.at(-1)?.time ?? 0;

function json(body: unknown, revision: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      ...cachingOf(isFixed(revision)),
      ...headers,
    },
  });
}

/** Every file is shown as one of Git LFS, whose pointer tells its SHA-256: that is what clients can verify it by. */
function pointerOf({ sha256, size }: FileDigest): { oid: string; pointerSize: number } {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n`;
  const oid = createHash('sha1').update(`blob ${pointer.length}\0${pointer}`).digest('hex');
  return { oid, pointerSize: pointer.length };
}

// trees

interface TreeRow {
  type: 'file' | 'directory';
  oid: string;
  size: number;
  path: string;
  lfs?: { oid: string; size: number; pointerSize: number };
  lastCommit?: { id: string; title: string; date: string };
}

function rowsOf({ files }: Manifest): TreeRow[] {
  const folders = new Set<string>();
  for (const { path } of files)
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1))
      folders.add(path.slice(0, end));
  const directories = [...folders].map((path): TreeRow => {
    const inside = files.filter((file) => file.path.startsWith(`${path}/`)).map(({ sha256 }) => sha256);
    return {
      type: 'directory',
      oid: createHash('sha1').update(inside.join('\n')).digest('hex'),
      size: 0,
      path,
    };
  });
  const rows = files.map((file): TreeRow => {
    const { oid, pointerSize } = pointerOf(file);
    const { sha256, size, path } = file;
    return { type: 'file', oid, size, path, lfs: { oid: sha256, size, pointerSize } };
  });
  return [...directories, ...rows].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Booleans come as `true` and as `True`. */
const isTrue = (text: string | undefined): boolean => /^(true|1)$/i.test(text ?? '');

async function listTree(core: Core, c: HubContext, model: Model, rest: readonly string[]): Promise<Response> {
  const { version, revision, path } = await splitRevision(
    core,
    model,
    rest.length === 0 ? ['main'] : rest,
    hasFolder,
  );
  const manifest = await core.files(version);
  const all = rowsOf(manifest);
  const start = path === '' ? '' : `${path}/`;
  const below = all.filter((row) => row.path.startsWith(start));
  if (path !== '' && below.length === 0) return noSuchFile(path, manifest.id);
  const shown = isTrue(c.req.query('recursive'))
    ? below
    : below.filter((row) => !row.path.slice(start.length).includes('/'));
  const { page, link } = pageOf(core, c, shown, 1000);
  const expanded = isTrue(c.req.query('expand')) ? await withCommit(page, version, manifest.id) : page;
  return json(expanded, revision, { 'X-Repo-Commit': manifest.id, ...link });
}

async function withCommit(rows: readonly TreeRow[], version: ServedVersion, id: string): Promise<TreeRow[]> {
  const events = await eventsOfArtifact(version.state, version.artifact);
  const lastCommit = {
    id,
    title: `${version.artifact} ${version.version}`,
    date: asTime(timeOfVersion(events, version.version)),
  };
  return rows.map((row) => ({ ...row, lastCommit, securityFileStatus: null }));
}

interface Split {
  version: ServedVersion;
  revision: string;
  path: string;
}

const hasFolder = ({ files }: Manifest, path: string): boolean =>
  path === '' || files.some((file) => file.path.startsWith(`${path}/`));
const hasFile = ({ files }: Manifest, path: string): boolean => files.some((file) => file.path === path);

/**
 * Splits a path into a revision and a path of the model. A client that does not escape the `/` of a stage sends it in several parts: the
 * shortest revision counts that has the path.
 */
async function splitRevision(
  core: Core,
  model: Model,
  segments: readonly string[],
  has: (manifest: Manifest, path: string) => boolean,
): Promise<Split> {
  let first: Split | undefined;
  let error: unknown;
  for (let count = 1; count <= segments.length; count += 1) {
    const revision = segments.slice(0, count).join('/');
    const path = segments
      .slice(count)
      .filter((part) => part !== '')
      .join('/');
    try {
      const version = await versionOf(core, model, revision);
      first ??= { version, revision, path };
      if (has(await core.files(version), path)) return { version, revision, path };
    } catch (failed) {
      if (problemOf(failed).kind !== 'revision') throw failed;
      error ??= failed;
    }
  }
  if (first !== undefined) return first;
  throw error;
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Rows of a tree by their paths; those that are not there are left out. The paths come as a form or as JSON. */
async function pathsInfo(core: Core, c: HubContext, model: Model, revision: string): Promise<Response> {
  const length = Number(c.req.header('content-length') ?? 0);
  if (!(length <= MAX_BODY_BYTES)) return failure(413, undefined, 'the list of paths is too long');
  const text = await c.req.text();
  const asked = pathsIn(text, c.req.header('content-type') ?? '');
  if (asked === undefined) return failure(400, undefined, 'the body is no list of paths');
  const version = await versionOf(core, model, revision);
  const manifest = await core.files(version);
  const wanted = new Set(asked.paths.map((path) => path.replace(/^\/+|\/+$/g, '')));
  const rows = rowsOf(manifest).filter(({ path }) => wanted.has(path));
  return json(asked.expand ? await withCommit(rows, version, manifest.id) : rows, 'main', {
    'X-Repo-Commit': manifest.id,
  });
}

function pathsIn(text: string, type: string): { paths: string[]; expand: boolean } | undefined {
  if (!/json/i.test(type)) {
    const form = new URLSearchParams(text);
    return { paths: form.getAll('paths'), expand: isTrue(form.get('expand') ?? undefined) };
  }
  try {
    const { paths, expand } = JSON.parse(text) as { paths?: unknown; expand?: unknown };
    const list = Array.isArray(paths) ? paths : [paths];
    if (!list.every((path) => typeof path === 'string')) return undefined;
    return { paths: list, expand: expand === true };
  } catch {
    return undefined;
  }
}

/** A page of a list, and the header that leads to the next one. */
function pageOf<T>(
  core: Core,
  c: HubContext,
  all: readonly T[],
  usual: number,
): { page: readonly T[]; link: Record<string, string> } {
  const limit = Math.min(Math.max(1, Number(c.req.query('limit')) || usual), usual);
  const start = Math.max(0, Number(c.req.query('cursor')) || 0);
  const page = all.slice(start, start + limit);
  if (start + limit >= all.length) return { page, link: {} };
  const next = new URL(c.req.url);
  next.searchParams.set('cursor', String(start + limit));
  const address = core.baseUrl + c.req.path + next.search;
  return { page, link: { Link: `<${address}>; rel="next"` } };
}

// refs and commits

async function listRefs(core: Core, { registry, artifact }: Model): Promise<Response> {
  const state = await core.state(registry);
  const held = await heldStages(state, artifact);
  const versions = (await activeVersions(state, artifact)).filter((one) => one.startsWith('v'));
  const targets = new Map<string, string>();
  await mapAtMost(4, new Set([...versions, ...held.values()]), async (one) => {
    try {
      const found = await core.find(registry, artifact, { kind: 'version', version: one });
      targets.set(one, await core.contentId(found));
    } catch (error) {
      // one that cannot be served is no ref to ask for
      if (problemOf(error).kind !== 'revision') throw error;
    }
  });
  const refs = (kind: string, names: Iterable<readonly [string, string]>) =>
    [...names].flatMap(([name, version]) => {
      const targetCommit = targets.get(version);
      return targetCommit === undefined ? [] : [{ name, ref: `refs/${kind}/${name}`, targetCommit }];
    });
  const [greatest] = versions;
  const main = held.has('main') || greatest === undefined ? [] : [['main', greatest] as const];
  const body = {
    branches: refs('heads', [...main, ...held]),
    converts: [],
    tags: refs(
      'tags',
      versions.map((one) => [one, one] as const),
    ),
  };
  return json(body, 'main');
}

/** The versions up to one, the last registered first. */
async function listCommits(core: Core, c: HubContext, model: Model, revision: string): Promise<Response> {
  const version = await versionOf(core, model, revision);
  const events = await eventsOfArtifact(version.state, model.artifact);
  const until = timeOfVersion(events, version.version);
  const active = new Set(await activeVersions(version.state, model.artifact));
  const all = [...events.versions.values()]
    .filter(({ id, event }) => active.has(id) && event.time <= until)
    .sort((a, b) => b.event.time - a.event.time);
  const { page, link } = pageOf(core, c, all, 1000);
  const rows = await mapAtMost(4, page, async ({ id, event }) => {
    try {
      const found = await core.find(model.registry, model.artifact, { kind: 'version', version: id });
      const title = `${model.artifact} ${id}`;
      const authors = [{ user: event.tagger.name, avatar: null }];
      return [
        { id: await core.contentId(found), title, message: event.message, authors, date: asTime(event.time) },
      ];
    } catch (error) {
      if (problemOf(error).kind !== 'revision') throw error;
      return [];
    }
  });
  return json(rows.flat(), 'main', link);
}

// lists

async function listModels(core: Core, c: HubContext): Promise<Response> {
  const search = (c.req.query('search') ?? '').toLowerCase();
  const author = c.req.query('author');
  const models: Model[] = [];
  for (const registry of core.registries.keys()) {
    const ids = await idsOf(core, registry).catch(unlessUnread);
    const seen = new Set<string>();
    for (const [id, artifact] of ids ?? []) {
      if (artifact instanceof RegError || seen.has(artifact)) continue;
      if (!id.toLowerCase().includes(search)) continue;
      if (author !== undefined && id.split('/')[0] !== author) continue;
      seen.add(artifact);
      models.push({ id, registry, artifact });
    }
  }
  const { page, link } = pageOf(core, c, models, 500);
  const rows: Record<string, unknown>[] = [];
  for (const registry of new Set(page.map((one) => one.registry))) {
    const { context } = await core.state(registry);
    const own = page.filter((one) => one.registry === registry);
    const states = await readArtifacts(
      context,
      own.map(({ artifact }) => artifact),
    );
    for (const { id, artifact } of own) rows.push(rowOf(id, states.get(artifact)));
  }
  return json(rows, 'main', link);
}

function whoami(c: HubContext): Response {
  const caller = c.get('caller');
  if (caller.kind !== 'known') return failure(401, undefined, 'Invalid username or password.');
  const name = caller.name || OWNER;
  const accessToken = { displayName: name, role: 'read' };
  const body = {
    type: 'user',
    id: name,
    name,
    fullname: name,
    email: null,
    orgs: [],
    auth: { type: 'access_token', accessToken },
  };
  return json(body, 'main');
}

// files

const FILE_VERBS: ReadonlySet<string | undefined> = new Set(['resolve', 'raw']);

/** A file that a path means. */
interface FoundFile {
  version: ServedVersion;
  file: FileDigest;
  /** Its headers that say where it is from. */
  headers: Readonly<Record<string, string>>;
}

/** The files that paths mean, as long as a state lasts: most clients ask for the same. */
const foundIn = new WeakMap<State, Map<string, FoundFile>>();
const MOST_FOUND = 20_000;

async function answerFile(core: Core, c: HubContext, base: string): Promise<Response> {
  const path = rawPathOf(c.req.raw);
  const asked = stateFor(core, path.slice(base.length + 1));
  const state = asked instanceof Promise ? await asked : asked;
  const found = foundIn.get(state) ?? new Map<string, FoundFile>();
  const known = found.get(path);
  const file = known ?? (await findFile(core, segmentsOf(c, base)));
  if (file instanceof Response) return file;
  // the registry may have changed meanwhile
  if (known === undefined && file.version.state === state && found.size < MOST_FOUND) {
    found.set(path, file);
    foundIn.set(state, found);
  }
  const request = { method: c.req.method, header: (name: string) => c.req.header(name) };
  return core.send(request, file.version, file.file, { headers: file.headers, isEmptyWhole: true });
}

/** The state of the registry that a path below the base is about. */
function stateFor(core: Core, path: string): State | Promise<State> {
  const [name = ''] = core.registries.has('') ? [''] : path.split(/[./]/, 1);
  return core.registries.has(name) ? core.state(name) : NO_STATE;
}

/** Stands for that of a registry that is not served. */
const NO_STATE = {} as State;

async function findFile(core: Core, segments: readonly string[] | undefined): Promise<FoundFile | Response> {
  if (segments === undefined) return failure(404, 'EntryNotFound', 'the path is malformed');
  const found = await readPath(core, segments, FILE_VERBS);
  if (found === undefined) {
    const isAsked = FILE_VERBS.has(segments[1]) || FILE_VERBS.has(segments[2]);
    const id = segments.slice(0, FILE_VERBS.has(segments[2]) ? 2 : 1).join('/');
    return isAsked ? noSuchModel(id) : failure(404, undefined, 'there is nothing at this path');
  }
  const { version, revision, path } = await splitRevision(core, found.model, found.rest, hasFile);
  const manifest = await core.files(version);
  const file = manifest.files.find((one) => one.path === path);
  if (file === undefined) return noSuchFile(path, manifest.id);
  const { sha256, size } = file;
  const headers = {
    ...cachingOf(isFixed(revision)),
    'X-Repo-Commit': manifest.id,
    'X-Linked-Etag': `"${sha256}"`,
    'X-Linked-Size': String(size),
  };
  return { version, file, headers };
}
