import { type Claim, confirms, type Said } from '../domain/outline.js';
import { decodeTag, MalformedTag } from './tag-object.js';

/** The header of a tag of a commit as nearly all are, four lines (git-mktag(1)). */
const HEADER =
  /object ([0-9a-f]+)\ntype commit\ntag [^\n]*\ntagger [^\n<]*<[^\n<>]*> \d{1,12} [+-]\d{4}\n\n/y;

/**
 * Whether a tag object confirms a claim.
 * @param text holds its content between two places, a letter for each byte
 */
export const textConfirms = (claim: Claim, text: string, from: number, to: number): boolean =>
  confirms(claim, saidUsually(text, from, to) ?? saidIn(Buffer.from(text.slice(from, to), 'latin1')));

/** What nearly every tag object says, without taking all of it apart; what is not ASCII in a message is not as it was. */
function saidUsually(text: string, from: number, to: number): Said | undefined {
  HEADER.lastIndex = from;
  const [header, commit] = HEADER.exec(text) ?? [];
  if (header === undefined || commit === undefined || from + header.length > to) return undefined;
  const message = text.slice(from + header.length, to);
  // a signature is no part of the message, and begins with dashes
  return message.includes('--') ? undefined : { commit, message };
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
