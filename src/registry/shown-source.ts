import { posix } from 'node:path';
import type { LinkSource } from '../documents/link.js';
import { LINK_SUFFIX } from '../documents/link-path.js';
import { isStoreUrl, nameOfKey, splitObjectUrl } from '../stores/url.js';
import { shownUrl, withoutLogin, withoutUserInfo } from '../util/address.js';

/** The source of a link as it may be shown: a login or a signature that somebody wrote into it is left out. */
export const shownSource = ({ repo, url, ...rest }: LinkSource): LinkSource => ({
  ...(repo === undefined ? {} : { repo: withoutLogin(repo) }),
  ...rest,
  ...(url === undefined ? {} : { url: shownUrl(url) }),
});

/** The name that a link gives its model, as far as it can be told without asking the source. */
export function nameInLink({ path, url }: LinkSource): string | undefined {
  if (url !== undefined)
    return isStoreUrl(url) ? nameOfKey(splitObjectUrl(url).name) || undefined : posix.basename(url);
  return path === undefined || path.endsWith(LINK_SUFFIX) || path.includes(':')
    ? undefined
    : // somebody on Windows may have written it
      posix.basename(path.replaceAll('\\', '/'));
}

/** What a link leads to, in words that may be shown. */
export const shownTarget = ({ repo, rev, path, url }: LinkSource): string =>
  url === undefined
    ? [withoutUserInfo(repo ?? 'this repository'), rev, path].filter(Boolean).join(' ')
    : shownUrl(url);
