import type { HistoryReader, LoggedCommit } from '../port.js';
import { expectSuccess, type RunGit } from './run.js';

/** Reads history with the git program. */
export function binaryHistory(git: RunGit): HistoryReader {
  return {
    commitsBetween: async (from, to, most) => {
      const [shallow, log] = await Promise.all([
        git(['rev-parse', '--is-shallow-repository']),
        git([...LOG, `--max-count=${most}`, '--end-of-options', to, `^${from}`]),
      ]);
      for (const result of [shallow, log]) if (result.code < 0) expectSuccess(result, 'reading the history');
      // where history was cut off, what leads to one commit may seem not to
      if (log.code !== 0 || shallow.stdout.toString().trim() !== 'false') return undefined;
      return parseLog(log.stdout.toString());
    },
  };
}

/** Whatever the user configured, the same fields (git-log(1)). */
const LOG = [
  'log',
  '-z',
  '--no-color',
  '--no-show-signature',
  '--no-decorate',
  '--no-notes',
  '--encoding=UTF-8',
  '--format=tformat:%H%x00%ct%x00%an%x00%ae%x00%s',
] as const;

const FIELDS = 5;

function parseLog(text: string): LoggedCommit[] {
  const fields = text.split('\0');
  const commits: LoggedCommit[] = [];
  for (let at = 0; at + FIELDS <= fields.length; at += FIELDS) {
    const [commit = '', time = '', author = '', email = '', subject = ''] = fields.slice(at, at + FIELDS);
    commits.push({ commit, time: Number(time), author, email, subject });
  }
  return commits;
}
