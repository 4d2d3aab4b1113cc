import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Run, runReg, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { type GitServer, serveDaemon, serveHttp } from '../support/servers.js';
import { pairs } from '../support/soak.js';
import { type Finding, findingsIn, pasteFix } from './findings.js';
import { EVIDENCE, makeRegistry, tellStory } from './registry.js';

const box = sandbox();
const clone = makeRegistry(box, 'clone', 'churn', 'models:fraud');
const nowhere = join(box.root, 'nowhere');
mkdirSync(nowhere);
let servers: GitServer[];

beforeAll(async () => {
  clone.commit({
    '.reg.yaml': 'stages: [dev, staging, prod]\n',
    'dvc.yaml': 'artifacts: {rank: {path: model.bin}}\n',
  });
  await tellStory(box, clone);
  clone.commit({ 'waiting.model.yaml': 'description: Not yet\nsource: {path: model.bin}\n' });
  clone.tag('rank@v2.0.0-rc.1', 'Before the second');
  clone.tag('rank@deprecated', 'No longer');
  clone.git('tag', 'rank@v3.0.0');
  clone.git('tag', '--annotate', '--message', 'A folder', 'rank@v4.0.0', 'HEAD^{tree}');
  clone.git('tag', '--annotate', '--message', 'A tag of a tag', 'rank@v5.0.0', 'rank@v2.0.0-rc.1');
  clone.writeRawTag(
    `object ${clone.git('rev-parse', 'HEAD')}\ntype commit\ntag rank@v6.0.0\n\nNobody\n`,
    'rank@v6.0.0',
  );
  clone.git('clone', '--quiet', '--bare', '.', join(box.root, 'registry.git'));
  servers = [await serveHttp(box), await serveDaemon(box)];
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

/** Questions, words between spaces; what is behind a bar is asked as of the fourth of January too. */
const QUESTIONS = `
show | show --deprecated | show --registered-only --versions-per-stage -1
show churn | show churn@v1.0.0 | show churn@latest --sort timestamp | show churn#prod | show rank
which churn prod | which churn prod --all | which models:fraud prod | which churn prd | which chrn prod
latest churn | latest models:fraud | latest nobody
history | history churn --stage prod --intervals | history -n 3 --asc | history nobody
history churn@v1.0.0 --since 2026-01-03 --until 2026-01-05T12:00:00Z
stages | stages --used | stages --allowed
check-ref churn#prod#1 | check-ref refs/tags/churn@v1.1.0 | check-ref rank@v3.0.0 | check-ref main
describe churn | describe models:fraud | describe churn#prod | describe waiting | describe rank | describe churn --rev main~1
load churn -o - | load churn#prod -o - | load churn@v1.1.0 -o - | load models:fraud@latest -o - | load waiting -o -
load churn --rev main~2 -o - | load churn --rev no-such-branch -o - | load churn@v9.9.9 -o - | load rank -o -
`
  .split(/[|\n]/)
  .map((line) => line.trim())
  .filter(Boolean);
const PAST = [
  'show',
  'show churn',
  'which churn prod',
  'latest churn',
  'history',
  'stages',
  'load churn#prod -o -',
].map((question) => `${question} --at 2026-01-04T00:00:00Z`);

/** Where the registry is asked for, and how. */
const MODES = ['over file://', 'over git://', 'over http, in JSON'] as const;
const REMOTE_OPTIONS: Record<(typeof MODES)[number], () => string[]> = {
  'over file://': () => ['--repo', `file://${box.root}/registry.git`],
  'over git://': () => ['--repo', `${servers[1]?.url}/registry.git`],
  'over http, in JSON': () => ['--json', '--repo', `${servers[0]?.url}/registry.git`],
};
const asked = pairs([...QUESTIONS, ...PAST], MODES);

/** Three at a time: what a small machine can do. */
async function askAll(questions: readonly string[], cwd: string, ...options: string[]): Promise<string[]> {
  const answers: string[] = [];
  const waiting = questions.entries();
  const askOn = async (): Promise<void> => {
    for (const [place, question] of waiting)
      answers[place] = said(question, await runReg(box, { cwd }, ...question.split(' '), ...options));
  };
  await Promise.all([askOn(), askOn(), askOn()]);
  return answers;
}

/** Hints ask the registry that was asked, and are the same otherwise. */
const ELSEWHERE = / --repo \S+\/registry\.git\b| \(in a clone\)/g;

const said = (question: string, { stdout, stderr, code }: Run): string =>
  `${question}\n${stdout.replace(EVIDENCE, '')}-- stderr --\n${stderr.replaceAll(ELSEWHERE, '')}-- exit ${code} --`;

test.each(MODES)('every question has the answer that a clone gives, %s', async (mode) => {
  const questions = asked.flatMap(([question, one]) => (one === mode ? [question] : []));
  const here = await askAll(questions, clone.dir, ...(mode.endsWith('JSON') ? ['--json'] : []));
  expect(here.filter((answer) => answer.endsWith('exit 0 --')).length).toBeGreaterThan(here.length / 2);
  expect(await askAll(questions, nowhere, ...REMOTE_OPTIONS[mode]())).toEqual(here);
});

test('the doctor finds the same as in a clone, and its fixes work at the remote', async () => {
  const url = `file://${box.root}/registry.git`;
  const there = await runReg(box, { cwd: nowhere }, 'doctor', '--json', '--repo', url);
  const findings = JSON.parse(there.stdout) as Finding[];
  const brief = (found: readonly Finding[]) =>
    found.map(({ check, subject }) => `${check} ${subject}`).sort();
  expect(brief(findings)).toEqual(brief(await findingsIn(box, clone)));
  for (const { fix } of findings) if (fix !== null) pasteFix(box, clone, fix);
  const after = await runReg(box, { cwd: nowhere }, 'doctor', '--repo', url);
  expect(transcript(after)).toMatchInlineSnapshot(`
    "$ reg doctor --repo file://<tmp>/registry.git
    warning	odd-object	rank@v5.0.0	the tag counts and nothing has to be done, but it points at another tag, not at a commit	-
    info	shared-commit	rank	v2.0.0-rc.1 and v5.0.0 are the same commit, <oid 1, short>	-
    -- exit 1 --
    "
  `);
});
