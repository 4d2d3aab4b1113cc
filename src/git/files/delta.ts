/** The sizes of what a difference is applied to and of what comes out (gitformat-pack(5), "Deltified representation"). */
export function deltaSizes(delta: Uint8Array): { base: number; result: number; at: number } {
  const [base, next] = readSize(delta, 0);
  const [result, at] = readSize(delta, next);
  return { base, result, at };
}

/** Seven bits a byte, the lowest first. */
function readSize(bytes: Uint8Array, at: number): [size: number, next: number] {
  let size = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error('a difference breaks off');
    size += (byte & 0x7f) * factor;
    if (byte < 0x80) return [size, at];
  }
}

/**
 * Makes an object from another one and the difference between them.
 * @throws Error when the difference does not fit
 */
export function applyDelta(delta: Uint8Array, base: Uint8Array): Buffer {
  const sizes = deltaSizes(delta);
  if (sizes.base !== base.length) throw new Error('a difference is to another object');
  const result = Buffer.alloc(sizes.result);
  let filled = 0;
  for (let at = sizes.at; at < delta.length; ) {
    const code = delta[at++] ?? 0;
    let part: Uint8Array;
    if (code & 0x80) {
      // a piece of the base: the bits say which bytes of its offset and length follow
      const pick = (bits: readonly number[]): number =>
        bits.reduce((sum, bit, index) => (code & bit ? sum + (delta[at++] ?? 0) * 256 ** index : sum), 0);
      const offset = pick([0x01, 0x02, 0x04, 0x08]);
      const length = pick([0x10, 0x20, 0x40]) || 0x10000;
      part = base.subarray(offset, offset + length);
      if (part.length !== length) throw new Error('a difference reaches beyond its base');
    } else {
      part = delta.subarray(at, at + code);
      at += code;
      if (code === 0 || part.length !== code) throw new Error('a difference is malformed');
    }
    if (filled + part.length > result.length) throw new Error('a difference makes too much');
    result.set(part, filled);
    filled += part.length;
  }
  if (filled !== result.length) throw new Error('a difference makes too little');
  return result;
}
