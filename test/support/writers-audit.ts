import { expect } from 'vitest';
import { regIn } from './cli.js';
import type { Repository, Sandbox } from './repo.js';
import type { Campaign } from './writers.js';

/** Everything that has to be so after many wrote about `churn` at the same time. */
export async function expectOneJournal(box: Sandbox, remote: Repository, campaign: Campaign): Promise<void> {
  // a write may lose against others all the time; then it says so, and has written nothing
  expect(campaign.failed.filter(({ code }) => code !== 'BUSY')).toEqual([]);
  const there = tagOids(remote);
  const written = campaign.accepted.map(({ tag, oid }) => [tag, oid]);
  expect(new Set(campaign.accepted.map(({ tag }) => tag)).size).toBe(written.length);
  expect(Object.fromEntries(there)).toEqual(Object.fromEntries(written));
  expectDense(numbersIn(there, /^churn@v0\.0\.(\d+)$/));
  expectDense(numbersIn(there, /^churn#[a-z]+#(\d+)$/));
  expect(campaign.accepted.every(({ pushed }) => pushed)).toBe(true);
  const parents = remote.git('for-each-ref', '--format=%(trailers:key=Reg-Parent)', 'refs/tags').split('\n');
  const named = parents.filter(Boolean);
  // every event but the first names the one before it, and no two the same
  expect(named).toHaveLength(there.size - 1);
  expect(new Set(named).size).toBe(named.length);
  expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
  expectAgreement(campaign);
  await expectTheReadingOfGto(box, remote);
}

function tagOids({ git }: Repository): Map<string, string> {
  const lines = git('for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', 'refs/tags').split('\n');
  return new Map(lines.filter(Boolean).map((line) => line.split(' ') as [string, string]));
}

const numbersIn = (tags: ReadonlyMap<string, string>, pattern: RegExp): number[] =>
  [...tags.keys()].flatMap((tag) => pattern.exec(tag)?.[1] ?? []).map(Number);

const expectDense = (numbers: readonly number[]): void =>
  expect([...numbers].sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));

/** What was written in a clone is there as it is at the remote. */
function expectAgreement({ accepted }: Campaign): void {
  const clones = new Set(accepted.flatMap(({ by }) => by.clone ?? []));
  for (const clone of clones) {
    const here = tagOids(clone);
    for (const { tag, oid, by } of accepted)
      if (by.clone === clone) expect([tag, here.get(tag)]).toEqual([tag, oid]);
    expect(clone.git('fsck', '--strict', '--no-dangling')).toBe('');
  }
}

/** What is current by a reading that shares nothing with `reg`: all tags by date, as gto reads them. */
async function expectTheReadingOfGto(box: Sandbox, remote: Repository): Promise<void> {
  const format = '--format=%(refname:lstrip=2) %(*objectname)';
  const lines = remote.git('for-each-ref', '--sort=taggerdate', format, 'refs/tags').split('\n');
  const versions = new Map<string, string>();
  const stages: Record<string, string | undefined> = {};
  for (const line of lines) {
    const [, version, stage, commit = ''] = /^churn(?:@(v[\d.]+)|#([a-z]+)#\d+) (\w+)$/.exec(line) ?? [];
    if (version !== undefined) versions.set(commit, version);
    else if (stage !== undefined) stages[stage] = versions.get(commit);
  }
  for (const repo of [remote.dir, `file://${remote.dir}`]) {
    const { stdout } = await regIn(box, box.root)('show', '--repo', repo, '--json');
    expect(JSON.parse(stdout)).toMatchObject([
      { artifact: 'churn', latest: `v0.0.${versions.size}`, stages },
    ]);
  }
}
