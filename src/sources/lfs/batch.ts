import * as z from 'zod/mini';
import { RegError } from '../../errors.js';
import type { HttpAnswer } from '../../stores/http-message.js';
import { shownAddress } from '../../util/address.js';
import type { Pointer } from './pointer.js';
import type { Session } from './session.js';

/** Where to get the bytes of one object, and what to say there. */
export interface Download {
  href: string;
  headers: Readonly<Record<string, string>>;
  /** Whether address and headers are all that it takes: a login on top would be refused by many buckets. */
  isAuthenticated: boolean;
}

/** Why a server does not give an object: 404 not there, 410 removed, 422 invalid, or another status of HTTP. */
export interface Refusal {
  status: number;
  message: string;
}

/** How many objects one request may ask for; servers refuse more (docs/api/batch.md, 413). */
export const MOST_OBJECTS = 100;

const MEDIA_TYPE = 'application/vnd.git-lfs+json';

const Answer = z.object({
  transfer: z.optional(z.string()),
  hash_algo: z.optional(z.string()),
  objects: z.array(
    z.object({
      oid: z.string(),
      authenticated: z.optional(z.boolean()),
      actions: z.optional(
        z.object({
          download: z.optional(
            z.object({ href: z.string(), header: z.optional(z.record(z.string(), z.string())) }),
          ),
        }),
      ),
      error: z.optional(z.object({ code: z.number(), message: z.optional(z.string()) })),
    }),
  ),
});

/**
 * Asks a server where objects are (git-lfs docs/api/batch.md). No `ref` is sent: a commit has none, and servers take it into
 * account for uploads.
 * @returns for each object what the server says of it
 * @throws RegError REMOTE_FAILED
 */
export async function askBatch(
  session: Session,
  pointers: readonly Pointer[],
): Promise<Map<string, Download | Refusal>> {
  const { shown, url } = session.server;
  const answer = await session.ask({
    method: 'POST',
    url: `${url}/objects/batch`,
    headers: { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE },
    body: JSON.stringify({
      operation: 'download',
      transfers: ['basic'],
      hash_algo: 'sha256',
      objects: pointers.map(({ oid, size }) => ({ oid, size })),
    }),
  });
  const text = await textOf(answer, shown);
  if (answer.status !== 200) throw refused(session, answer.status, text);
  const { success, data } = Answer.safeParse(jsonIn(text));
  if (!success) throw strange(shown, 'its answer is not that of the batch API');
  const { transfer = 'basic', hash_algo: hash = 'sha256', objects } = data;
  if (transfer !== 'basic') throw strange(shown, `it wants to transfer by '${transfer}'`);
  if (hash !== 'sha256') throw strange(shown, `it names objects by '${hash}'`);
  return new Map(
    objects.map(({ oid, actions, authenticated = false, error }) => {
      const refusal = error && { status: error.code, message: session.redact(brief(error.message ?? '')) };
      return [oid, refusal ?? { ...downloadIn(actions?.download, shown), isAuthenticated: authenticated }];
    }),
  );
}

function downloadIn(
  action: { href: string; header?: Record<string, string> | undefined } | undefined,
  shown: string,
): Omit<Download, 'isAuthenticated'> {
  if (action === undefined) throw strange(shown, 'it names no place to download from');
  const { href, header = {} } = action;
  if (!URL.canParse(href) || !/^https?:\/\//i.test(href))
    throw strange(shown, `it names a place to download from that is no web address: ${shownAddress(href)}`);
  const headers = Object.entries(header).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    value,
  ]);
  // the tokens and field values of RFC 9110, section 5
  for (const [name, value] of headers)
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw strange(shown, `it wants a header to be sent that is none: '${name}'`);
  return { href, headers: Object.fromEntries(headers.filter(([name]) => !OWN_HEADERS.has(name))) };
}

/** What belongs to the connection is ours to say. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'range',
  'transfer-encoding',
]);

const strange = (shown: string, why: string): RegError =>
  new RegError(
    'REMOTE_FAILED',
    `the Git LFS server ${shown} cannot be understood: ${why}`,
    'check the address; what git-lfs talks to is told by: git lfs env',
  );

function refused({ server: { shown }, redact }: Session, status: number, text: string): RegError {
  const said = z.object({ message: z.string() }).safeParse(jsonIn(text)).data?.message ?? '';
  const why = said === '' ? '' : `: ${redact(brief(said))}`;
  return new RegError(
    'REMOTE_FAILED',
    `the Git LFS server ${shown} answered ${status}${why}`,
    hintOf(status),
  );
}

/** The way out of a status of docs/api/batch.md, "Response Errors". */
export function hintOf(status: number): string {
  if (status === 401 || status === 403)
    return 'have a credential helper of git know a login that may read there: git help gitcredentials';
  if (status === 404) return 'check the address and your access; git lfs env tells what git-lfs talks to';
  return 'try again later; the server may have said why';
}

/** Bytes; an answer about a hundred objects with long signatures has some hundred thousand. */
const LARGEST_ANSWER = 8 * 1024 * 1024;

async function textOf({ body }: HttpAnswer, shown: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw strange(shown, `its answer has more than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const brief = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
