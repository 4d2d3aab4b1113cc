import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODEL } from '../e2e/registry.js';
import { clientProgram, costBy, runClient, weightsOf } from '../support/clients.js';
import { sandbox } from '../support/repo.js';
import { CHURN, LLM, servedRegistry } from '../support/served-registry.js';
import { type ServedThere, serveThere, sha256Of } from '../support/serving.js';

// boto3 and s3fs as they are, in each environment that has them

const box = sandbox();
const TOKEN = 'a-token-of-the-tests';
const SCRIPT = fileURLToPath(new URL('s3.py', import.meta.url));
const ENVIRONMENTS = ['s3'].filter((one) => clientProgram(one, 'python') !== undefined);
let server: ServedThere;
let open: ServedThere;

beforeAll(async () => {
  if (ENVIRONMENTS.length === 0) return;
  const registry = servedRegistry(box);
  registry.commit({
    'big.bin': Buffer.alloc(9_000_000, 'a big model, '),
    'big.model.yaml': 'source: {path: big.bin}\n',
    'cost.safetensors': MODEL,
    'cost.model.yaml': 'source: {path: cost.safetensors}\n',
  });
  for (const tag of ['big@v1.0.0', 'big#prod#1', 'cost@v1.0.0', 'cost#prod#1']) registry.tag(tag);
  const tokenFile = join(box.root, 'tokens');
  writeFileSync(tokenFile, `ann ${TOKEN}\n`);
  server = await serveThere(box, { registries: { '': registry.dir }, tokenFile, s3Port: 0 });
  open = await serveThere(box, { registries: { '': registry.dir }, s3Port: 0 });
});
afterAll(() => Promise.all([server?.close(), open?.close()]));

describe.skipIf(ENVIRONMENTS.length === 0)('boto3 and s3fs', () => {
  test.each(ENVIRONMENTS)(
    'of %s: what people do with them',
    async (environment) => {
      const home = join(box.root, environment);
      mkdirSync(home, { recursive: true });
      const { PATH = '' } = process.env;
      const keys = {
        AWS_ACCESS_KEY_ID: 'ann',
        AWS_SECRET_ACCESS_KEY: TOKEN,
        AWS_DEFAULT_REGION: 'us-east-1',
      };
      const urls = {
        REG_S3: server.s3Url ?? '',
        REG_S3_PATH: `${server.url}/s3`,
        REG_S3_OPEN: open.s3Url ?? '',
      };
      const program = clientProgram(environment, 'python') ?? '';
      const found = JSON.parse(
        await runClient(program, [SCRIPT], { PATH, HOME: home, TMPDIR: home, ...keys, ...urls }),
      );
      const sha256 = sha256Of(CHURN.v1);
      expect(found).toMatchObject({
        buckets: ['bare', 'big', 'churn', 'cost', 'eu', 'open', 'teams'],
        get: CHURN.v1,
        anonymous: CHURN.v1,
        'below a path': LLM['sub/a+b.txt'],
        'another secret': { error: 'ClientError', message: expect.stringContaining('SignatureDoesNotMatch') },
        head: [
          16,
          `"${sha256}-1"`,
          '2026-01-01T00:00:00+00:00',
          Buffer.from(sha256, 'hex').toString('base64'),
        ],
        part: CHURN.v1.slice(2, 5),
        files: { list_objects: LLM, list_objects_v2: LLM },
        folders: ['dev/', 'eu/', 'latest/', 'prod/', 'v1.0.0/', 'v1.1.0/'],
        big: [9_000_000, true],
        moved: { message: expect.stringContaining('PreconditionFailed') },
        presigned: LLM['sub/with space.txt'],
        'presigned by version 2': 400,
        attributes: { message: expect.stringContaining('NotImplemented') },
        'no bucket': { error: 'NoSuchBucket' },
        'no key': { error: 'NoSuchKey' },
        withdrawn: { error: 'NoSuchKey' },
        write: { message: expect.stringMatching(/MethodNotAllowed.*reg register/) },
        'file system': {
          ls: ['churn/prod/churn.bin'],
          read: CHURN.v1,
          exists: [true, false, true],
          find: Object.keys(LLM).length,
          got: LLM['sub/deep/er/model.bin'],
        },
        'open a part': true,
      });
      expect(costBy(found.model)).toBe(costBy(weightsOf(MODEL)));
    },
    60_000,
  );
});
