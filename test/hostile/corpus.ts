import { readFileSync } from 'node:fs';
import type { ErrorCode } from '../../src/errors.js';
import { RegError } from '../../src/errors.js';

/** A text as a row writes it: as it is, as bytes in base64, or as parts that are repeated. */
export type Text = string | { base64: string } | { repeat: [part: string, times: number][] };

/** One hostile input of `fixtures/hostile`, and the code of the error that it must lead to. */
export interface Row<Input = Text> {
  /** What it is, in one sentence. */
  what: string;
  input: Input;
  code: ErrorCode;
}

/** The rows of one kind. */
export function rowsOf<Input = Text>(kind: string): Row<Input>[] {
  const file = new URL(`../../fixtures/hostile/${kind}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Row<Input>[];
}

/** The bytes that a row means. */
export function bytesIn(input: Text): Buffer {
  if (typeof input === 'string') return Buffer.from(input);
  if ('base64' in input) return Buffer.from(input.base64, 'base64');
  return Buffer.from(input.repeat.map(([part, times]) => part.repeat(times)).join(''));
}

/** The text that a row means. */
export const textIn = (input: Text): string => bytesIn(input).toString();

/** The secret of every login in the rows. */
export const SECRET = 'hunter2';

/** What must never reach a terminal as it is: controls of C0, DEL, C1, and marks that turn text around. */
export const RAW = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** How a call ended: with the code of an error that `reg` throws on purpose, or otherwise in words. */
export async function codeOf(call: () => unknown): Promise<string> {
  const error = await outcomeOf(call);
  if (error instanceof RegError) return error.code;
  return error === undefined ? 'it was accepted' : `it crashed: ${error}`;
}

/** What a call threw; undefined when it ended well. */
export async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error ?? 'nothing';
  }
}
