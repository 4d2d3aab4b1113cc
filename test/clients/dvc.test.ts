import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientProgram, runClient } from '../support/clients.js';
import { type Repository, sandbox } from '../support/repo.js';
import { CHURN, LLM, servedRegistry } from '../support/served-registry.js';
import { type ServedThere, serveThere, sha256Of } from '../support/serving.js';

// dvc as it is, where there is an environment for it

const box = sandbox();
const TOKEN = 'a-token-of-the-tests';
const DVC = clientProgram('dvc', 'dvc');
const REPO = 'https://git.example.com/team/models';
let registry: Repository;
let server: ServedThere;

beforeAll(async () => {
  if (DVC === undefined) return;
  registry = servedRegistry(box);
  registry.git('remote', 'add', 'origin', `${REPO}.git`);
  const tokenFile = join(box.root, 'tokens');
  writeFileSync(tokenFile, `ann ${TOKEN}\n`);
  server = await serveThere(box, { registries: { '': registry.dir }, tokenFile, s3Port: 0 });
});
afterAll(() => server?.close());

const home = (): string => mkdtempSync(join(box.root, 'dvc-'));

function dvc(cwd: string, ...args: string[]): Promise<string> {
  const { PATH = '' } = process.env;
  const own = join(box.root, 'home');
  mkdirSync(own, { recursive: true });
  return runClient(
    DVC ?? '',
    args,
    {
      PATH,
      HOME: own,
      TMPDIR: own,
      DVC_NO_ANALYTICS: '1',
      DVC_STUDIO_URL: `${server.url}/dvc/`,
      DVC_STUDIO_TOKEN: TOKEN,
      AWS_ACCESS_KEY_ID: 'ann',
      AWS_SECRET_ACCESS_KEY: TOKEN,
      AWS_ENDPOINT_URL: server.s3Url ?? '',
      AWS_DEFAULT_REGION: 'us-east-1',
    },
    cwd,
  );
}

describe.skipIf(DVC === undefined)('dvc', () => {
  test('artifacts get loads a stage, a version and a folder', async () => {
    const folder = home();
    const out = await dvc(folder, 'artifacts', 'get', REPO, 'churn', '--stage', 'prod');
    expect(out).toContain('1 file');
    expect(readFileSync(join(folder, 'churn.bin'), 'utf8')).toBe(CHURN.v1);
    await dvc(folder, 'artifacts', 'get', REPO, 'churn', '--rev', 'v1.1.0', '--force');
    expect(readFileSync(join(folder, 'churn.bin'), 'utf8')).toBe(CHURN.v2);
    await dvc(folder, 'artifacts', 'get', REPO, 'teams:llm', '--stage', 'prod');
    for (const [path, text] of Object.entries(LLM))
      expect(readFileSync(join(folder, 'llm', path), 'utf8')).toBe(text);
  }, 120_000);

  test('import-url keeps the entity tag, and update follows the stage', async () => {
    const folder = home();
    await dvc(folder, 'init', '--no-scm', '--quiet');
    await dvc(folder, 'import-url', 's3://churn/eu/prod/churn.bin', '--quiet');
    const file = join(folder, 'churn.bin');
    expect(readFileSync(file, 'utf8')).toBe(CHURN.v1);
    expect(readFileSync(`${file}.dvc`, 'utf8')).toContain(`etag: ${sha256Of(CHURN.v1)}-1`);
    const moved = registry.git('rev-parse', 'churn@v1.1.0^{commit}').trim();
    registry.tag('churn#eu/prod#2', undefined, moved);
    await dvc(folder, 'update', 'churn.bin.dvc', '--quiet');
    expect(readFileSync(file, 'utf8')).toBe(CHURN.v2);
    expect(readFileSync(`${file}.dvc`, 'utf8')).toContain(`etag: ${sha256Of(CHURN.v2)}-1`);
    await dvc(folder, 'get-url', 's3://teams/llm/prod/sub', '--quiet');
    expect(readFileSync(join(folder, 'sub/deep/er/model.bin'), 'utf8')).toBe('deep');
  }, 120_000);
});
