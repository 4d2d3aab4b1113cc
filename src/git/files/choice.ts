import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { RegError } from '../../errors.js';

/**
 * Whether repositories are read without the git program: `REG_GIT=embedded` asks for that, `REG_GIT=git` insists on the
 * program, and otherwise a program that is nowhere on PATH decides. Nothing is started to find out.
 * @throws RegError USAGE when REG_GIT says anything else
 */
export async function isEmbeddedChosen(env: NodeJS.ProcessEnv): Promise<boolean> {
  const { REG_GIT: chosen } = env;
  if (chosen === 'embedded') return true;
  if (chosen === 'git') return false;
  if (chosen)
    throw new RegError('USAGE', `REG_GIT is '${chosen}'`, "set it to 'git' or 'embedded', or not at all");
  return !(await isOnPath(env));
}

/** Windows starts nothing but programs that are named as such; its lists have another separator. */
const PROGRAM = delimiter === ';' ? 'git.exe' : 'git';

async function isOnPath(env: NodeJS.ProcessEnv): Promise<boolean> {
  const path = env.PATH ?? env.Path;
  // the system has a list of its own where there is none (execvp(3)), and git tells when it is not there either
  if (path === undefined) return true;
  for (const folder of path.split(delimiter)) if (await isProgram(join(folder, PROGRAM))) return true;
  return false;
}

const isProgram = async (file: string): Promise<boolean> => {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
};
