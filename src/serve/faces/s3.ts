import { randomUUID } from 'node:crypto';
import { XMLBuilder } from 'fast-xml-parser';
import { type Context, Hono } from 'hono';
import { formatTime } from '../../domain/time.js';
import { RegError } from '../../errors.js';
import type { Caller, Token } from '../access.js';
import { type Core, problemOf } from '../core.js';
import { cachingOf, type Face, type FaceEnv, rawPathOf } from '../face.js';
import {
  artifactsByPath,
  checkPaths,
  fileAt,
  isFixedPath,
  longestIn,
  readPath,
  revisionsOf,
  timeAt,
  versionAt,
} from './paths.js';
import { type BucketFolder, type ListQuery, listPage, mayHold, sharedPrefix } from './s3-listing.js';
import { escapedAll, isSignedWith, readSignature, timeFault } from './s3-signature.js';

// S3 as its clients read it, by path-style addresses (Amazon S3 API reference): the first part of a path is the bucket, the rest the key.

type S3Context = Context<FaceEnv>;

/** The face of S3. */
export const s3: Face = { name: 's3', base: '/s3', make, callerOf, refuse, check: checkPaths };

function make(core: Core, base: string): Hono<FaceEnv> {
  const app = new Hono<FaceEnv>();
  app.all('/*', (c) => answer(core, c, base));
  app.onError((error, c) => failureOf(c, error));
  return app;
}

async function answer(core: Core, c: S3Context, base: string): Promise<Response> {
  const { method } = c.req;
  if (method !== 'GET' && method !== 'HEAD')
    return failure(c, 405, 'MethodNotAllowed', READ_ONLY, { Allow: 'GET, HEAD' });
  // who has no token to check it by would take it for anyone's
  if (readSignature(c.req.raw).kind === 'old') return refuseOld(c);
  const query = new URL(c.req.url).searchParams;
  const other = [...query.keys()].find((name) => NOT_HERE.has(name));
  if (other !== undefined) return failure(c, 501, 'NotImplemented', `'${other}' is not served here`);
  const [bucket, key] = split(rawPathOf(c.req.raw).slice(base.length)) ?? [];
  if (bucket === undefined || key === undefined)
    return failure(c, 400, 'InvalidURI', 'the path has a malformed escape');
  if (bucket === '') return listBuckets(core, c);
  if (key !== '') return answerObject(core, c, bucket, key);
  const registry = await registryOf(core, bucket);
  if (registry === undefined) return failure(c, 404, 'NoSuchBucket', 'there is no such bucket');
  if (method === 'HEAD') return new Response(null, { headers: { 'x-amz-bucket-region': REGION } });
  if (query.has('location')) return xml({ LocationConstraint: { '@xmlns': NAMESPACE, '#text': '' } });
  return listObjects(core, c, { registry, bucket }, query);
}

const READ_ONLY = 'this registry is read-only here: write to it with reg register and reg assign';
const REGION = 'us-east-1';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** What a query asks of a bucket or an object that is neither its list nor its bytes: a list or the bytes would be a wrong answer to it. */
const NOT_HERE: ReadonlySet<string> = new Set(
  (
    'accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle logging metrics ' +
    'notification object-lock ownershipControls policy policyStatus publicAccessBlock replication requestPayment restore retention ' +
    'select session tagging torrent uploadId uploads versionId versioning versions website'
  ).split(' '),
);

/** The bucket and the key of a path; undefined where an escape is malformed. */
function split(path: string): [bucket: string, key: string] | undefined {
  const [, bucket = '', key = ''] = /^\/?([^/]*)\/?(.*)$/s.exec(path) ?? [];
  try {
    return [decodeURIComponent(bucket), decodeURIComponent(key)];
  } catch {
    return undefined;
  }
}

// XML

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });

