import { RegError } from './errors.js';

/** Seconds without a sign after which a server is taken for hung. */
const PATIENCE = 60;
/** A day: whoever wants more does not want to wait, and timers of Node.js end after 24 days. */
const LONGEST = 86_400;

/**
 * Seconds without a sign of a server, its progress included, after which it is taken for hung: REG_TIMEOUT, or a minute.
 * @throws RegError USAGE for a REG_TIMEOUT that is no such number
 */
export function patienceOf({ REG_TIMEOUT: text = '' }: NodeJS.ProcessEnv): number {
  if (text === '') return PATIENCE;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= LONGEST) return seconds;
  throw new RegError(
    'USAGE',
    `REG_TIMEOUT is '${text}', and no number of seconds above 0 and at most ${LONGEST}`,
    'set it to seconds, such as REG_TIMEOUT=120, or leave it out for 60',
  );
}
