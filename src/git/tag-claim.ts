import { mayState } from '../domain/event.js';
import { type Claim, confirms, type Said, states } from '../domain/outline.js';
import { decodeTag, MalformedTag } from './tag-object.js';

/** The header of a tag of a commit as nearly all are, four lines (git-mktag(1)). */
const HEADER = /object [0-9a-f]+\ntype commit\ntag [^\n]*\ntagger [^\n<]*<[^\n<>]*> \d{1,12} [+-]\d{4}\n\n/y;

/**
 * Whether a tag object confirms a claim.
 * @param text holds its content between two places, a letter for each byte
 */
export const textConfirms = (claim: Claim, text: string, from: number, to: number): boolean =>
  isUsual(claim, text, from, to) || confirms(claim, saidIn(Buffer.from(text.slice(from, to), 'latin1')));

/** Whether it confirms it and is as nearly every one is, which takes less to tell than to take it apart. */
function isUsual({ commit, of }: Claim, text: string, from: number, to: number): boolean {
  HEADER.lastIndex = from;
  if (!HEADER.test(text) || !text.startsWith(`${commit}\n`, from + 'object '.length)) return false;
  const message = text.slice(HEADER.lastIndex, to);
  // a signature, which begins with dashes, is no part of the message
  return HEADER.lastIndex <= to && !message.includes('--') && (!mayState(message) || states(message, of));
}

/** What a tag object says that leads to a commit itself; undefined of any other. */
export function saidIn(bytes: Buffer): Said | undefined {
  try {
    const { type, object: commit, message } = decodeTag(bytes);
    return type === 'commit' ? { commit, message } : undefined;
  } catch (error) {
    if (error instanceof MalformedTag) return undefined;
    throw error;
  }
}
