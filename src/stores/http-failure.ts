import { STATUS_CODES } from 'node:http';
import { interrupted, RegError } from '../errors.js';
import { withoutUserInfo } from '../util/address.js';

/** The error for a server that did not answer, or broke off; what is one already stays as it is. */
export function unreached(shown: string, error: unknown, signal: AbortSignal | undefined): RegError {
  if (signal?.aborted) return interrupted();
  if (error instanceof RegError) return error;
  return new RegError(
    'STORE_FAILED',
    `cannot reach ${shown}: ${withoutUserInfo(whyOf(error))}`,
    'check the address, the network and the proxy; REG_TIMEOUT=<seconds> waits longer',
  );
}

/** What went wrong, in words; several addresses that were tried in vain make an error without any (node:net). */
function whyOf(error: unknown): string {
  const { message, code, errors } = error as Partial<NodeJS.ErrnoException & AggregateError>;
  return message || errors?.map((one) => one.message).join(', ') || code || String(error);
}

/** The error for an answer that is none of those that were hoped for. */
export function refusedBy(
  shown: string,
  { status, headers }: { status: number; headers: Readonly<Record<string, string | undefined>> },
): RegError {
  const said = `it answered ${status}${STATUS_CODES[status] ? ` (${STATUS_CODES[status]})` : ''}`;
  const later = headers['retry-after'];
  switch (status) {
    case 404:
    case 410:
      return new RegError('SOURCE_PATH', `there is no ${shown}: ${said}`, 'check the address');
    case 401:
    case 403:
      return new RegError(
        'STORE_FAILED',
        `${shown} does not let us in: ${said}`,
        'give a login in the address, https://user:password@…, or a signed address that is still valid',
      );
    case 407:
      return new RegError(
        'STORE_FAILED',
        `the proxy on the way to ${shown} does not let us in: ${said}`,
        'give a login in the address of the proxy, http://user:password@…',
      );
    case 429:
    case 503:
      return new RegError(
        'STORE_FAILED',
        `${shown} is busy: ${said}`,
        /^\d+$/.test(later ?? '') ? `try again in ${later} seconds` : 'try again later',
      );
    default:
      return new RegError('STORE_FAILED', `${shown} cannot be read: ${said}`);
  }
}
