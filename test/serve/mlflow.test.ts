import { beforeAll, describe, expect, test } from 'vitest';
import { codeOf } from '../../src/serve/faces/mlflow.js';
import { sandbox } from '../support/repo.js';
import { CHURN, LLM, servedRegistry } from '../support/served-registry.js';
import { type ServedHere, serveHere, sha256Of } from '../support/serving.js';

const box = sandbox();
const registry = servedRegistry(box);
const TOKEN = 'a-token-of-the-tests';
const API = '/mlflow/api/2.0/mlflow';
const FILES = '/mlflow/api/2.0/mlflow-artifacts/artifacts';
let here: ServedHere;
let several: ServedHere;
let guarded: ServedHere;

beforeAll(async () => {
  here = await serveHere(box, { registries: { '': registry.dir } });
  several = await serveHere(box, { registries: { risk: registry.dir, ads: registry.dir } });
  guarded = await serveHere(box, {
    registries: { '': registry.dir },
    tokens: [{ name: 'ann', secret: TOKEN }],
  });
});

/** The parts of answers that these tests look at. */
interface Row {
  name: string;
  version: string;
  path: string;
  current_stage: string;
  tags: { key: string; value: string }[];
  aliases: unknown[];
}
interface Answer {
  error_code?: string;
  registered_model: Row & { latest_versions: Row[] };
  model_version: Row;
  registered_models: Row[];
  model_versions: Row[];
  artifact_uri: string;
  files: Row[];
  next_page_token?: string;
}

const jsonOf = async (path: string, init?: RequestInit, server = here) =>
  (await server.ask(path, init)).json() as Promise<Answer>;
const asked = (route: string, parameters: Record<string, string>): string =>
  `${API}/${route}?${new URLSearchParams(parameters)}`;
const post = (body: unknown): RequestInit => ({ method: 'POST', body: JSON.stringify(body) });
const statusOf = async (path: string, init?: RequestInit, server = here): Promise<unknown[]> => {
  const answer = await server.ask(path, init);
  return [answer.status, ((await answer.json()) as Answer).error_code];
};

describe('versions are whole numbers that never change', () => {
  test.each([
    ['v0.0.1', '1'],
    ['v1.2.3', '1002003'],
    ['v999.999.999', '999999999'],
    // 10^12 and the first 39 bits of `sha256sum` of the text
    ['v1.0.0-rc.1', '1488013741306'],
    ['v1000.0.0', '1136612014406'],
    ['v1.0.0+build', '1196466127420'],
  ])('%s is %s', (version, code) => {
    const bits = BigInt(`0x${sha256Of(version)}`) >> (256n - 39n);
    expect(codeOf(version)).toBe(code.length > 10 ? String(10n ** 12n + bits) : code);
  });
});

describe('a model', () => {
  test('has what clients read', async () => {
    const { registered_model: model } = await jsonOf(asked('registered-models/get', { name: 'churn' }));
    expect(model).toMatchObject({
      name: 'churn',
      creation_timestamp: Date.parse('2026-01-01T00:00:00Z'),
      description: 'who leaves',
      tags: [{ key: 'team', value: 'risk' }],
      latest_versions: [{ version: '1001000', aliases: ['dev'] }],
    });
    expect(model.aliases).toEqual(
      expect.arrayContaining([
        { alias: 'prod', version: '1000000' },
        { alias: 'eu/prod', version: '1000000' },
        { alias: 'dev', version: '1001000' },
      ]),
    );
  });

  test('by an alias has its digest, its commit and where its files are', async () => {
    const { model_version: version } = await jsonOf(
      asked('registered-models/alias', { name: 'churn', alias: 'prod' }),
    );
    expect(version).toMatchObject({
      name: 'churn',
      version: '1000000',
      status: 'READY',
      current_stage: 'eu/prod',
      source: `http://localhost${FILES}/churn@v1.0.0`,
      aliases: ['eu/prod', 'prod'],
    });
    expect(version.tags).toEqual(
      expect.arrayContaining([
        { key: 'reg.version', value: 'v1.0.0' },
        { key: 'reg.commit', value: expect.stringMatching(/^[0-9a-f]{40}$/) },
      ]),
    );
  });

  test.each([
    ['prod', '1000000'],
    ['eu/prod', '1000000'],
    ['dev', '1001000'],
    ['latest', '1001000'],
    ['v1.0.0', '1000000'],
    ['1.0.0', '1000000'],
  ])('its alias %s is %s', async (alias, version) => {
    const body = await jsonOf(asked('registered-models/alias', { name: 'churn', alias }));
    expect(body.model_version.version).toBe(version);
  });

  test.each([
    [undefined, ['1001000']],
    [['prod'], ['1000000']],
    [['Production'], ['1000000']],
    [['v1.0.0'], ['1000000']],
    [
      ['dev', 'prod'],
      ['1001000', '1000000'],
    ],
  ])('its latest versions for %j', async (stages, versions) => {
    const path = `${API}/registered-models/get-latest-versions`;
    const body = await jsonOf(path, post({ name: 'churn', ...(stages && { stages }) }));
    expect(body.model_versions.map((one) => one.version)).toEqual(versions);
    if (stages) expect(body.model_versions[0]?.current_stage).toBe(stages[0]);
  });

  test.each(['teams:llm', 'teams%3Allm'])('%s is a name, also escaped once more', async (name) => {
    const { registered_model: model } = await jsonOf(asked('registered-models/get', { name }));
    expect(model.latest_versions).toMatchObject([{ version: '1000', aliases: ['prod'] }]);
  });

  test('of one of several registries has its name before it', async () => {
    const path = asked('registered-models/alias', { name: 'risk%2Fchurn', alias: 'prod' });
    const { model_version: version } = await jsonOf(path, {}, several);
    expect(version).toMatchObject({
      name: 'risk/churn',
      source: `http://localhost${FILES}/risk/churn@v1.0.0`,
    });
    const file = await several.ask(`${FILES}/risk/churn@v1.0.0/churn.bin`);
    expect(await file.text()).toBe(CHURN.v1);
  });
});

