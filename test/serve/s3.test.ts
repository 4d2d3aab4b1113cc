import { XMLParser } from 'fast-xml-parser';
import { beforeAll, describe, expect, test } from 'vitest';
import { isSignedWith, readSignature, type Signed } from '../../src/serve/faces/s3-signature.js';
import { sandbox } from '../support/repo.js';
import { CHURN, LLM, servedRegistry } from '../support/served-registry.js';
import { type ServedHere, serveHere, sha256Of } from '../support/serving.js';

const box = sandbox();
const registry = servedRegistry(box);
// names that one prefix has in common, a stage inside of another one, and one that an artifact covers
const EU = 'churn, of the EU';
registry.commit({ 'models/churn.bin': EU, 'teams.model.yaml': 'source: {path: models/churn.bin}\n' });
for (const tag of ['churn#prod-eu#1', 'churn#eu#1', 'teams@v1.0.0', 'teams#llm#1', 'teams#prod#1'])
  registry.tag(tag);
const TOKEN = 'a-token-of-the-tests';
let here: ServedHere;
let guarded: ServedHere;

beforeAll(async () => {
  here = await serveHere(box, { registries: { '': registry.dir } });
  guarded = await serveHere(box, {
    registries: { '': registry.dir },
    tokens: [{ name: 'ann', secret: TOKEN }],
  });
});

const parser = new XMLParser({
  parseTagValue: false,
  isArray: (name) => ['Contents', 'CommonPrefixes', 'Bucket'].includes(name),
});
const ask = (path: string, init?: RequestInit): Promise<Response> => here.ask(`/s3${path}`, init);

async function xmlOf(path: string, init?: RequestInit) {
  const answer = await ask(path, init);
  expect(answer.headers.get('content-type')).toBe('application/xml');
  return parser.parse(await answer.text());
}

/** What a list has: its keys, then its prefixes. */
async function listed(path: string): Promise<string[]> {
  const { ListBucketResult: list } = await xmlOf(path);
  const { Contents = [], CommonPrefixes = [] } = list;
  return [
    ...Contents.map(({ Key }: { Key: string }) => Key),
    ...CommonPrefixes.map(({ Prefix }: { Prefix: string }) => Prefix),
  ];
}

const codeOf = async (path: string, init?: RequestInit): Promise<unknown[]> => {
  const answer = await ask(path, init);
  return [answer.status, parser.parse(await answer.text()).Error?.Code];
};

