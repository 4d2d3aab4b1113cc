import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseLocation } from '../../src/domain/location.js';
import { RegError } from '../../src/errors.js';
import { sourceOpener } from '../../src/git/open.js';
import { download } from '../../src/models/download.js';
import { gitModel } from '../../src/models/git.js';
import type { SourceModel } from '../../src/models/source.js';
import type { Env, Sandbox } from './repo.js';
import { cases } from './soak.js';

/** Whether the git-lfs program is on this machine; without it the tests of what it does are left out, by name. */
export const hasGitLfs = spawnSync('git', ['lfs', 'version']).status === 0;

/** A model in git, as links name it. */
export interface Asked {
  /** A URL or an absolute path. */
  repo: string;
  commit: string;
  path: string;
  /** Variables on top of the sandbox's. */
  env?: Env;
  signal?: AbortSignal;
  /** The cache of another reading, to be used again. */
  cache?: string;
}

/**
 * Gives what finds models in git, and what brings them to this disk.
 * @param isInTurn whether what reads git with the program and what reads it without take turns in `npm test`
 */
export function readingIn(box: Sandbox, isInTurn = false) {
  let count = 0;
  let found = 0;
  const find = async ({ repo, commit, path, env, signal, cache }: Asked): Promise<SourceModel> => {
    count += 1;
    found += 1;
    const REG_GIT = isInTurn && cases(1, found % 2) === 0 ? 'embedded' : 'git';
    const around = { env: { ...box.env, REG_GIT, REG_TIMEOUT: '20', ...env }, signal };
    const opener = sourceOpener(join(box.root, cache ?? `cache-${count}`), around);
    return gitModel(await opener.openSource(parseLocation(repo)), commit, path, around);
  };
  /** The bytes of a model that is one file. */
  const read = async (asked: Asked): Promise<Buffer> => {
    const model = await find(asked);
    count += 1;
    const to = join(box.root, `read-${count}`);
    await download(model, to, () => undefined);
    return readFileSync(to);
  };
  /** The error that reading ends with, which must be one that `reg` throws on purpose. */
  const failure = async (asked: Asked): Promise<RegError> => {
    try {
      await read(asked);
    } catch (error) {
      if (error instanceof RegError) return error;
      throw error;
    }
    throw new Error('nothing was refused');
  };
  return { find, read, failure };
}

/** A PATH with git and a shell, and without git-lfs. */
export function pathWithoutLfs(box: Sandbox): string {
  const folder = join(box.root, 'bin-without-lfs');
  mkdirSync(folder, { recursive: true });
  for (const program of ['git', 'sh']) {
    const at = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    symlinkSync(at, join(folder, program));
  }
  return folder;
}
