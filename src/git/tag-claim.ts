import { type Claim, confirms, type Said } from '../domain/outline.js';
import { decodeTag, MalformedTag } from './tag-object.js';

/**
 * A tag of a commit as nearly all are (git-mktag(1)): four lines of header, a subject, and the trailers of this program or none.
 */
const USUAL =
  /object ([0-9a-f]+)\ntype commit\ntag [^\n]*\ntagger [^\n<]*<[^\n<>]*> \d{1,12} [+-]\d{4}\n\n[^\n]*\n(?:\n(?=Reg-)(?:Reg-Version: (\S+)\n)?(?:Reg-Parent: [0-9a-f]{40,64}\n)?)?/y;

/**
 * Whether a tag object confirms a claim. It is taken apart where it is not as nearly all are, and where it seems to contradict.
 * @param text holds its content between two places, a letter for each byte
 */
export const textConfirms = (claim: Claim, text: string, from: number, to: number): boolean =>
  confirmsUsually(claim, text, from, to) ||
  confirms(claim, saidIn(Buffer.from(text.slice(from, to), 'latin1')));

function confirmsUsually({ commit, of }: Claim, text: string, from: number, to: number): boolean {
  USUAL.lastIndex = from;
  const [, leadsTo, stated = of] = USUAL.exec(text) ?? [];
  return USUAL.lastIndex === to && leadsTo === commit && stated === of;
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
