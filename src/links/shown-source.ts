import { withoutLogin } from '../git/location.js';
import type { LinkSource } from './schema.js';

/** The source of a link as it may be shown: a login that somebody wrote into it is left out. */
export const shownSource = ({ repo, url, ...rest }: LinkSource): LinkSource => ({
  ...(repo === undefined ? {} : { repo: withoutLogin(repo) }),
  ...rest,
  ...(url === undefined ? {} : { url: withoutLogin(url) }),
});
