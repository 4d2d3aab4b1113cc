import type { Readable } from 'node:stream';
import type { Oid } from '../../domain/event.js';
import type { ObjectType } from '../files/object-type.js';

/** What an object is, without its content. */
export interface ObjectHead {
  type: ObjectType;
  /** Bytes of its content. */
  size: number;
}

/** A whole object. */
export interface FoundObject extends ObjectHead {
  bytes: Buffer;
}

/** Objects by id. One that is missing and one that is corrupt are undefined alike. */
export interface Objects {
  /** Whether there is such an object; that it is whole is not looked at. */
  has(oid: Oid): Promise<boolean>;
  head(oid: Oid): Promise<ObjectHead | undefined>;
  read(oid: Oid): Promise<FoundObject | undefined>;
  /** The content as it comes; memory stays constant unless it is stored as a difference to another object. */
  stream(oid: Oid): Promise<Readable | undefined>;
  /** All ids that begin with these hexadecimal digits, at least two of them. */
  beginning(digits: string): Promise<Oid[]>;
}

/** How many objects are read at a time: enough to keep the disk busy, few enough for the limit on open files. */
const AT_ONCE = 32;

/** Asks about many, each once; those without an answer are missing in the map. */
export async function eachObject<K, T>(
  keys: Iterable<K>,
  ask: (key: K) => Promise<T | undefined>,
): Promise<Map<K, T>> {
  const answers = new Map<K, T>();
  const waiting = new Set(keys).values();
  const askOn = async (): Promise<void> => {
    for (const key of waiting) {
      const answer = await ask(key);
      if (answer !== undefined) answers.set(key, answer);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askOn));
  return answers;
}
