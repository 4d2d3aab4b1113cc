import { Readable } from 'node:stream';
import { RegError } from '../../errors.js';
import { redactorOf, shownAddress } from '../../util/address.js';

/**
 * What git-lfs prints, with a failure told as one of the remote: the program says in English alone what went wrong. What it
 * cannot get it leaves as it is, so that a pointer that comes back is a failure too.
 * @param url of the remote, login included
 */
export function smudged(output: Readable, pointer: string, url: string): Readable {
  const failed = (why: string): RegError =>
    new RegError(
      'REMOTE_FAILED',
      `git-lfs cannot get a file from ${shownAddress(url)}: ${redactorOf(url)(why)}`,
      'see that git-lfs itself can: git lfs fetch, in a clone of that repository',
    );
  const bytes = async function* (): AsyncGenerator<Buffer> {
    let start = Buffer.alloc(0);
    try {
      for await (const chunk of output as AsyncIterable<Buffer>) {
        if (start.length > pointer.length) yield chunk;
        else {
          start = Buffer.concat([start, chunk]);
          if (start.length > pointer.length) yield start;
        }
      }
    } catch (error) {
      throw error instanceof RegError && error.code === 'GIT_FAILED' ? failed(saidIn(error.message)) : error;
    }
    if (start.equals(Buffer.from(pointer))) throw failed('it left the pointer as it is');
    if (start.length <= pointer.length) yield start;
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
