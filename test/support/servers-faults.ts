import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, sendAnswer } from './servers-backend.js';

/**
 * What a request to git over HTTP is for. To read and to push alike is a GET that asks what there is, and a POST that gets
 * or brings it (gitprotocol-http(5)).
 */
export type Exchange = 'ask to read' | 'read' | 'ask to push' | 'push';
export const READING: readonly Exchange[] = ['ask to read', 'read'];
export const PUSHING: readonly Exchange[] = ['ask to push', 'push'];

/** What can go wrong with a request. */
export type Fault =
  /** The status of HTTP that it is answered with; git gets to see nothing. */
  | 401
  | 403
  | 500
  /** It is never answered. */
  | 'hangs'
  /** The connection is cut before git gets to see anything. */
  | 'cut before'
  /** Git did what was asked, and the connection is cut before anybody is told. */
  | 'cut after'
  /** The same, and from then on the server is as if it were gone. */
  | 'gone after'
  /** Git did what was asked, and half of its answer arrives. */
  | 'truncated';

/** A fault, the requests that it befalls, and how many of them; all of them when that is not said. */
export interface FaultMode {
  fault: Fault;
  on: readonly Exchange[];
  first?: number;
  /** Whether a refusal repeats the login that was sent, as it does where somebody left the debugging on. */
  repeatsLogin?: boolean;
}

export function exchangeOf({ method, url = '' }: IncomingMessage): Exchange | undefined {
  const service = /\bgit-(upload|receive)-pack$/.exec(url)?.[1];
  if (service === undefined) return undefined;
  if (service === 'upload') return method === 'POST' ? 'read' : 'ask to read';
  return method === 'POST' ? 'push' : 'ask to push';
}

/** Tells the fault of each request: those of a mode that may be changed while the server runs. */
export class Faults {
  private mode: FaultMode | undefined;
  /** How many requests the mode befell so far. */
  befallen = 0;

  set(mode: FaultMode | undefined): void {
    this.mode = mode;
    this.befallen = 0;
  }

  next(request: IncomingMessage): FaultMode | undefined {
    const exchange = exchangeOf(request);
    if (this.mode === undefined || exchange === undefined) return undefined;
    const { mode } = this;
    const { fault, on, first = Number.POSITIVE_INFINITY } = mode;
    if (!on.includes(exchange) || this.befallen >= first) return undefined;
    this.befallen += 1;
    if (fault === 'gone after') this.set({ fault: 'cut before', on: [...READING, ...PUSHING] });
    return mode;
  }
}

/** Answers a request as a fault has it; `ask` lets git do what was asked. */
export async function answerWith(
  mode: FaultMode | undefined,
  { headers }: IncomingMessage,
  response: ServerResponse,
  ask: () => Promise<Answer>,
): Promise<void> {
  if (mode === undefined) return sendAnswer(response, await ask());
  switch (mode.fault) {
    case 'hangs':
      // until the client has had enough, or the server is closed
      return undefined;
    case 'cut before':
      return void response.destroy();
    case 'cut after':
    case 'gone after':
      await ask();
      return void response.destroy();
    case 'truncated': {
      const answer = await ask();
      return sendAnswer(response, answer, Math.floor(answer.body.length / 2));
    }
    default:
      return refuseWith(response, mode.fault, mode.repeatsLogin ? `You sent ${headers.authorization}\n` : '');
  }
}

/** Refuses; git shows what a server says in plain text. */
export function refuseWith(response: ServerResponse, status: 401 | 403 | 500, text = ''): void {
  if (status === 401) response.setHeader('www-authenticate', 'Basic realm="models"');
  if (text !== '') response.setHeader('content-type', 'text/plain');
  response.writeHead(status).end(text);
}
