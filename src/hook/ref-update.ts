import { RegError } from '../errors.js';

/** One ref that a push is about to change, as git tells its hooks (githooks(5), pre-receive). */
export interface RefUpdate {
  refName: string;
  /** Undefined where there was no ref. */
  from: string | undefined;
  /** Undefined where there will be none. */
  to: string | undefined;
}

const LINE = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs\/.+)$/;

/**
 * Reads the lines `<old> <new> <ref>` that git gives to the hook.
 * @throws RegError USAGE
 */
export const parseRefUpdates = (text: string): RefUpdate[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, from = '', to = '', refName] = LINE.exec(line) ?? [];
      if (refName === undefined)
        throw new RegError(
          'USAGE',
          `'${line}' is no line of a pre-receive hook`,
          'git gives them: <old> <new> <ref>',
        );
      return { refName, from: oidOf(from), to: oidOf(to) };
    });

const oidOf = (text: string): string | undefined => (/^0+$/.test(text) ? undefined : text);
