import { devNull } from 'node:os';
import type { GitSettings } from '../../documents/git-config.js';
import type { Login } from '../../net/credentials.js';
import type { WebConfig } from '../../net/session.js';
import { once } from '../../util/async.js';
import { percentDecoded } from '../../util/text.js';
import { gitIn, type RunGit, readGitIn, type Surroundings } from './run.js';

/**
 * What git knows of web servers where it runs in a folder: its settings, read once, and its credential helpers.
 * @param folder where git runs
 */
export function gitWebConfig(folder: string, around: Surroundings): WebConfig {
  const settings = once(() => readSettings(folder, around));
  return {
    settings,
    findLogin: async (url, mayAsk) =>
      mayAsk || !(await settings()).some(isBlindHelper) ? findLogin(folder, around, url, mayAsk) : undefined,
    tellLogin: (url, login, isGood) => tellLogin(gitIn(folder, around), url, login, isGood),
  };
}

/** The same without the configuration of any repository. */
export const ownWebConfig = (folder: string, around: Surroundings): WebConfig =>
  gitWebConfig(folder, { ...around, env: { ...around.env, GIT_DIR: devNull } });

/**
 * Whether a setting is a helper for every host that is a piece of shell. Many such print one token whatever they are asked, which is
 * not for the host of an address that came from others (gitcredentials(7), "Custom helpers").
 */
const isBlindHelper = ([key, value]: GitSettings[number]): boolean =>
  key === 'credential.helper' && value.startsWith('!');

/** All settings of git, in their order; none where git reads none. */
async function readSettings(folder: string, around: Surroundings): Promise<GitSettings> {
  const { code, stdout } = await readGitIn(folder, around)(['config', '--null', '--list']);
  if (code !== 0) return [];
  return stdout
    .toString()
    .split('\0')
    .filter(Boolean)
    .map((entry) => {
      const end = entry.indexOf('\n');
      // a variable without a value is true
      return end === -1 ? [entry, 'true'] : [entry.slice(0, end), entry.slice(end + 1)];
    });
}

/** No question on a terminal or in a window (git(1), GIT_TERMINAL_PROMPT; gitcredentials(7)). */
const WITHOUT_PROMPT = { GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', SSH_ASKPASS: '' } as const;

/** The login for a web address, from the helpers of git's configuration (git-credential(1)). */
async function findLogin(
  folder: string,
  around: Surroundings,
  url: string,
  mayAsk: boolean,
): Promise<Login | undefined> {
  const env = mayAsk ? around.env : { ...around.env, ...WITHOUT_PROMPT };
  const git = gitIn(folder, { ...around, env });
  const quiet = mayAsk ? [] : ['-c', 'core.askPass='];
  const { code, stdout } = await git([...quiet, 'credential', 'fill'], described(url));
  if (code !== 0) return undefined;
  const answer = new Map(
    stdout
      .toString()
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const [username, password] = [answer.get('username'), answer.get('password')];
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** Makes the helpers keep a login, or forget it. */
async function tellLogin(
  git: RunGit,
  url: string,
  { username, password }: Login,
  isGood: boolean,
): Promise<void> {
  const login = `username=${username}\npassword=${password}\n`;
  await git(['credential', isGood ? 'approve' : 'reject'], described(url) + login);
}

/** A web address as git-credential(1) reads it; credential.useHttpPath decides whether the path counts. */
function described(url: string): string {
  const { protocol, host, pathname, username } = new URL(url);
  const lines = [`protocol=${protocol.slice(0, -1)}`, `host=${host}`, `path=${decoded(pathname).slice(1)}`];
  if (username !== '') lines.push(`username=${decoded(username)}`);
  // a line break would make it another address for the helpers (CVE-2020-5260)
  return `${lines.map((line) => line.replaceAll(/[\r\n\0]/g, '')).join('\n')}\n`;
}

const decoded = (text: string): string => percentDecoded(text) ?? text;