describe('buckets', () => {
  test('are the first parts of names', async () => {
    for (const path of ['/', '', '/?x-id=ListBuckets']) {
      const { Bucket } = (await xmlOf(path)).ListAllMyBucketsResult.Buckets;
      expect(Bucket.map(({ Name }: { Name: string }) => Name)).toEqual([
        'bare',
        'churn',
        'eu',
        'open',
        'teams',
      ]);
      expect(Bucket[0].CreationDate).toMatch(/^\d{4}-\d\d-\d\dT00:00:00\.000Z$/);
    }
  });

  test.each([
    ['/churn', 200],
    ['/churn/', 200],
    ['/teams', 200],
    ['/nothing', 404],
  ])('HEAD %s is %i', async (path, status) => {
    const answer = await ask(path, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([status, '']);
  });

  test('have a location without a name', async () => {
    for (const path of ['/churn?location', '/churn/?location'])
      expect((await xmlOf(path)).LocationConstraint).toMatchObject({});
    expect(await codeOf('/nothing?location')).toEqual([404, 'NoSuchBucket']);
  });

  test('of several registries are the registries', async () => {
    const both = await serveHere(box, {
      registries: { ads: registry.dir, risk: registry.dir, gone: `${box.root}/gone` },
    });
    const text = await (await both.ask('/s3/')).text();
    expect([...text.matchAll(/<Name>(.*?)<\/Name>/g)].map(([, name]) => name)).toEqual([
      'ads',
      'gone',
      'risk',
    ]);
    expect(await (await both.ask('/s3/risk/churn/prod/churn.bin')).text()).toBe(CHURN.v1);
    expect(await (await both.ask('/s3/ads?prefix=teams/llm/&delimiter=/')).text()).toContain(
      '<Prefix>teams/llm/prod/</Prefix>',
    );
    expect((await both.ask('/s3/churn/prod/churn.bin')).status).toBe(404);
    expect((await both.ask('/s3/gone?list-type=2')).status).toBe(503);
  });
});

describe('lists', () => {
  const CHURN_FOLDERS = ['dev/', 'eu/', 'latest/', 'prod-eu/', 'prod/', 'v1.0.0/', 'v1.1.0/'];

  test.each([
    ['/churn?delimiter=/', CHURN_FOLDERS],
    ['/churn?list-type=2&delimiter=%2F&prefix=', CHURN_FOLDERS],
    ['/churn/?delimiter=%2F&prefix=eu%2F', ['eu/churn.bin', 'eu/prod/']],
    ['/churn?prefix=prod&delimiter=/', ['prod-eu/', 'prod/']],
    ['/churn?prefix=prod/&delimiter=/', ['prod/churn.bin']],
    ['/churn?prefix=pro', ['prod-eu/churn.bin', 'prod/churn.bin']],
    ['/churn?prefix=v1&delimiter=/', ['v1.0.0/', 'v1.1.0/']],
    ['/churn?prefix=v2.0.0/', []],
    ['/churn?prefix=nothing', []],
    ['/churn?prefix=prod/churn.bin', ['prod/churn.bin']],
    ['/churn?prefix=prod/churn.bin/&delimiter=/', []],
    ['/churn?max-keys=0', []],
    ['/open', []],
    ['/open?delimiter=/', []],
    ['/eu?delimiter=/', ['credit/']],
    ['/eu?delimiter=/&prefix=credit/', ['credit/risk/']],
    ['/eu', ['credit/risk/latest/churn.bin', 'credit/risk/v1.0.0/churn.bin']],
    ['/churn?delimiter=e&prefix=prod/', ['prod/churn.bin']],
    ['/churn?delimiter=ch&prefix=prod', ['prod-eu/ch', 'prod/ch']],
  ])('%s', async (path, keys) => expect(await listed(path)).toEqual(keys));

  test('a prefix that is a whole revision or artifact means what is in it', async () => {
    for (const path of ['/churn?prefix=prod', '/churn?list-type=2&prefix=prod&delimiter='])
      expect(await listed(path)).toEqual(['prod/churn.bin']);
    expect(await listed('/churn?prefix=v1.0.0')).toEqual(['v1.0.0/churn.bin']);
    expect(await listed('/eu?prefix=credit/risk/v1.0.0')).toEqual(['credit/risk/v1.0.0/churn.bin']);
    expect(await listed('/teams?prefix=llm&max-keys=1')).toEqual([expect.stringMatching(/^llm\/latest\//)]);
  });

  test('have all files of a folder in the order of their bytes, and each can be read', async () => {
    const keys = await listed('/teams?list-type=2&prefix=llm/prod/');
    const paths = Object.keys(LLM).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(keys).toEqual(paths.map((path) => `llm/prod/${path}`));
    for (const key of keys) {
      const raw = key.split('/').map(encodeURIComponent).join('/');
      for (const one of [raw, encodeURIComponent(key)])
        expect(await (await ask(`/teams/${one}`)).text()).toBe(LLM[key.slice('llm/prod/'.length)]);
    }
  });

  test('escape names where that is asked for, and only there', async () => {
    const escaped = await listed('/teams?encoding-type=url&prefix=llm/prod/sub/&delimiter=/');
    expect(escaped).toContain('llm/prod/sub/a%2Bb.txt');
    expect(escaped).toContain('llm/prod/sub/per%2520cent.txt');
    expect(escaped).toContain('llm/prod/sub/%C3%BCn%C3%AFcode.txt');
    const { ListBucketResult: list } = await xmlOf('/teams?encoding-type=url&prefix=llm/prod/sub/a%2B');
    expect(list).toMatchObject({ EncodingType: 'url', Prefix: 'llm/prod/sub/a%2B' });
    expect((await xmlOf('/teams?prefix=llm/prod/sub/a%2B')).ListBucketResult.EncodingType).toBeUndefined();
  });

  test('what an artifact covers is no revision of another one, in lists and as a key', async () => {
    expect(await listed('/teams?delimiter=/')).toEqual(['latest/', 'llm/', 'prod/', 'v1.0.0/']);
    expect(await listed('/teams?prefix=llm/&delimiter=/')).toEqual([
      'llm/latest/',
      'llm/prod/',
      'llm/v0.1.0/',
    ]);
    expect(await codeOf('/teams/llm/churn.bin')).toEqual([404, 'NoSuchKey']);
  });

  test('have of each object what clients read', async () => {
    const { ListBucketResult: list } = await xmlOf('/churn?list-type=2&prefix=prod/&start-after=a');
    expect(list).toMatchObject({
      Name: 'churn',
      Prefix: 'prod/',
      StartAfter: 'a',
      KeyCount: '1',
      MaxKeys: '1000',
      IsTruncated: 'false',
      Contents: [
        {
          Key: 'prod/churn.bin',
          Size: '16',
          ETag: `"${sha256Of(CHURN.v1)}-1"`,
          LastModified: '2026-01-01T00:00:00.000Z',
          StorageClass: 'STANDARD',
        },
      ],
    });
    expect((await xmlOf('/churn?prefix=prod/')).ListBucketResult).toMatchObject({ Marker: '' });
  });

  test.each([
    ['/churn', 3],
    ['/churn?delimiter=/', 2],
    ['/teams?prefix=llm/prod/', 4],
    ['/teams?prefix=llm/prod/&delimiter=/', 1],
    ['/churn?prefix=eu&delimiter=/', 1],
    ['/eu?delimiter=/&prefix=credit/', 1],
  ])('%s in pages of %i, by each version', async (path, size) => {
    const whole = await listed(path);
    const join = path.includes('?') ? '&' : '?';
    for (const version of [1, 2]) {
      const seen: string[] = [];
      let more = version === 2 ? '&list-type=2' : '';
      for (let page = 0; page < 20; page += 1) {
        const text = `${path}${join}max-keys=${size}${more}`;
        const { ListBucketResult: list } = await xmlOf(text);
        const keys = await listed(text);
        seen.push(...keys);
        expect(keys.length).toBeLessThanOrEqual(size);
        if (list.IsTruncated !== 'true') break;
        more =
          version === 2
            ? `&list-type=2&continuation-token=${list.NextContinuationToken}`
            : // without a delimiter clients take the last key
              `&marker=${encodeURIComponent(list.NextMarker ?? keys.at(-1))}`;
      }
      expect(seen.sort()).toEqual([...whole].sort());
    }
  });

  test.each([
    ['/churn?start-after=prod-eu/&list-type=2&prefix=prod', ['prod/churn.bin']],
    ['/churn?marker=prod/&prefix=prod/', ['prod/churn.bin']],
    ['/churn?marker=prod/&delimiter=/', ['v1.0.0/', 'v1.1.0/']],
    ['/churn?marker=prod/churn.bin&delimiter=/', ['v1.0.0/', 'v1.1.0/']],
    ['/churn?marker=prod/a&delimiter=/', ['prod/', 'v1.0.0/', 'v1.1.0/']],
    ['/churn?marker=z', []],
  ])('%s goes on behind it', async (path, keys) => {
    expect(await listed(path)).toEqual(keys);
  });

  test.each([
    ['/nothing', [404, 'NoSuchBucket']],
    ['/nothing?list-type=2', [404, 'NoSuchBucket']],
    ['/churn?max-keys=x', [400, 'InvalidArgument']],
    ['/churn?list-type=2&continuation-token=%2F', [400, 'InvalidArgument']],
    ['/churn?versions', [501, 'NotImplemented']],
    ['/churn?acl', [501, 'NotImplemented']],
    ['/churn/prod/churn.bin?attributes', [501, 'NotImplemented']],
    ['/churn/prod/churn.bin?versionId=1', [501, 'NotImplemented']],
  ])('%s', async (path, wanted) => expect(await codeOf(path)).toEqual(wanted));
});

describe('objects', () => {
  const sha256 = sha256Of(CHURN.v1);

  test('have the headers that each client needs', async () => {
    for (const method of ['HEAD', 'GET'])
      for (const path of ['/churn/prod/churn.bin', '/churn/prod/churn.bin?x-id=GetObject&partNumber=1']) {
        const answer = await ask(path, { method });
        const { status, headers } = answer;
        expect((await answer.arrayBuffer()).byteLength).toBe(method === 'HEAD' ? 0 : 16);
        expect({ status, ...Object.fromEntries(headers) }).toMatchObject({
          status: 200,
          'content-length': '16',
          etag: `"${sha256}-1"`,
          'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
          'accept-ranges': 'bytes',
          'content-type': 'application/octet-stream',
          'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
          'x-amz-checksum-type': 'FULL_OBJECT',
          'cache-control': 'private, no-cache',
        });
      }
  });

  test.each([
    ['prod', CHURN.v1],
    ['eu', EU],
    ['prod-eu', EU],
    ['eu/prod', CHURN.v1],
    ['v1.0.0', CHURN.v1],
    ['dev', CHURN.v2],
    ['latest', CHURN.v2],
  ])('%s', async (revision, text) => {
    expect(await (await ask(`/churn/${revision}/churn.bin`)).text()).toBe(text);
  });

  test.each([
    ['bytes=0-3', 206, 'chur', 'bytes 0-3/16'],
    ['bytes=-3', 206, 'rst', 'bytes 13-15/16'],
    ['bytes=13-', 206, 'rst', 'bytes 13-15/16'],
    ['bytes=0-99', 206, CHURN.v1, 'bytes 0-15/16'],
    ['bytes=0-0', 206, 'c', 'bytes 0-0/16'],
  ])('the part %s', async (range, status, text, contentRange) => {
    const answer = await ask('/churn/prod/churn.bin', { headers: { range } });
    expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([
      status,
      text,
      contentRange,
    ]);
    expect(answer.headers.get('x-amz-checksum-sha256')).toBeNull();
    expect(answer.headers.get('content-length')).toBe(String(text.length));
  });

  test('two stages of one version have one entity tag, and a stage that moved is another object', async () => {
    const tagOf = async (stage: string) =>
      (await ask(`/churn/${stage}/churn.bin`, { method: 'HEAD' })).headers.get('etag') ?? '';
    expect(await tagOf('prod')).toBe(await tagOf('eu/prod'));
    const headers = { 'if-match': await tagOf('dev'), range: 'bytes=0-3' };
    expect(await codeOf('/churn/prod/churn.bin', { headers })).toEqual([412, 'PreconditionFailed']);
    expect(await (await ask('/churn/dev/churn.bin', { headers })).text()).toBe(CHURN.v2.slice(0, 4));
    const cached = { 'if-none-match': await tagOf('prod') };
    expect((await ask('/churn/prod/churn.bin', { headers: cached })).status).toBe(304);
  });

  test.each([
    ['/churn/prod', 'NoSuchKey'],
    ['/churn/prod/', 'NoSuchKey'],
    ['/churn/prod/nothing', 'NoSuchKey'],
    ['/churn/v2.0.0/churn.bin', 'NoSuchKey'],
    ['/churn/1.0.0/churn.bin', 'NoSuchKey'],
    ['/churn/nothing/churn.bin', 'NoSuchKey'],
    ['/open/v1.0.0/model.bin', 'NoSuchKey'],
    ['/teams/llm/prod/sub', 'NoSuchKey'],
    ['/nothing/prod/churn.bin', 'NoSuchBucket'],
  ])('%s is 404 %s', async (path, code) => {
    expect(await codeOf(path)).toEqual([404, code]);
    const head = await ask(path, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([404, '']);
  });

  test.each([
    ['/churn/prod/churn.bin', 'bytes=16-', [416, 'InvalidRange']],
    ['/teams/llm/prod/empty.txt', 'bytes=0-0', [416, 'InvalidRange']],
    ['/churn/%zz', '', [400, 'InvalidURI']],
  ])('%s with %s', async (path, range, wanted) =>
    expect(await codeOf(path, { headers: range === '' ? {} : { range } })).toEqual(wanted),
  );

  test.each(['PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH'])(
    '%s is refused with the command to use',
    async (method) => {
      const answer = await ask('/churn/x', { method, ...(method === 'PUT' ? { body: 'x' } : {}) });
      expect(answer.status).toBe(405);
      expect(await answer.text()).toMatch(/<Code>MethodNotAllowed<\/Code>.*reg register/);
      expect(answer.headers.get('allow')).toBe('GET, HEAD');
    },
  );
});

describe('who asks', () => {
  const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const HOST = 'http://examplebucket.s3.amazonaws.com';
  const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const headerOf = (headers: string, signature: string): string =>
    `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${headers},Signature=${signature}`;
  const date = { 'x-amz-date': '20130524T000000Z', 'x-amz-content-sha256': EMPTY };

  // the examples of "Signature Calculations for the Authorization Header" and "Authenticating Requests: Using Query Parameters"
  test.each([
    [
      '/test.txt',
      {
        ...date,
        range: 'bytes=0-9',
        authorization: headerOf(
          'host;range;x-amz-content-sha256;x-amz-date',
          'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
        ),
      },
    ],
    [
      '/?lifecycle',
      {
        ...date,
        authorization: headerOf(
          'host;x-amz-content-sha256;x-amz-date',
          'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
        ),
      },
    ],
    [
      '/?max-keys=2&prefix=J',
      {
        ...date,
        authorization: headerOf(
          'host;x-amz-content-sha256;x-amz-date',
          '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
        ),
      },
    ],
    [
      '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
      {},
    ],
  ])('%s of the reference is signed', (path, headers) => {
    const request = new Request(HOST + path, {
      headers: { ...headers, host: 'examplebucket.s3.amazonaws.com' },
    });
    const signature = readSignature(request) as Signed;
    expect(signature.kind).toBe('signed');
    expect(isSignedWith(SECRET, request, signature)).toBe(true);
    expect(isSignedWith(`${SECRET}x`, request, signature)).toBe(false);
    const other = new Request(`${HOST}${path.replace('test', 'text').replace('=2', '=3')}#`, { headers });
    if (other.url !== `${request.url}#`) expect(isSignedWith(SECRET, other, signature)).toBe(false);
  });

  const codeAt = async (path: string, headers: Record<string, string> = {}): Promise<unknown[]> => {
    const answer = await guarded.ask(`/s3${path}`, { headers });
    return [answer.status, parser.parse(await answer.text()).Error?.Code];
  };
  const KEY = '/churn/prod/churn.bin';

  test.each([
    ['without a signature', KEY, {}, [403, 'AccessDenied']],
    [
      'a signature of long ago',
      KEY,
      { ...date, authorization: headerOf('host;x-amz-date', 'a'.repeat(64)) },
      [403, 'RequestTimeTooSkewed'],
    ],
    [
      'an address that has expired',
      `${KEY}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ann%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=9&X-Amz-SignedHeaders=host&X-Amz-Signature=${'a'.repeat(64)}`,
      {},
      [403, 'AccessDenied'],
    ],
    ['a part of a signature', `${KEY}?X-Amz-Signature=1`, {}, [400, 'AuthorizationHeaderMalformed']],
    [
      'half a header',
      KEY,
      { authorization: 'AWS4-HMAC-SHA256 Credential=ann' },
      [400, 'AuthorizationHeaderMalformed'],
    ],
    [
      'version 2 in the query',
      `${KEY}?AWSAccessKeyId=ann&Signature=x&Expires=9999999999`,
      {},
      [400, 'InvalidRequest'],
    ],
    ['version 2 in a header', KEY, { authorization: 'AWS ann:x' }, [400, 'InvalidRequest']],
    [
      'a bearer token that is wrong',
      KEY,
      { authorization: 'Bearer nothing' },
      [403, 'SignatureDoesNotMatch'],
    ],
  ])('%s is refused', async (_, path, headers, wanted) =>
    expect(await codeAt(path, headers as Record<string, string>)).toEqual(wanted),
  );

  test('version 2 is not taken for anonymous where none is needed', async () => {
    expect(await codeOf(`${KEY}?AWSAccessKeyId=any&Signature=x&Expires=9999999999`)).toEqual([
      400,
      'InvalidRequest',
    ]);
  });

  test('a bearer token is as good', async () => {
    expect(await codeAt(KEY, { authorization: `Bearer ${TOKEN}` })).toEqual([200, undefined]);
  });
});

test('two artifacts of one path are an error at the start', async () => {
  const twice = box.repository('twice');
  twice.commit({ 'a.txt': '' });
  for (const tag of ['teams=llm@v0.1.0', 'teams/llm@v0.1.0']) twice.tag(tag);
  for (const face of ['s3', 'files', 'dvc'])
    await expect(serveHere(box, { registries: { '': twice.dir }, faces: [face] })).rejects.toMatchObject({
      code: 'AMBIGUOUS',
      message: expect.stringContaining('teams/llm'),
    });
});