describe('errors come at once, in the words of MLflow', () => {
  test.each([
    [asked('registered-models/get', { name: 'nothing' }), 404, 'RESOURCE_DOES_NOT_EXIST'],
    [asked('registered-models/get', {}), 400, 'INVALID_PARAMETER_VALUE'],
    [asked('registered-models/alias', { name: 'churn', alias: 'nothing' }), 404, 'RESOURCE_DOES_NOT_EXIST'],
    [asked('model-versions/get', { name: 'churn', version: '2000000' }), 404, 'RESOURCE_DOES_NOT_EXIST'],
    [asked('model-versions/get', { name: 'churn', version: '7' }), 404, 'RESOURCE_DOES_NOT_EXIST'],
    [asked('model-versions/get', { name: 'open', version: 'v1.0.0' }), 404, 'RESOURCE_DOES_NOT_EXIST'],
    [asked('model-versions/search', { filter: 'name' }), 400, 'INVALID_PARAMETER_VALUE'],
    [asked('model-versions/search', { filter: "stage = 'x'" }), 400, 'INVALID_PARAMETER_VALUE'],
    [asked('model-versions/search', { max_results: '0' }), 400, 'INVALID_PARAMETER_VALUE'],
    [asked('model-versions/search', { page_token: 'x' }), 400, 'INVALID_PARAMETER_VALUE'],
    [asked('registered-models/search', { order_by: 'size' }), 400, 'INVALID_PARAMETER_VALUE'],
    [`${FILES}?path=nothing@v1.0.0`, 404, 'RESOURCE_DOES_NOT_EXIST'],
    [`${FILES}?path=churn@v9.0.0`, 404, 'RESOURCE_DOES_NOT_EXIST'],
    [`${FILES}?path=churn@v1.0.0/nothing`, 404, 'RESOURCE_DOES_NOT_EXIST'],
    [`${FILES}/churn@v1.0.0/nothing.bin`, 404, 'RESOURCE_DOES_NOT_EXIST'],
    [`${API}/experiments/get-by-name?experiment_name=x`, 404, 'ENDPOINT_NOT_FOUND'],
    ['/mlflow/api/3.0/mlflow/server-info', 404, 'ENDPOINT_NOT_FOUND'],
  ])('GET %s is %i %s', async (path, status, code) => {
    expect(await statusOf(path)).toEqual([status, code]);
  });

  test.each([
    ['POST', `${API}/registered-models/create`],
    ['POST', `${API}/registered-models/alias`],
    ['PATCH', `${API}/model-versions/update`],
    ['DELETE', `${API}/registered-models/alias`],
    ['POST', `${API}/runs/create`],
    ['PUT', `${FILES}/churn@v1.0.0/churn.bin`],
  ])('%s %s is not implemented', async (method, path) => {
    const answer = await here.ask(path, { method, body: '{}' });
    expect(answer.status).toBe(501);
    expect(await answer.json()).toMatchObject({
      error_code: 'NOT_IMPLEMENTED',
      message: expect.stringContaining('reg assign'),
    });
  });

  test('a body that is no object is refused', async () => {
    const path = `${API}/registered-models/get-latest-versions`;
    for (const body of ['[', '7', 'null'])
      expect(await statusOf(path, { method: 'POST', body })).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });

  test('a request without a token is refused in its words', async () => {
    const path = asked('registered-models/get', { name: 'churn' });
    expect(await statusOf(path, {}, guarded)).toEqual([401, 'UNAUTHENTICATED']);
    const basic = `Basic ${Buffer.from(`anyone:${TOKEN}`).toString('base64')}`;
    for (const Authorization of [`Bearer ${TOKEN}`, basic])
      expect((await guarded.ask(path, { headers: { Authorization } })).status).toBe(200);
  });
});

