import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientProgram, runClient } from '../support/clients.js';
import { sandbox } from '../support/repo.js';
import { CHURN, LLM, servedRegistry } from '../support/served-registry.js';
import { type ServedThere, serveThere } from '../support/serving.js';

// the storage initializer of KServe as it is, where there is an environment for it

const box = sandbox();
const TOKEN = 'a-token-of-the-tests';
const SCRIPT = fileURLToPath(new URL('kserve.py', import.meta.url));
const PYTHON = clientProgram('kserve', 'python');
let server: ServedThere;

beforeAll(async () => {
  if (PYTHON === undefined) return;
  const registry = servedRegistry(box);
  registry.commit({ 'models/churn.bin': 'churn, of the EU' });
  registry.tag('churn#prod-eu#1');
  const tokenFile = join(box.root, 'tokens');
  writeFileSync(tokenFile, `ann ${TOKEN}\n`);
  server = await serveThere(box, { registries: { '': registry.dir }, tokenFile, s3Port: 0 });
});
afterAll(() => server?.close());

test.skipIf(PYTHON === undefined)(
  'the storage initializer of KServe loads by s3, hf and https',
  async () => {
    const home = join(box.root, 'home');
    mkdirSync(home, { recursive: true });
    const { PATH = '' } = process.env;
    const files = `${server.url}/files`;
    const asked = {
      's3://churn/prod': { 'churn.bin': CHURN.v1 },
      's3://churn/prod/churn.bin': { 'churn.bin': CHURN.v1 },
      // it leaves out empty files itself
      's3://teams/llm/prod/': Object.fromEntries(Object.entries(LLM).filter(([, text]) => text !== '')),
      's3://nothing/prod': { error: expect.stringContaining('not found') },
      'hf://reg/churn:prod': expect.objectContaining({ 'churn.bin': CHURN.v1 }),
      'hf://teams/llm:prod': expect.objectContaining(LLM),
      [`${files}/churn/prod/churn.bin`]: { 'churn.bin': CHURN.v1 },
      [`${files}/teams/llm/prod.tar`]: LLM,
      [`${files}/churn/nothing.tar`]: { error: expect.any(String) },
    };
    const printed = await runClient(PYTHON ?? '', [SCRIPT, ...Object.keys(asked)], {
      PATH,
      HOME: home,
      TMPDIR: home,
      AWS_ACCESS_KEY_ID: 'ann',
      AWS_SECRET_ACCESS_KEY: TOKEN,
      AWS_ENDPOINT_URL: server.s3Url ?? '',
      S3_USE_HTTPS: '0',
      HF_ENDPOINT: `${server.url}/hf`,
      HF_TOKEN: `hf_${TOKEN}`,
      [`${new URL(server.url).hostname}-headers`]: JSON.stringify({ Authorization: `Bearer ${TOKEN}` }),
    });
    expect(JSON.parse(printed)).toMatchObject(asked);
    expect(Object.keys(JSON.parse(printed)['s3://churn/prod'])).toEqual(['churn.bin']);
  },
  120_000,
);
