import { tokenVariable } from '../util/host-tokens.js';
import type { HttpResponse } from './http.js';

/** Milliseconds that a server asks to wait, in seconds or until a time of its own clock (RFC 9110, section 10.2.3). */
export function retryAfter({ 'retry-after': asked, date }: HttpResponse['headers']): number | undefined {
  if (asked === undefined) return undefined;
  if (/^\d+$/.test(asked)) return Number(asked) * 1000;
  const pause = Date.parse(asked) - Date.parse(date ?? '');
  return Number.isNaN(pause) ? undefined : Math.max(0, pause);
}

/** The hint behind a server that is busy: it may say how long to wait. */
export function hintToWait(headers: HttpResponse['headers']): string {
  const pause = retryAfter(headers);
  if (!pause) return 'try again later';
  const seconds = Math.ceil(pause / 1000);
  return `try again in ${seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`}`;
}

/** The hint behind a web server that wants a login, by its address. A login never goes into a link. */
export function hintToLogin(address: string): string {
  const variable = URL.canParse(address) ? tokenVariable(address) : undefined;
  const kept = 'keep a login for its host in ~/.netrc or in a credential helper of git';
  return variable === undefined ? kept : `set ${variable}=<user>:<password>, or ${kept}`;
}
