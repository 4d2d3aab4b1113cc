import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { sshConfigLines, sshHostName } from '../documents/ssh-config.js';
import { insteadOf } from '../net/git-settings.js';
import { withoutLogin } from '../util/address.js';
import { readIfThere } from '../util/files.js';
import { pagesAt } from './browse.js';
import type { RegistryContext } from './context.js';

/**
 * The address at which a site is known to serve a repository: git may take another one instead (git-config(1), url.<base>.insteadOf), and
 * ssh may know the host by an alias (ssh_config(5)). Where no site is known, it is the address itself.
 */
export async function siteAddress(
  { repository: { largeFiles }, around: { env } }: RegistryContext,
  address: string,
): Promise<string> {
  if (await pagesAt(address)) return address;
  const taken = withoutLogin(insteadOf(await largeFiles.web.settings(), address));
  if (await pagesAt(taken)) return taken;
  const [, alias, path] =
    /^ssh:\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/(.*)$/i.exec(taken) ??
    /^(?:[^@/\s]+@)?([^/\\:@\s]{2,}):(?!\/\/)\/?(.*)$/.exec(taken) ??
    [];
  if (alias === undefined) return address;
  const text = await sshConfig(join(env.HOME ?? env.USERPROFILE ?? '', '.ssh'), 'config');
  const known = `git@${sshHostName(text, alias)}:${path}`;
  return (await pagesAt(known)) ? known : address;
}

/** More files that include each other are a mistake (ssh source, readconf.c). */
const MOST_INCLUDES = 16;

/** A configuration of ssh, with the files that it includes in their place; of patterns those with a star in the last name are read. */
async function sshConfig(folder: string, name: string, depth = 0): Promise<string> {
  const path = resolve(folder, name.replace(/^~\/\.ssh\//, ''));
  const bytes = await readIfThere(path).catch(() => undefined);
  if (bytes === undefined || depth > MOST_INCLUDES) return '';
  const parts = Buffer.from(bytes)
    .toString()
    .split('\n')
    .map(async (line) => {
      const [keyword, ...patterns] = sshConfigLines(line)[0] ?? [];
      if (keyword !== 'include') return line;
      const files = (await Promise.all(patterns.map((one) => matching(folder, one)))).flat();
      return (await Promise.all(files.map((one) => sshConfig(folder, one, depth + 1)))).join('\n');
    });
  return (await Promise.all(parts)).join('\n');
}

async function matching(folder: string, pattern: string): Promise<string[]> {
  const [start = '', end] = basename(pattern).split('*');
  if (end === undefined) return [pattern];
  const at = resolve(folder, dirname(pattern).replace(/^~\/\.ssh(?=\/|$)/, '.'));
  const names = await readdir(at).catch(() => []);
  return names
    .filter((one) => one.startsWith(start) && one.endsWith(end))
    .sort()
    .map((one) => join(at, one));
}
