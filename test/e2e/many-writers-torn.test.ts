import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { regIn } from '../support/cli.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();

/**
 * Makes git stop in the middle of a transaction, just before it writes one ref: the journal of that ref is a pipe that
 * nobody reads (git writes the journal of each ref and then the ref, one after the other). Gives the pipe.
 */
function stopBefore({ dir, git }: Repository, refName: string): string {
  git('config', 'core.logAllRefUpdates', 'always');
  const journal = join(dir, 'logs', refName);
  mkdirSync(dirname(journal), { recursive: true });
  execFileSync('mkfifo', [journal]);
  return journal;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}

test('a push that is half-way at the remote is no past to decide upon', async () => {
  const registry = makeRegistry(box, 'registry', 'churn');
  const remote = box.repository('remote.git', '--bare');
  registry.git('remote', 'add', 'origin', remote.dir);
  registry.git('push', '--quiet', 'origin', 'main');
  remote.git('clone', '--quiet', '.', join(box.root, 'other'));
  const trace = join(box.root, 'trace');
  const [here, there] = [
    regIn(box, registry.dir),
    regIn(box, join(box.root, 'other'), { GIT_COMMITTER_NAME: 'Bo', GIT_TRACE: trace }),
  ];
  await here('assign', 'churn', 'dev', '--push');
  const turn = (): string => readFileSync(join(remote.dir, 'refs/reg/churn@turn'), 'utf8');
  const before = turn();
  const journal = stopBefore(remote, 'refs/tags/churn#prod#2');
  const first = here('assign', 'churn', 'prod', '--push');
  await until(() => turn() !== before);
  const second = there('assign', 'churn', 'staging', '--push');
  // the second has asked the remote by then
  await until(() => existsSync(trace) && readFileSync(trace, 'utf8').includes(' ls-remote '));
  await sleep(60);
  const reader = openSync(journal, 'r');
  const said = [(await first).stdout, (await second).stdout];
  closeSync(reader);
  expect(said).toEqual(['churn#prod#2\n', 'churn#staging#3\n']);
  const parent = (tag: string): string =>
    remote.git('tag', '--list', '--format=%(trailers:key=Reg-Parent)', tag);
  expect(parent('churn#staging#3')).toContain(remote.git('rev-parse', 'refs/tags/churn#prod#2'));
});
