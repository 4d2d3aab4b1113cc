import type { Peek } from './read-at.js';

/** A field of a message, and the place of its content. */
export interface Field {
  number: number;
  /** A number, or bytes: a string or another message. The messages that are read here have no other kinds. */
  kind: 'varint' | 'bytes';
  /** The number of a varint; above 2^53 it is not exact. */
  value: number;
  start: number;
  end: number;
}

/** The fields of a message, up to a limit. */
export interface Message {
  fields: readonly Field[];
  /** Whether these are all its fields. */
  isWhole: boolean;
}

/**
 * Reads the fields of a protocol buffer without their contents, at most `most` of them. Undefined where the bytes are not a
 * message of varints and bytes (Protocol Buffers documentation, "Encoding").
 */
export async function readMessage(
  file: Peek,
  start: number,
  end: number,
  most: number,
): Promise<Message | undefined> {
  const fields: Field[] = [];
  let at = start;
  while (at < end && fields.length < most) {
    const field = readField(await file.at(at, Math.min(20, end - at)), at);
    if (field === undefined || field.end > end) return undefined;
    fields.push(field);
    at = field.end;
  }
  return { fields, isWhole: at === end };
}

/**
 * The fields of a message one after the other, as far as they can be read, at most `most` of them. To read a file forward, read
 * the content of a field before the next field.
 */
export async function* fieldsOf(
  file: Pick<Peek, 'at'>,
  { start, end }: { start: number; end: number },
  most: number,
): AsyncGenerator<Field> {
  let at = start;
  for (let count = 0; at < end && count < most; count += 1) {
    const field = readField(await file.at(at, Math.min(20, end - at)), at);
    if (field === undefined || field.end > end) return;
    yield field;
    at = field.end;
  }
}

function readField(bytes: Buffer, at: number): Field | undefined {
  const tag = readVarint(bytes, 0);
  const content = tag && readVarint(bytes, tag.end);
  if (tag === undefined || content === undefined || tag.value < 8) return undefined;
  const number = Math.floor(tag.value / 8);
  const start = at + content.end;
  switch (tag.value % 8) {
    case 0:
      return { number, kind: 'varint', value: content.value, start, end: start };
    case 2:
      return { number, kind: 'bytes', value: content.value, start, end: start + content.value };
    default:
      return undefined;
  }
}

/** A varint has seven bits in each byte, the lowest first, and at most ten bytes. */
function readVarint(bytes: Buffer, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return undefined;
}
