import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext } from '../../src/open.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const repository = box.repository('registry');
appendFileSync(
  join(repository.dir, '.git/config'),
  ['mirror', 'mirror = yes', 'mirror = 1', 'mirror = TRUE', 'mirror = false', 'mirror = 0', '']
    .map((line, index) => `[remote "r${index}"]\n\turl = ../r${index}\n\t${line}\n`)
    .join(''),
);

test.each(['git', 'embedded'])(
  'a mirror is one however true is written (git-config(1), Values): %s',
  async (REG_GIT) => {
    const host = { env: { ...box.env, REG_GIT }, cwd: repository.dir, now: () => 0 };
    const { names, mirrors } = await (await openContext('.', host)).repository.remotes();
    expect(names).toHaveLength(7);
    expect([...(mirrors ?? [])]).toEqual(['r0', 'r1', 'r2', 'r3']);
  },
);