describe('searches', () => {
  const versions = async (parameters: Record<string, string>) => {
    const body = await jsonOf(asked('model-versions/search', parameters));
    return body.model_versions.map((one) => `${one.name} ${one.version}`);
  };
  const models = async (parameters: Record<string, string>) => {
    const body = await jsonOf(asked('registered-models/search', parameters));
    return body.registered_models.map((one) => one.name);
  };

  test.each([
    [{ filter: "name = 'churn'" }, ['churn 1001000', 'churn 1000000']],
    [{ filter: "name='churn' AND version_number < 1001000" }, ['churn 1000000']],
    [{ filter: "name LIKE '%:%' and tags.`reg.version` = 'v0.1.0'" }, ['teams:llm 1000']],
    [{ filter: "tag.team = 'risk'", order_by: 'version_number ASC' }, ['churn 1000000', 'churn 1001000']],
    [{ filter: "name IN ('churn', 'open')", max_results: '1' }, ['churn 1001000']],
    [{ filter: "run_id = 'x'" }, []],
  ])('of versions: %j', async (parameters, found) => {
    expect(await versions(parameters as Record<string, string>)).toEqual(found);
  });

  test('pages of versions go on where the last one ended, and leave out what is not pinned', async () => {
    const names: string[] = [];
    for (let token: string | undefined = ''; token !== undefined; ) {
      const body: Answer = await jsonOf(
        asked('model-versions/search', { max_results: '1', page_token: token }),
      );
      names.push(...body.model_versions.map((one) => `${one.name} ${one.version}`));
      token = body.next_page_token;
    }
    expect(names).toEqual(['churn 1001000', 'churn 1000000', 'eu/credit:risk 1000000', 'teams:llm 1000']);
  });

  const PROMPTS = "tag.`mlflow.prompt.is_prompt` != 'true'";
  test.each([
    [{ filter: PROMPTS }, ['bare', 'churn', 'eu/credit:risk', 'open', 'teams:llm']],
    [{ filter: `name LIKE 'ch%' AND ${PROMPTS}` }, ['churn']],
    [{ filter: `name ILIKE 'CH%' AND ${PROMPTS}` }, ['churn']],
    [{ filter: `tags.team != 'ads' AND ${PROMPTS}` }, ['churn']],
    [{ filter: PROMPTS, order_by: 'name DESC', max_results: '2' }, ['teams:llm', 'open']],
    [{ filter: PROMPTS, order_by: 'last_updated_timestamp DESC', max_results: '1' }, ['churn']],
  ])('of models: %j', async (parameters, found) => {
    expect(await models(parameters as Record<string, string>)).toEqual(found);
  });
});

describe('files', () => {
  test('of a folder are listed a level at a time, and one file lists as nothing', async () => {
    const list = async (path: string) => jsonOf(`${FILES}?${new URLSearchParams({ path })}`);
    const root = await list('teams:llm@v0.1.0');
    expect(root.files).toEqual(
      expect.arrayContaining([
        { path: 'config.json', is_dir: false, file_size: LLM['config.json']?.length },
        { path: 'empty.txt', is_dir: false, file_size: 0 },
        { path: 'sub', is_dir: true },
      ]),
    );
    expect((await list('teams:llm@v0.1.0/sub')).files.map((one) => one.path)).toContain('with space.txt');
    expect(await list('teams:llm@v0.1.0/config.json')).toEqual({});
  });

  test.each(Object.entries(LLM))('%s comes whole', async (path, text) => {
    const escaped = path.split('/').map(encodeURIComponent).join('/');
    const answer = await here.ask(`${FILES}/teams:llm@v0.1.0/${escaped}`);
    expect([answer.status, await answer.text()]).toEqual([200, text]);
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
  });

  test('a client does not escape a % in a name', async () => {
    const answer = await here.ask(`${FILES}/teams:llm@v0.1.0/sub/per%20cent.txt`);
    expect(await answer.text()).toBe('percent');
  });

  test('the address of a version leads to them', async () => {
    const path = asked('model-versions/get-download-uri', { name: 'churn', version: '1000000' });
    const { artifact_uri: uri } = await jsonOf(path);
    expect(await (await here.ask(`${new URL(uri).pathname}/churn.bin`)).text()).toBe(CHURN.v1);
  });

  test('a model that has an id is known by it', async () => {
    expect(await jsonOf(`${API}/logged-models/m-1`)).toEqual({ model: { info: { model_id: 'm-1' } } });
  });
});
