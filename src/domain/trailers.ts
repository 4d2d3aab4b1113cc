/** Trailers of a tag message: the last paragraph, when all of it is `Key: value` (git-interpret-trailers(1)). */
export type Trailers = ReadonlyMap<string, string>;

/** A message in two parts: what a person wrote, and the trailers that `reg` adds. */
export interface SplitMessage {
  /** The message without its `Reg-` trailers, outer white space removed. */
  text: string;
  /** Keys in lower case, values trimmed; of a repeated key the last value. */
  trailers: Trailers;
}

const TRAILER = /^([A-Za-z0-9][A-Za-z0-9-]*)\s*:\s*(.*)$/;
const OWN = /^reg-/i;

const NONE: Trailers = new Map();

/** Splits a tag's message into text and trailers. */
export function splitMessage(message: string): SplitMessage {
  const text = message.trim();
  const gap = text.lastIndexOf('\n\n');
  const block = gap < 0 ? undefined : trailerBlock(text.slice(gap + 2));
  if (block === undefined) return { text, trailers: NONE };
  const trailers = new Map(block.map(([key, value]) => [key.toLowerCase(), value.trim()]));
  if (!block.some(([key]) => OWN.test(key))) return { text, trailers };
  const others = block.filter(([key]) => !OWN.test(key)).map(([key, value]) => `${key}: ${value}`);
  const body = [text.slice(0, gap), others.join('\n')].join('\n\n').trim();
  return { text: body, trailers };
}

/** What a person wrote, without our trailers, and without the beginning of a signature, which would swallow the trailers behind it. */
export const ownWords = (text: string): string =>
  splitMessage(text).text.replaceAll(/^-----BEGIN/gm, ' -----BEGIN');

/**
 * The values of a trailer that may be repeated, in their order.
 * @param key in lower case
 */
export function trailerValues(message: string, key: string): string[] {
  const text = message.trim();
  const gap = text.lastIndexOf('\n\n');
  const block = gap < 0 ? [] : (trailerBlock(text.slice(gap + 2)) ?? []);
  return block.flatMap(([one, value]) => (one.toLowerCase() === key ? [value.trim()] : []));
}

/** The lines of a trailer block as key and value, continuation lines folded, or undefined when one is neither. */
function trailerBlock(paragraph: string): [string, string][] | undefined {
  const block: [string, string][] = [];
  for (const line of paragraph.split('\n')) {
    const last = block.at(-1);
    const match = TRAILER.exec(line);
    if (match) block.push([match[1] ?? '', match[2] ?? '']);
    else if (last && /^\s+\S/.test(line)) last[1] += ` ${line.trim()}`;
    else return undefined;
  }
  return block;
}

/** Joins text and trailers into a message; trailers of the text itself stay in the same block. */
export function joinMessage(text: string, trailers: readonly (readonly [string, string])[]): string {
  const body = text.trim();
  if (trailers.length === 0) return `${body}\n`;
  const gap = body.lastIndexOf('\n\n');
  const endsInTrailers = gap >= 0 && trailerBlock(body.slice(gap + 2)) !== undefined;
  const lines = trailers.map(([key, value]) => `${key}: ${value}`).join('\n');
  return `${body}${endsInTrailers ? '\n' : '\n\n'}${lines}\n`;
}
