import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { artifactName } from '../../domain/names.js';
import { isVersion, type VersionId } from '../../domain/state.js';
import { RegError } from '../../errors.js';
import { placeOf, registryAddress } from '../../registry/browse.js';
import { accessFor, type Caller, type Token } from '../access.js';
import { type Core, problemOf } from '../core.js';
import { type Face, type FaceEnv, problemAnswer, rawPathOf } from '../face.js';
import type { Revision } from '../versions.js';
import { sendPath } from './files.js';
import { checkPaths, pathOfArtifact } from './paths.js';

// What `dvc artifacts get` asks of DVC Studio: where the files of an artifact are. The client sends no token with its requests for them, so
// that these addresses are signed, and good for a while.

type DvcContext = Context<FaceEnv>;

/** The face of DVC. */
export const dvc: Face = { name: 'dvc', base: '/dvc', make, callerOf, check: checkPaths };

const FILES = '/files';
/** What an address is good for, in seconds. */
const GOOD_S = 3600;

function make(core: Core, base: string): Hono<FaceEnv> {
  const app = new Hono<FaceEnv>();
  app.get('/api/model-registry/get-download-uris', (c) => downloads(core, c, base));
  app.get(`${FILES}/*`, (c) => sendPath(core, c, rawPathOf(c.req.raw).slice(base.length + FILES.length)));
  app.all('/*', (c) => problemAnswer(c, 404, 'there is nothing at this path'));
  app.onError((error, c) => {
    const { status, message } = problemOf(error);
    return problemAnswer(c, status, message);
  });
  return app;
}

/** Where each file of a version is, by the path that it is to have. */
async function downloads(core: Core, c: DvcContext, base: string): Promise<Response> {
  const { repo = '', name = '', version, stage } = c.req.query();
  const registry = await registryAt(core, repo);
  if (registry === undefined) return problemAnswer(c, 404, `the registry ${repo} is not served here`);
  const artifact = artifactName(name);
  const asked: Revision =
    stage !== undefined
      ? { kind: 'stage', stage }
      : version === undefined
        ? { kind: 'latest' }
        : { kind: 'version', version };
  const found = await core.find(registry, artifact, asked);
  const manifest = await core.files(found);
  // of a version that is registered they are the same files to the end
  const folder = isVersion(found.version as VersionId) ? found.version : (stage ?? found.version);
  const secret = secretIn(c.req.raw);
  const until = Math.floor(core.now() / 1000) + GOOD_S;
  const uris = manifest.files.map(({ path }) => {
    const file = `${pathOfArtifact(registry, artifact)}/${folder}/${path}`;
    const raw = `${base}${FILES}/${file.split('/').map(encodeURIComponent).join('/')}`;
    const proof =
      secret === undefined || c.get('caller').kind !== 'known'
        ? ''
        : `?until=${until}&proof=${proofOf(secret, raw, until)}`;
    const local = manifest.kind === 'file' ? path : `${manifest.name}/${path}`;
    return [local, `${core.baseUrl}${raw}${proof}`] as const;
  });
  return c.json(Object.fromEntries(uris));
}

/** The token of a request: DVC has a scheme of its own for it. */
const secretIn = (request: Request): string | undefined =>
  /^(?:token|bearer)\s+(\S+)\s*$/i.exec(request.headers.get('authorization') ?? '')?.[1];

/** What shows that a holder of a token was given the address of a file. */
const proofOf = (secret: string, path: string, until: number): string =>
  createHmac('sha256', secret).update(`dvc\n${path}\n${until}\n`).digest('hex');

/** Who sent a request: by a token, or by an address that was given to the holder of one. */
async function callerOf(
  request: Request,
  tokens: readonly Token[],
  now: number,
): Promise<Caller | undefined> {
  const { searchParams } = new URL(request.url);
  const proof = searchParams.get('proof');
  if (proof === null) {
    const secret = secretIn(request);
    return secret === undefined ? undefined : accessFor(tokens).callerOf(`Bearer ${secret}`);
  }
  const wrong: Caller = { kind: 'unknown', why: 'wrong' };
  const until = Number(searchParams.get('until'));
  if (!/^[0-9a-f]{64}$/.test(proof) || !(until * 1000 >= now)) return wrong;
  const given = Buffer.from(proof, 'hex');
  const found = tokens.find(({ secret }) =>
    timingSafeEqual(Buffer.from(proofOf(secret, rawPathOf(request), until), 'hex'), given),
  );
  return found === undefined ? wrong : { kind: 'known', name: found.name };
}

/** The name of the registry whose repository has an address; undefined where it is not served. */
async function registryAt(core: Core, repo: string): Promise<string | undefined> {
  const wanted = await sameFor(repo);
  for (const registry of core.registries.keys())
    for (const own of (await addressesOf(core, registry).catch(unlessUnread)) ?? [])
      if ((await sameFor(own)) === wanted) return registry;
  return undefined;
}

/** By what a registry is known: its address or that of its remote, and its folder. */
async function addressesOf(core: Core, registry: string): Promise<string[]> {
  const { context } = await core.state(registry);
  const address = await registryAddress(context).catch(unlessUnread);
  return [address, await context.repository.workTree()].flatMap((one) => one || []);
}

/** For `catch`: a registry that cannot be read harms no other. */
function unlessUnread(error: unknown): undefined {
  if (!(error instanceof RegError)) throw error;
}

/** One text for all addresses of a repository: its host and path, however it is asked, or a folder of this machine. */
async function sameFor(address: string): Promise<string> {
  const plain = address
    .replace(/^file:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const place = await placeOf(plain);
  return place === undefined ? plain : `${place.host}/${place.path}`.toLowerCase();
}
