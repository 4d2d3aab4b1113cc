import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Run, regIn } from '../support/cli-here.js';
import type { Repository, Sandbox } from '../support/repo.js';

/** A small model that was trained for real; see fixtures/cost-prediction/README.md. */
export const MODEL = readFileSync(
  new URL('../../fixtures/cost-prediction/models/linear_regression.safetensors', import.meta.url),
);
export const MODEL_PATH = 'models/linear_regression.safetensors';
export const sha256 = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** A research repository with the trained model, tagged v1. */
export function makeResearch(box: Sandbox, name = 'research'): Repository {
  const research = box.repository(name);
  research.commit({ [MODEL_PATH]: MODEL }, 'Train the model');
  research.tag('v1', 'The first good one');
  return research;
}

/** A registry whose artifacts are links to a file of the registry itself. A commit without files trains the model again. */
export function makeRegistry(box: Sandbox, name: string, ...artifacts: string[]): Repository {
  const registry = box.repository(name);
  const links = artifacts.map((artifact) => [
    `${artifact.replace(':', '/')}.model.yaml`,
    'source: {path: model.bin}\n',
  ]);
  registry.commit({ 'model.bin': 'a model', ...Object.fromEntries(links) });
  let trained = 1;
  return {
    ...registry,
    commit: (files, message) => {
      trained += 1;
      return registry.commit(files ?? { 'model.bin': `a model, trained ${trained} times` }, message);
    },
  };
}

/** A registry that declares artifacts and says nothing of their bytes, so that each commit is something new. */
export function makePlain(box: Sandbox, name: string, ...artifacts: string[]): Repository {
  const registry = box.repository(name);
  registry.commit({ 'artifacts.yaml': artifacts.map((artifact) => `${artifact}: {type: model}\n`).join('') });
  return registry;
}

/** A registry of `churn` with a bare remote, which has the branch. */
export function withRemote(
  box: Sandbox,
  name: string,
  remoteName = 'origin',
): { registry: Repository; remote: Repository } {
  const registry = makeRegistry(box, name, 'churn');
  const remote = box.repository(`${name}.git`, '--bare');
  const inside = join(registry.dir, '.git');
  // as `git remote add` and `git push` leave them, without the half a dozen processes of that
  appendFileSync(
    join(inside, 'config'),
    `[remote "${remoteName}"]\n\turl = ${remote.dir}\n\tfetch = +refs/heads/*:refs/remotes/${remoteName}/*\n`,
  );
  cpSync(join(inside, 'objects'), join(remote.dir, 'objects'), { recursive: true });
  const head = readFileSync(join(inside, 'refs/heads/main'));
  writeFileSync(join(remote.dir, 'refs/heads/main'), head);
  mkdirSync(join(inside, 'refs/remotes', remoteName), { recursive: true });
  writeFileSync(join(inside, 'refs/remotes', remoteName, 'main'), head);
  return { registry, remote };
}

/** Gives what runs one command an hour; words are between spaces. */
export const hourlyIn =
  (box: Sandbox, { dir }: Repository) =>
  async (...commands: string[]): Promise<Run[]> => {
    const runs: Run[] = [];
    for (const command of commands) {
      box.advance(3600);
      runs.push(await regIn(box, dir)(...command.split(' ')));
    }
    return runs;
  };

/** Makes events, the first at once and then one an hour: annotated tags on a rev, such as `churn@v1.0.0 HEAD~1`. */
export function tagHourly(box: Sandbox, registry: Repository, ...tags: string[]): void {
  for (const tag of tags) {
    const [name = '', rev = 'HEAD'] = tag.split(' ');
    registry.tag(name, `Said of ${name}`, rev);
    box.advance(3600);
  }
}

const STORY = [
  ['register', 'churn', '--version', 'v1.0.0', '-m', 'First\n\nTrained on April.'],
  ['assign', 'churn@v1.0.0', 'prod'],
  ['register', 'churn', '--version', 'v1.1.0'],
  ['assign', 'churn@v1.1.0', 'prod'],
  ['assign', 'churn@v1.1.0', 'dev'],
  ['rollback', 'churn', 'prod'],
  ['register', 'models:fraud'],
];

/** Makes seven events, one a day from the first of January on. */
export async function tellStory(box: Sandbox, registry: Repository): Promise<void> {
  for (const args of STORY) {
    if (args[0] === 'register') registry.commit();
    const { code, stderr } = await regIn(box, registry.dir)(...args);
    if (code !== 0) throw new Error(stderr);
    box.advance(24 * 3600);
  }
}

/** What the cost of a delivery is, says a model: intercept + weights · (kilograms, kilometres). */
export function predictCost(model: Uint8Array, kilograms: number, kilometres: number): number {
  // safetensors: length of the header (u64, little endian), the header in JSON, the numbers
  const file = Buffer.from(model);
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, start)) as Record<string, { data_offsets: number[] }>;
  const numbers = (tensor: string): number[] => {
    const [from = 0, to = 0] = header[tensor]?.data_offsets ?? [];
    return Array.from({ length: (to - from) / 8 }, (_, index) => file.readDoubleLE(start + from + index * 8));
  };
  const [intercept = Number.NaN] = numbers('intercept');
  const [perKilogram = Number.NaN, perKilometre = Number.NaN] = numbers('weights');
  return intercept + perKilogram * kilograms + perKilometre * kilometres;
}

/** A question brings no model from a remote, so that only a clone tells the digest of one in git. */
export const EVIDENCE = /^ {2}"evidence": (null|\{[\s\S]*?^ {2}\}),\n/m;
