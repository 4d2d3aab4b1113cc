import type { Login } from '../port.js';
import type { Surroundings } from './run.js';
import { gitIn, type RunGit } from './run.js';

/** Nobody is asked, on no terminal and in no window (git(1), GIT_TERMINAL_PROMPT; gitcredentials(7)). */
const ASKS_NOBODY = { GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', SSH_ASKPASS: '' } as const;

/** The login for a web address, of the helpers that git's configuration names (git-credential(1)). */
export async function findLogin(
  folder: string,
  around: Surroundings,
  url: string,
  mayAsk: boolean,
): Promise<Login | undefined> {
  const env = mayAsk ? around.env : { ...around.env, ...ASKS_NOBODY };
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

/** Has the helpers keep a login, or forget it. */
export async function tellLogin(
  git: RunGit,
  url: string,
  { username, password }: Login,
  isGood: boolean,
): Promise<void> {
  const login = `username=${username}\npassword=${password}\n`;
  await git(['credential', isGood ? 'approve' : 'reject'], described(url) + login);
}

/** A web address as git-credential(1) takes it; whether the path counts is for credential.useHttpPath to say. */
function described(url: string): string {
  const { protocol, host, pathname, username } = new URL(url);
  const lines = [`protocol=${protocol.slice(0, -1)}`, `host=${host}`, `path=${decoded(pathname).slice(1)}`];
  if (username !== '') lines.push(`username=${decoded(username)}`);
  // a line of its own would make it another address for the helpers (CVE-2020-5260)
  return `${lines.map((line) => line.replaceAll(/[\r\n\0]/g, '')).join('\n')}\n`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
