import { Readable } from 'node:stream';
import { RegError } from '../../errors.js';
import { redactorOf, shownAddress } from '../location.js';

/**
 * What git-lfs prints, with a failure told as one of the remote: the program says in English alone what went wrong.
 * @param url of the remote, login included
 */
export function smudged(output: Readable, url: string): Readable {
  const bytes = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* output;
    } catch (error) {
      if (!(error instanceof RegError) || error.code !== 'GIT_FAILED') throw error;
      throw new RegError(
        'REMOTE_FAILED',
        `git-lfs cannot get a file from ${shownAddress(url)}: ${redactorOf(url)(saidIn(error.message))}`,
        'see that git-lfs itself can: git lfs fetch, in a clone of that repository',
      );
    }
  };
  return Readable.from(bytes(), { objectMode: false });
}

/** What is worth repeating of all that the program says: not its progress, and not where it logs. */
function saidIn(message: string): string {
  const lines = message.split(/[\r\n]+/).map((line) => line.trim());
  const telling = lines.filter(
    (line) => !/^(git .* failed: )?(Downloading |Errors logged|Use `|$)/.test(line),
  );
  return telling.join(' ') || 'it does not say why';
}
