import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openRegistry, type Registry } from '../../src/api.js';
import { clean } from '../../src/cli/render/clean.js';
import { exitCodeOf, RegError } from '../../src/errors.js';
import { keptInside } from '../support/canary.js';
import { sandbox } from '../support/repo.js';
import { rows } from '../support/soak.js';
import {
  atMost,
  type Ended,
  fakeSsh,
  filesBut,
  hostileLinks,
  makeHostileResearch,
  runBounded,
} from './batch.js';
import { RAW, SECRET } from './corpus.js';

const box = sandbox();
const ssh = fakeSsh(box);
const research = makeHostileResearch(box);
const registry = box.repository('registry');
const work = join(box.root, 'work');
const links = hostileLinks();
const right = { artifact: 'right', bytes: 'source: {repo: ../research, rev: main, path: m.bin}\n' };

/** Nothing reaches a network: what is sent goes through a proxy that is not there, or to an ssh that connects to nothing. */
const env = {
  ...keptInside(box),
  ...ssh.env,
  ...Object.fromEntries(
    ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].map((name) => [
      name,
      'http://127.0.0.1:9',
    ]),
  ),
  GIT_PROXY_COMMAND: '/bin/false',
  REG_TIMEOUT: '20',
};
/** What may be written to: the cache, the folder for temporary files, what git keeps to itself, and the log of ssh. */
const OWN = ['cache', 'tmp', 'registry/.git', 'research/.git'];

/** One load out of so many is a run of the program; the others are what it does, without the time that it takes to start. */
const PROGRAM_EVERY = 24;

/** Loads by the library; gives what the program would end with, its errors as they are before they are made fit to be shown. */
async function loadInto(opened: Registry, artifact: string, to: string): Promise<Ended> {
  try {
    await opened.load(artifact, { to: join(work, to) });
    return { code: 0, stdout: '', stderr: '' };
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    const { code, message, hint } = error;
    const stderr = JSON.stringify({ error: { code, message: clean(message), hint: clean(hint ?? '') } });
    return { code: exitCodeOf(code), stdout: '', stderr };
  }
}

const loads = new Map<string, Ended>();
interface Finding {
  file: string;
  level: string;
  rule: string;
  message: string;
}
const findings = new Map<string, Finding[]>();
const validations: Ended[] = [];
let before: string[] = [];

beforeAll(async () => {
  for (const { artifact, bytes } of [right, ...links])
    writeFileSync(join(registry.dir, `${artifact}.model.yaml`), bytes);
  registry.commit();
  box.at('.').git('init', '--quiet', 'work');
  before = filesBut(box.root, ...OWN);
  const opened = await openRegistry(registry.dir, { env: { ...box.env, ...env }, cwd: work });
  const runs = [right, ...links].map(({ artifact }, number) => async (): Promise<void> => {
    const to = `out/${artifact}`;
    const args = ['load', artifact, '-r', registry.dir, '-o', to, '--json'];
    const isRun = number % PROGRAM_EVERY === 0;
    loads.set(artifact, await (isRun ? runBounded(box, work, env, args) : loadInto(opened, artifact, to)));
  });
  await atMost(4, runs);
  const files = [right, ...links].map(({ artifact }) => `${artifact}.model.yaml`);
  const batches = Array.from({ length: Math.ceil(files.length / 40) }, (_, n) =>
    files.slice(n * 40, n * 40 + 40),
  );
  const validate = batches.map(
    (batch) => () => runBounded(box, registry.dir, env, ['validate', ...batch, '--json']),
  );
  for (const run of await atMost(4, validate)) {
    validations.push(run);
    const report = JSON.parse(run.stdout || '{"findings":[]}') as { findings: Finding[] };
    for (const finding of report.findings)
      findings.set(finding.file, [...(findings.get(finding.file) ?? []), finding]);
  }
}, 900_000);

test('a link that is right is loaded, so that the others are not refused for nothing', () => {
  expect(loads.get('right')).toMatchObject({ stderr: '', code: 0 });
});

describe('reg load of a link with', () => {
  test.each(rows(links))('$kind: $what ($artifact)', ({ artifact, code, kind }) => {
    const run = loads.get(artifact);
    expect(run).toMatchObject({ stdout: '' });
    const { error } = JSON.parse(run?.stderr ?? '') as { error: { code: string; message: string } };
    expect(error).toMatchObject({ code });
    expect(run?.code).toBe(exitCodeOf(code));
    expect(error.message).not.toContain('this is a defect');
    expect(run?.stderr).not.toContain(SECRET);
    expect(run?.stderr.replaceAll('\n', '')).not.toMatch(RAW);
    expect(kind).toBeTruthy();
  });
});

describe('reg validate of a link with', () => {
  test.each(rows(links))('$kind: $what ($artifact)', ({ artifact, code }) => {
    const found = findings.get(`${artifact}.model.yaml`) ?? [];
    const errors = found.filter(({ level }) => level === 'error').map(({ rule }) => rule);
    expect(errors.filter((rule) => rulesOf(code).includes(rule))).not.toEqual([]);
    expect(JSON.stringify(found)).not.toContain(SECRET);
  });
});

const rulesOf = (code: string): string[] =>
  code === 'INVALID_LINK' ? ['link-parse', 'link-schema'] : ['link-resolves', 'link-path', 'link-login'];

test('reg validate ends by itself, says what is wrong, and nothing raw', () => {
  for (const { code, stdout, stderr } of validations) {
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: '' });
    expect(stdout).not.toMatch(RAW);
  }
});

test('nothing but the right model is written, nowhere', () => {
  expect(readdirSync(join(work, 'out'))).toEqual(['right']);
  expect(filesBut(box.root, ...OWN, 'work/out')).toEqual(before);
  expect(filesBut(box.root).filter((path) => path.includes('canary'))).toEqual([]);
  expect(registry.git('status', '--porcelain')).toBe('');
  expect(research.git('status', '--porcelain', '--untracked-files=no', '--', 'canary')).toBe('');
});

test('ssh is asked for hosts alone, and never with an option that a link made up', () => {
  const calls = ssh.calls();
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) {
    const [, host, command] =
      /^(?:\[-o\]\[SendEnv=GIT_PROTOCOL\])?(?:\[-G\])?\[([^\]]*)\](?:\[(.*)\])?$/.exec(call) ?? [];
    if (/^\[-o\]\[BatchMode=yes\]/.test(call)) {
      expect(call).toMatch(/^(\[-o\]\[[A-Z][A-Za-z0-9]+=[a-z0-9]+\])*\[-s\]\[[a-z][a-z.]*\]\[sftp\]$/);
      continue;
    }
    expect(host, call).toMatch(/^[^-\s]+$/);
    expect(command, call).toMatch(/^git-upload-pack '/);
  }
});
