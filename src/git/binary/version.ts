import { RegError } from '../../errors.js';
import { gitMissing, type RunGit } from './run-git.js';

/** mktag learnt --strict in 2.31, for-each-ref and update-ref what is used here by 2.34. */
const OLDEST = [2, 34] as const;

/**
 * Checks that the git program is there and new enough.
 * @throws RegError GIT_MISSING, GIT_TOO_OLD
 */
export async function requireGit(git: RunGit): Promise<void> {
  const result = await git(['version']);
  if (result.code < 0) throw gitMissing();
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(result.stdout.toString()) ?? [];
  const isNewEnough =
    Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
  if (isNewEnough) return;
  throw new RegError(
    'GIT_TOO_OLD',
    `git ${major}.${minor} is too old`,
    `install git ${OLDEST.join('.')} or newer`,
  );
}
