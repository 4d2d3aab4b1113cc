import { describe, expect, it } from 'vitest';
import type { RegistryContext } from '../src/registry/context.js';
import { history } from '../src/registry/history.js';
import { stages } from '../src/registry/queries.js';
import { overview, versions } from '../src/registry/show.js';
import { type GtoCase, gtoCases, memoryHistory } from './support/histories.js';

/** The calls of a registry over one history, answered in the words of the fixtures. */
function answers(history_: GtoCase) {
  const { repository, commitIds } = memoryHistory(history_);
  const context = {
    repository,
    note: () => undefined,
    remote: async () => 'origin',
    workTree: async () => ({ root: '', read: async () => undefined }),
    configBytes: async () => undefined,
    exclusion: async () => undefined,
  } as unknown as RegistryContext;
  const commitIndex = (oid: string): number => commitIds.indexOf(oid);
  return {
    show: async () => {
      const rows = await overview(context, {});
      return Object.fromEntries(rows.map(({ artifact, latest, stages }) => [artifact, { latest, stages }]));
    },
    versions: async (artifact: string) =>
      (await versions(context, artifact, {}))
        .filter((row) => row.active)
        .map((row) => ({ version: row.version, commit: commitIndex(row.commit), stages: row.stages })),
    history: async () =>
      (await history(context, undefined, { ascending: true })).map(
        ({ email: _email, message: _message, ...row }) => ({
          ...row,
          commit: commitIndex(row.commit),
          time: Date.parse(row.time) / 1000,
        }),
      ),
    stages: () => stages(context, { used: true }),
  };
}

describe.each(gtoCases)('$id: reg answers as gto does', (history_) => {
  const reg = answers(history_);

  it('show', async () => {
    expect(await reg.show()).toEqual(history_.expect.show);
  });

  it('versions, with the stages each is current in', async () => {
    for (const [artifact, expected] of Object.entries(history_.expect.versions))
      expect(await reg.versions(artifact), artifact).toEqual(
        expected.map((row) => ({ ...row, stages: [...row.stages].sort() })),
      );
  });

  it('history', async () => {
    expect(await reg.history()).toEqual(history_.expect.history);
  });

  it('stages', async () => {
    expect(await reg.stages()).toEqual([...history_.expect.stages].sort());
  });
});
