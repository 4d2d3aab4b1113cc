import { missingPin } from '../documents/link.js';
import { artifactName } from '../domain/names.js';
import { formatTime } from '../domain/time.js';
import { RegError } from '../errors.js';
import { addressOf } from '../models/address.js';
import type { RegistryContext } from './context.js';
import { resolveLink } from './links.js';
import { chooseLink, type LoadOptions } from './load.js';
import { askMeant } from './meant.js';
import type { ChooseOptions } from './queries.js';
import type { UrlRow } from './rows.js';

/** Which address is wanted. */
export interface UrlOptions extends ChooseOptions, Pick<LoadOptions, 'frozen'> {
  /** Asks for an address that needs no login for so many seconds, at most seven days. */
  expires?: number | undefined;
}

/** The longest that S3 and Google Cloud Storage sign for (their signature version 4). */
const MOST_SECONDS = 7 * 24 * 60 * 60;

/**
 * Finds the address of the bytes that `load` would fetch. Nothing is loaded or verified, and without `expires` a store is not asked
 * whether they are there.
 * @throws RegError SOURCE_UNSUPPORTED for a model in git itself, USAGE for a duration out of range, and what resolving throws
 */
export async function urlOf(
  context: RegistryContext,
  name: string,
  { expires, ...options }: UrlOptions,
): Promise<UrlRow> {
  if (expires !== undefined && !(Number.isInteger(expires) && expires >= 1 && expires <= MOST_SECONDS))
    throw new RegError(
      'USAGE',
      `an address cannot be valid for ${expires} seconds`,
      'give a whole number of seconds, at most seven days',
    );
  const chosen = await askMeant(context, name, (full) => chooseLink(context, artifactName(full), options));
  const { artifact, version, commit, link } = chosen;
  const { home, place, promises } = await resolveLink(context, link, async () => commit);
  const found = await addressOf(place, home);
  const lifetime = expires && { seconds: expires, until: new Date(context.now() + expires * 1000) };
  return {
    artifact,
    version,
    commit,
    url: lifetime ? await found.sign(lifetime) : found.url,
    expires: lifetime ? formatTime(Math.floor(lifetime.until.getTime() / 1000)) : null,
    sha256: promises.find(({ sha256 }) => sha256 !== undefined)?.sha256 ?? null,
    size: promises.find(({ size }) => size !== undefined)?.size ?? null,
    pinned: missingPin(link) === undefined,
    note: found.note ?? null,
  };
}
