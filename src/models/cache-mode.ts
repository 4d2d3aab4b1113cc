import { RegError } from '../errors.js';

/**
 * How the cache takes part in a load: it keeps a copy; it keeps nothing; the target is another name of its file, to which no user may
 * write then.
 */
export type CacheMode = 'copy' | 'off' | 'link';

/**
 * The mode that a user chooses with `REG_CACHE_MODE`; `copy` by default. A repository has no say: a link to the cache that is edited in
 * place would spoil it for every other load.
 * @throws RegError USAGE for another value
 */
export function cacheMode({ REG_CACHE_MODE: asked = '' }: Readonly<NodeJS.ProcessEnv>): CacheMode {
  if (asked === '' || asked === 'copy') return 'copy';
  if (asked === 'off' || asked === 'link') return asked;
  throw new RegError(
    'USAGE',
    `REG_CACHE_MODE is '${asked}', and neither copy, off nor link`,
    'set it to one of them, or unset it',
  );
}
