import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODEL } from '../e2e/registry.js';
import { clientProgram, costBy, runClient, weightsOf } from '../support/clients.js';
import { type Env, sandbox } from '../support/repo.js';
import { CHURN, LLM, servedRegistry } from '../support/served-registry.js';
import { type ServedThere, serveThere, sha256Of } from '../support/serving.js';

// huggingface_hub as it is, of each version that there is an environment for

const box = sandbox();
const TOKEN = 'a-token-of-the-tests';
const SCRIPT = fileURLToPath(new URL('hf.py', import.meta.url));
const VERSIONS = ['hf', 'hf-1', 'hf-0.36'].filter((one) => clientProgram(one, 'python') !== undefined);
let server: ServedThere;

beforeAll(async () => {
  if (VERSIONS.length === 0) return;
  const registry = servedRegistry(box);
  registry.commit({ 'cost.safetensors': MODEL, 'cost.model.yaml': 'source: {path: cost.safetensors}\n' });
  for (const tag of ['cost@v1.0.0', 'cost#prod#1']) registry.tag(tag);
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
  const hub = { HF_ENDPOINT: `${server.url}/hf`, HF_TOKEN: `hf_${TOKEN}`, HF_HUB_DISABLE_TELEMETRY: '1' };
  return { PATH, HOME: home, TMPDIR: home, ...hub, HF_HUB_DISABLE_PROGRESS_BARS: '1' };
}

describe.skipIf(VERSIONS.length === 0)('huggingface_hub', () => {
  test.each(VERSIONS)('%s: what people do with it', async (version) => {
    const found = JSON.parse(
      await runClient(clientProgram(version, 'python') ?? '', [SCRIPT], around(version)),
    );
    const sha = sha256Of(CHURN.v1);
    const named = found['file system']?.error === undefined;
    expect(found).toMatchObject({
      download: CHURN.v1,
      'download with an owner': CHURN.v1,
      'download of main': CHURN.v2,
      'stage with a slash': CHURN.v1,
      snapshot: { files: LLM, again: true, commit: expect.stringMatching(/^[0-9a-f]{40}$/) },
      'snapshot in a folder': ['config.json'],
      'model info': { id: 'churn', file: ['churn.bin', CHURN.v1.length, sha] },
      files: Object.keys(LLM).sort(),
      paths: ['config.json'],
      refs: { branches: ['main', 'dev', 'eu/prod', 'prod'], tags: ['v1.1.0', 'v1.0.0'] },
      commits: ['churn v1.1.0', 'churn v1.0.0'],
      models: ['churn', 'teams/llm'],
      exists: [true, false, true, false, true, false],
      'no such model': { error: 'RepositoryNotFoundError' },
      'no such revision': { error: 'RevisionNotFoundError' },
      withdrawn: { error: 'RevisionNotFoundError' },
      'no such file': { error: expect.stringMatching(/EntryNotFoundError$/) },
      'not pinned': { error: 'RevisionNotFoundError' },
      write: { error: expect.stringMatching(/Error$/), message: expect.stringContaining('reg register') },
      who: 'ann',
    });
    expect(named).toBe(true);
    expect(found['file system']).toMatchObject({ read: CHURN.v1, part: CHURN.v1.slice(2, 5) });
    expect(costBy(found.model)).toBe(costBy(weightsOf(MODEL)));
  });

  test.each(VERSIONS)('%s: its own program loads a stage, and verifies it', async (version) => {
    const program = clientProgram(version, 'hf') ?? '';
    const env = around(`${version}-cli`);
    const printed = await runClient(program, ['download', 'reg/churn', '--revision', 'prod'], env);
    const [folder] = /\/\S*snapshots\/[0-9a-f]{40}/.exec(printed) ?? [];
    expect(readFileSync(join(folder ?? '', 'churn.bin'), 'utf8')).toBe(CHURN.v1);
    if (version !== 'hf-0.36')
      expect(await runClient(program, ['cache', 'verify', 'reg/churn', '--revision', 'prod'], env)).toMatch(
        /verified/i,
      );
  });
});
