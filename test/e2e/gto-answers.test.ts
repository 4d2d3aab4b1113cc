import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type GtoCase, gtoCases } from '../support/histories.js';
import { sandbox } from '../support/repo.js';
import { rows } from '../support/soak.js';

const box = sandbox();

/** A registry with one history, written by git fast-import; gives the ids of its commits, oldest first. */
function play({ id, commits, tags }: GtoCase): { dir: string; commitIds: string[] } {
  const { dir, git } = box.repository(id);
  const text = (message: string): string => `data ${Buffer.byteLength(message)}\n${message}\n`;
  const committer = 'Ann Lee <ann@example.com> 1500000000 +0000';
  const stream = Array.from(
    { length: commits },
    (_, n) => `commit refs/heads/main\nmark :${n + 1}\ncommitter ${committer}\n${text(`Commit ${n}`)}\n`,
  );
  for (const { name, commit, time, msg, tagger, light } of tags)
    stream.push(
      light
        ? `reset refs/tags/${name}\nfrom :${commit + 1}\n\n`
        : `tag ${name}\nfrom :${commit + 1}\ntagger ${tagger[0]} <${tagger[1]}> ${time} +0000\n${text(`${msg}\n`)}`,
    );
  execFileSync('git', ['fast-import', '--quiet'], { cwd: dir, env: box.env, input: stream.join('') });
  return { dir, commitIds: git('rev-list', '--reverse', 'main').split('\n') };
}

type Answers = GtoCase['expect'];

interface Row {
  artifact: string;
  version: string | null;
  commit: string;
  tag: string;
  time: string;
  author: string;
}
type Overview = { artifact: string; latest: string | null; stages: Record<string, string> }[];
type Versions = (Row & { active: boolean; stages: string[] })[];
type History = (Row & { event: string; stage: string | null })[];

/** What the built program answers about one history, in the words of the fixtures. */
async function answers(history: GtoCase): Promise<Answers> {
  const { dir, commitIds } = play(history);
  const json = async <T>(...args: string[]): Promise<T | undefined> => {
    const { stdout } = await regIn(box, dir)(...args, '--json');
    return stdout === '' ? undefined : (JSON.parse(stdout) as T);
  };
  const index = (commit: string): number => commitIds.indexOf(commit);
  const versions: Answers['versions'] = {};
  const latest: Answers['latest'] = {};
  for (const name of Object.keys(history.expect.versions)) {
    const rows = (await json<Versions>('show', name)) ?? [];
    versions[name] = rows
      .filter(({ active }) => active)
      .map(({ version, commit, stages }) => ({ version: version ?? '', commit: index(commit), stages }));
    latest[name] = (await json<Row>('latest', name))?.version ?? null;
  }
  const show = (await json<Overview>('show')) ?? [];
  const events = (await json<History>('history', '--asc')) ?? [];
  return {
    show: Object.fromEntries(show.map((row) => [row.artifact, { latest: row.latest, stages: row.stages }])),
    versions,
    latest,
    stages: (await json<string[]>('stages', '--used')) ?? [],
    history: events.map(({ time, artifact, event, version, stage, commit, tag, author }) => ({
      time: Date.parse(time) / 1000,
      artifact,
      event,
      version,
      stage,
      commit: index(commit),
      tag,
      author,
    })),
  };
}

/** What gto answers; the fixtures do not say in which order it names stages. */
const gtoAnswers = ({ expect: { show, versions, latest, stages, history } }: GtoCase): Answers => ({
  show,
  latest,
  history,
  stages: [...stages].sort(),
  versions: Object.fromEntries(
    Object.entries(versions).map(([name, rows]) => [
      name,
      rows.map((row) => ({ ...row, stages: [...row.stages].sort() })),
    ]),
  ),
});

// those that are not asked in `npm test` are asked of histories in memory there (test/gto-answers.test.ts)
test('the histories of fixtures/gto in real repositories have the answers of gto', async () => {
  expect(gtoCases).toHaveLength(30);
  const waiting = rows(gtoCases);
  const workers = Array.from({ length: 3 }, async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      expect(await answers(next), next.id).toEqual(gtoAnswers(next));
  });
  await Promise.all(workers);
}, 120_000);
