/** Reads a text of JSON from its beginning to its end, value by value, so that nothing is made of what is not wanted. */
export interface JsonCursor {
  /** An object: calls `member` at the value of each member, which has to read it. A name that comes twice is refused. */
  object(member: (name: string) => void): void;
  /** An array: calls `item` at each item, which has to read it. */
  array(item: () => void): void;
  string(): string;
  /** A natural number, written with digits alone; those above 2^53 - 1 are refused. */
  natural(): number;
  /** Refuses everything but white space. */
  end(): void;
}

/**
 * Begins at the beginning of a text (RFC 8259).
 * @param refuse throws, with what is wrong
 */
export function jsonCursor(text: string, refuse: (reason: string) => never): JsonCursor {
  let at = 0;
  /** The next character that is no white space. */
  const peek = (): string => {
    while (isSpace(text.charCodeAt(at))) at += 1;
    return text.charAt(at);
  };
  const take = (wanted: string): boolean => {
    const isNext = peek() === wanted;
    if (isNext) at += 1;
    return isNext;
  };
  const expect = (wanted: string): void => {
    if (!take(wanted)) refuse(`'${wanted}' is expected at character ${at} of its header`);
  };
  const several = (open: string, close: string, one: () => void): void => {
    expect(open);
    if (take(close)) return;
    do one();
    while (take(','));
    expect(close);
  };
  const string = (): string => {
    expect('"');
    const start = at - 1;
    at = endOfString(text, at);
    const value = parseString(text.slice(start, at));
    return value ?? refuse(`there is a malformed string at character ${start} of its header`);
  };
  return {
    object: (member) => {
      const names = new Set<string>();
      several('{', '}', () => {
        const name = string();
        if (names.has(name)) refuse(`${shownName(name)} is in its header twice`);
        names.add(name);
        expect(':');
        member(name);
      });
    },
    array: (item) => several('[', ']', item),
    string,
    natural: () => {
      peek();
      const digits = /^(?:0|[1-9]\d*)(?![\d.eE])/.exec(text.slice(at, at + 17))?.[0];
      const value = Number(digits);
      if (digits === undefined || !Number.isSafeInteger(value))
        return refuse(`a natural number is expected at character ${at} of its header`);
      at += digits.length;
      return value;
    },
    end: () => {
      if (peek() !== '') refuse(`there is more than an object in its header, at character ${at}`);
    },
  };
}

/** A name from a file, fit to be shown in one line. */
export const shownName = (name: string): string => `'${name.length > 80 ? `${name.slice(0, 80)}…` : name}'`;

/** Space, tab, line feed and carriage return. */
const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

/** Behind the quotation mark that ends a string. */
function endOfString(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) at += 1;
  }
  return text.length;
}

/** A string with its quotation marks; undefined when it is malformed, or holds half of a character (RFC 8259, 8.2). */
function parseString(literal: string): string | undefined {
  try {
    // it copies, where a slice would keep the whole text
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' && !/\p{Surrogate}/u.test(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
