import { withoutUserInfo } from '../util/address.js';

/** What a provider says, its code before its message when that does not tell it. */
export function codeAndMessage(code: unknown, message: unknown): string {
  const [name, text] = [code, message].map((one) => (one === undefined || one === null ? '' : `${one}`));
  if (!name || text?.includes(name)) return text || 'no reason was given';
  return text ? `${name}: ${text}` : name;
}

/**
 * Makes one line of what was said, without secrets: without these values, as they are and as URLs have them, without any
 * signature of a URL, and without user-info.
 */
export function discreetLine(said: string, secrets: readonly (string | undefined)[]): string {
  const hidden = secrets
    .filter((one): one is string => one !== undefined && one.length >= SHORTEST_SECRET)
    .flatMap((one) => [one, encodeURIComponent(one)]);
  const [line = ''] = said.trim().split(/[\r\n]/);
  const shown = hidden.reduce((rest, one) => rest.replaceAll(one, '***'), line);
  return withoutUserInfo(shown)
    .replace(
      /\b(sig|signature|x-amz-signature|x-goog-signature|token|x-amz-security-token)=[^&\s]+/gi,
      '$1=***',
    )
    .slice(0, LONGEST_LINE);
}

/** Anything shorter may be part of an ordinary word. */
const SHORTEST_SECRET = 4;
const LONGEST_LINE = 300;