function xml(document: object, status = 200, headers: Record<string, string> = {}): Response {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(document)}`;
  return new Response(body, { status, headers: { ...headers, 'Content-Type': 'application/xml' } });
}

function failure(
  c: Pick<S3Context, 'req'>,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  const id = randomUUID();
  const all = { ...headers, 'x-amz-request-id': id, 'Cache-Control': 'no-store' };
  // an answer to HEAD has no words
  if (c.req.method === 'HEAD') return new Response(null, { status, headers: all });
  const error = { Code: code, Message: message, Resource: c.req.path, RequestId: id };
  return xml({ Error: error }, status, all);
}

function failureOf(c: S3Context, error: unknown): Response {
  const { status, kind, message } = problemOf(error);
  if (kind === 'artifact') return failure(c, 404, 'NoSuchBucket', message);
  if (kind === 'revision') return failure(c, 404, 'NoSuchKey', message);
  if (kind === 'conflict') return failure(c, 409, 'OperationAborted', message);
  // clients try again after either
  return failure(
    c,
    status === 500 ? 500 : 503,
    status === 500 ? 'InternalError' : 'ServiceUnavailable',
    message,
  );
}

// who asks

/** Who signed a request with a token: its name is the access key, and the token the secret. A token without a name has any access key. */
async function callerOf(
  request: Request,
  tokens: readonly Token[],
  now: number,
): Promise<Caller | undefined> {
  const signature = readSignature(request);
  if (signature.kind === 'none') return undefined;
  const wrong: Caller = { kind: 'unknown', why: 'wrong' };
  if (signature.kind !== 'signed' || timeFault(signature, now) !== undefined) return wrong;
  const own = tokens.filter(({ name }) => name === '' || name === signature.accessKey);
  const found = own.find(({ secret }) => isSignedWith(secret, request, signature));
  return found === undefined ? wrong : { kind: 'known', name: found.name };
}

function refuse(c: Context<FaceEnv>, why: 'none' | 'wrong', now: number): Response {
  const signature = readSignature(c.req.raw);
  if (signature.kind === 'old') return refuseOld(c);
  if (signature.kind === 'malformed')
    return failure(c, 400, 'AuthorizationHeaderMalformed', 'the signature is malformed');
  if (why === 'none')
    return failure(c, 403, 'AccessDenied', 'a key pair is needed: the name of a token, and the token');
  const fault = signature.kind === 'signed' ? timeFault(signature, now) : undefined;
  if (fault === 'skewed')
    return failure(
      c,
      403,
      'RequestTimeTooSkewed',
      'the clocks of the client and of this server differ too much',
    );
  if (fault === 'expired') return failure(c, 403, 'AccessDenied', 'Request has expired');
  return failure(c, 403, 'SignatureDoesNotMatch', 'no token has this access key and made this signature');
}

const refuseOld = (c: S3Context): Response =>
  failure(c, 400, 'InvalidRequest', 'Signature Version 2 is not taken: sign with AWS4-HMAC-SHA256');

// buckets

/** The registry that a bucket is in; undefined where there is no such bucket. */
async function registryOf(core: Core, bucket: string): Promise<string | undefined> {
  for (const registry of core.registries.keys()) {
    if (registry !== '' && registry !== bucket) continue;
    if ((await bucketsOf(core, registry)).has(bucket)) return registry;
  }
  return undefined;
}

/** The buckets of a registry with the paths of their artifacts: its own name, or without one the first parts of these paths. */
async function bucketsOf(core: Core, registry: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const paths = await artifactsByPath(core, registry);
  const state = await core.state(registry);
  return state.remembered('all', `s3 buckets ${registry}`, async () => {
    // it is a bucket without artifacts too
    const found = new Map<string, string[]>(registry === '' ? [] : [[registry, []]]);
    for (const path of paths.keys()) {
      const [bucket = ''] = path.split('/', 1);
      const own = found.get(bucket) ?? [];
      if (own.length === 0) found.set(bucket, own);
      own.push(path);
    }
    return found;
  });
}

async function listBuckets(core: Core, c: S3Context): Promise<Response> {
  if (c.req.method === 'HEAD') return new Response(null);
  const names: string[] = [];
  for (const registry of core.registries.keys()) {
    if (registry !== '') names.push(registry);
    else names.push(...(await bucketsOf(core, registry)).keys());
  }
  // when a bucket was made is not known, and clients need a time
  const Bucket = names.sort().map((Name) => ({ Name, CreationDate: asTime(0) }));
  const Owner = { ID: 'reg', DisplayName: 'reg' };
  return xml({ ListAllMyBucketsResult: { '@xmlns': NAMESPACE, Owner, Buckets: { Bucket } } });
}

/** Clients take a time with milliseconds. */
const asTime = (seconds: number): string => formatTime(seconds).replace(/Z$/, '.000Z');

// lists

interface Bucket {
  registry: string;
  bucket: string;
}

const MOST_KEYS = 1000;

async function listObjects(
  core: Core,
  c: S3Context,
  { registry, bucket }: Bucket,
  given: URLSearchParams,
): Promise<Response> {
  const asked = (name: string): string => given.get(name) ?? '';
  const isSecond = asked('list-type') === '2';
  const token = asked('continuation-token');
  const number = given.get('max-keys') || String(MOST_KEYS);
  if (!/^\d{1,9}$/.test(number)) return failure(c, 400, 'InvalidArgument', 'max-keys is no number');
  const isToken = /^[A-Za-z0-9_-]*$/.test(token);
  if (!isToken) return failure(c, 400, 'InvalidArgument', 'the continuation token is not from this server');
  const keys = { prefix: asked('prefix'), delimiter: asked('delimiter') };
  const after = isSecond
    ? token === ''
      ? asked('start-after')
      : Buffer.from(token, 'base64url').toString()
    : asked('marker');
  const most = Math.min(Number(number), MOST_KEYS);
  const { folders, query } = await foldersOf(core, { registry, bucket }, { ...keys, after, most });
  const { objects, prefixes, next } = await listPage(folders, query);
  const isEscaped = asked('encoding-type') === 'url';
  const text = (value: string): string => (isEscaped ? value.split('/').map(escapedAll).join('/') : value);
  const page = isSecond
    ? {
        KeyCount: objects.length + prefixes.length,
        ...(given.has('continuation-token') ? { ContinuationToken: token } : {}),
        ...(given.has('start-after') ? { StartAfter: text(asked('start-after')) } : {}),
        ...(next === undefined ? {} : { NextContinuationToken: Buffer.from(next).toString('base64url') }),
      }
    : {
        Marker: text(asked('marker')),
        ...(next === undefined || keys.delimiter === '' ? {} : { NextMarker: text(next) }),
      };
  return xml({
    ListBucketResult: {
      '@xmlns': NAMESPACE,
      Name: bucket,
      Prefix: text(keys.prefix),
      ...(keys.delimiter === '' ? {} : { Delimiter: text(keys.delimiter) }),
      MaxKeys: most,
      ...(isEscaped ? { EncodingType: 'url' } : {}),
      IsTruncated: next !== undefined,
      ...page,
      Contents: objects.map(({ key, size, sha256, time }) => ({
        Key: text(key),
        LastModified: asTime(time),
        ETag: `"${etagOf(sha256)}"`,
        Size: size,
        StorageClass: 'STANDARD',
      })),
      CommonPrefixes: prefixes.map((prefix) => ({ Prefix: text(prefix) })),
    },
  });
}

/** Clients take an entity tag of 32 digits for an MD5, and one with a count of parts for something else. */
const etagOf = (sha256: string): string => `${sha256}-1`;

/**
 * The folders of a bucket that may have what is asked for. A prefix without delimiter that is a whole artifact or revision means what is in
 * it: clients that load `prod` would load `prod-eu` too.
 */
async function foldersOf(
  core: Core,
  { registry, bucket }: Bucket,
  asked: ListQuery,
): Promise<{ folders: BucketFolder[]; query: ListQuery }> {
  const byPath = await artifactsByPath(core, registry);
  const state = await core.state(registry);
  const keyOf = (path: string): string => path.slice(bucket.length + 1);
  let query = asked;
  const only = (path: string): void => {
    if (query.delimiter === '' && query.prefix === keyOf(path) && query.prefix !== '')
      query = { ...query, prefix: `${query.prefix}/` };
  };
  const folders: BucketFolder[] = [];
  for (const path of (await bucketsOf(core, registry)).get(bucket) ?? []) {
    const base = path === bucket ? '' : `${keyOf(path)}/`;
    if (!mayHold(base, query.prefix)) continue;
    const artifact = byPath.get(path);
    if (artifact === undefined) continue;
    if (artifact instanceof RegError) throw artifact;
    only(path);
    // what stands for all of an artifact needs no look at its versions
    if (base !== '' && sharedPrefix(base, query) !== undefined && !query.after.startsWith(base)) {
      folders.push({ path: base, isThere: async () => true, objects: async () => [] });
      continue;
    }
    const revisions = await revisionsOf(state, artifact);
    for (const [name, revision] of revisions) {
      const folder = `${path}/${name}`;
      only(folder);
      if (!mayHold(`${keyOf(folder)}/`, query.prefix) || longestIn(byPath, folder.split('/'))?.path !== path)
        continue;
      const at = { registry, artifact, ...revision };
      const isOwn = (words: readonly string[]): boolean => {
        const own = longestIn(byPath, words);
        return own?.path === path && longestIn(revisions, own.rest)?.path === name;
      };
      folders.push({
        path: `${keyOf(folder)}/`,
        isThere: async () => (await versionAt(core, at)) !== undefined,
        objects: async () => {
          const version = await versionAt(core, at);
          if (version === undefined) return [];
          const [{ files }, time] = await Promise.all([core.files(version), timeAt(at, version)]);
          return files
            .filter((file) => isOwn(`${folder}/${file.path}`.split('/')))
            .map((file) => ({ ...file, key: keyOf(`${folder}/${file.path}`), time }));
        },
      });
    }
  }
  return { folders, query };
}

// objects

async function answerObject(core: Core, c: S3Context, bucket: string, key: string): Promise<Response> {
  const read = await readPath(core, `${bucket}/${key}`);
  const found = await fileAt(core, read);
  if (read === undefined || found === undefined) {
    if ((await registryOf(core, bucket)) === undefined)
      return failure(c, 404, 'NoSuchBucket', 'there is no such bucket');
    return failure(c, 404, 'NoSuchKey', 'there is no such key');
  }
  const { version, file } = found;
  const checksum = Buffer.from(file.sha256, 'hex').toString('base64');
  const headers = {
    ...cachingOf(isFixedPath(read)),
    'Last-Modified': new Date((await timeAt(read, version)) * 1000).toUTCString(),
  };
  const request = { method: c.req.method, header: (name: string) => c.req.header(name) };
  const sent = await core.send(request, version, file, { headers, etag: etagOf(file.sha256) });
  if (sent.status === 412) return failure(c, 412, 'PreconditionFailed', 'the object is another one by now');
  if (sent.status === 416) {
    const range = { 'Content-Range': `bytes */${file.size}` };
    return failure(c, 416, 'InvalidRange', 'the object has no such bytes', range);
  }
  // clients check a part by it, if it is there
  if (sent.status === 200) {
    sent.headers.set('x-amz-checksum-sha256', checksum);
    sent.headers.set('x-amz-checksum-type', 'FULL_OBJECT');
  }
  return sent;
}
