import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientProgram, runClient } from '../support/clients.js';
import { type Env, sandbox } from '../support/repo.js';
import { servedRegistry } from '../support/served-registry.js';
import { type ServedThere, serveThere } from '../support/serving.js';

// the client of MLflow as it is, of each version that there is an environment for

const box = sandbox();
const TOKEN = 'a-token-of-the-tests';
const SCRIPT = fileURLToPath(new URL('flow.py', import.meta.url));
const VERSIONS = ['mlflow', 'mlflow-2'].filter((one) => clientProgram(one, 'python') !== undefined);
const MODEL = fileURLToPath(new URL('../../fixtures/mlflow/linear', import.meta.url));
const FILES = ['MLmodel', 'code/linear.py', 'data/weights.json'];
const URIS = [
  'models:/linear@prod',
  'models:/linear/prod',
  'models:/linear/v1.0.0',
  'models:/linear/1000000',
  'models:/linear/latest',
];
let server: ServedThere;

beforeAll(async () => {
  if (VERSIONS.length === 0) return;
  const registry = servedRegistry(box);
  const files = FILES.map(
    (path) => [`models/linear/${path}`, readFileSync(join(MODEL, path), 'utf8')] as const,
  );
  registry.commit({ ...Object.fromEntries(files), 'linear.model.yaml': 'source: {path: models/linear}\n' });
  for (const tag of ['linear@v1.0.0', 'linear#prod#1']) registry.tag(tag);
  const tokenFile = join(box.root, 'tokens');
  writeFileSync(tokenFile, `ann ${TOKEN}\n`);
  server = await serveThere(box, { registries: { '': registry.dir }, tokenFile });
});
afterAll(() => server?.close());

/** The surroundings of a client, with a home of its own. */
function around(name: string): Env {
  const home = join(box.root, name);
  mkdirSync(home, { recursive: true });
  const { PATH = '' } = process.env;
  const flow = { MLFLOW_TRACKING_URI: `${server.url}/mlflow`, MLFLOW_TRACKING_TOKEN: TOKEN };
  return { PATH, HOME: home, TMPDIR: home, ...flow, MLFLOW_DISABLE_TELEMETRY: 'true' };
}

describe.skipIf(VERSIONS.length === 0)('the client of MLflow', () => {
  test.each(VERSIONS)('%s: what people do with it', async (version) => {
    const env = around(version);
    const python = clientProgram(version, 'python') ?? '';
    const found = JSON.parse(await runClient(python, [SCRIPT, ...URIS], env, env.HOME));
    expect(found).toMatchObject({
      // 4 + 1.5 * 2 + 0.25 * 30, by the weights of the file
      ...Object.fromEntries(URIS.map((uri) => [uri, 14.5])),
      models: ['bare', 'churn', 'eu/credit:risk', 'linear', 'open', 'teams:llm'],
      'some models': ['churn'],
      versions: ['1001000', '1000000'],
      alias: '1000000',
      latest: ['1001000'],
      'latest in prod': ['1000000'],
      model: ['dev', 'eu/prod', 'prod'],
      'version tags': 'v1.0.0',
      uri: 'api/2.0/mlflow-artifacts/artifacts/churn@v1.0.0',
      folder: FILES,
      file: readFileSync(join(MODEL, 'data/weights.json'), 'utf8'),
      info: ['python_function'],
      'no such model': { message: expect.stringMatching(/^RESOURCE_DOES_NOT_EXIST: there is no artifact/) },
      'no such alias': { message: expect.stringMatching(/^RESOURCE_DOES_NOT_EXIST: no version of churn/) },
      'not a model': { message: expect.stringContaining('MLmodel') },
      withdrawn: { message: expect.stringMatching(/^RESOURCE_DOES_NOT_EXIST: .*deregistered/) },
      write: { message: expect.stringMatching(/^NOT_IMPLEMENTED: .*reg assign/) },
      run: { message: expect.stringMatching(/^NOT_IMPLEMENTED: /) },
    });
  });
});
