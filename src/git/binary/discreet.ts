import { redactorOf } from '../../util/address.js';
import { once } from '../../util/async.js';
import type { RunGit } from './run-git.js';

/**
 * Makes git keep the logins of a remote's URLs to itself, also where a server repeats them. The URLs are looked up only when
 * something failed, for nothing else that git says is shown.
 */
export function discreetAbout(git: RunGit, remote: string): RunGit {
  const redactors = once(async () => (await urlsOf(git, remote)).map(redactorOf));
  return async (args, input) => {
    const result = await git(args, input);
    if (result.code === 0) return result;
    const each = await redactors();
    const redact = (text: string): string => each.reduce((rest, one) => one(rest), text);
    const stdout = Buffer.from(redact(result.stdout.toString()));
    return { ...result, stdout, stderr: redact(result.stderr) };
  };
}

async function urlsOf(git: RunGit, remote: string): Promise<string[]> {
  const asked = [[], ['--push']].map((which) => git(['remote', 'get-url', ...which, '--all', '--', remote]));
  const answers = await Promise.all(asked);
  return answers.flatMap(({ stdout }) => stdout.toString().split('\n').filter(Boolean));
}
