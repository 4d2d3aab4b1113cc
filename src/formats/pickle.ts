import type { Format } from './format.js';
import type { Peek } from './peek.js';
import { pickleCursor } from './pickle-cursor.js';
import { OPCODES } from './pickle-opcodes.js';
import { pickleStack } from './pickle-stack.js';

/** How far a pickle could be followed. */
interface Walk {
  /** `stop`: to its end; `on`: it goes on where no more is read; `broken`: to something that no pickle holds. */
  end: 'stop' | 'on' | 'broken';
  /** Whether nothing follows its end. */
  isWhole: boolean;
  /** Whether it called something before. */
  called: boolean;
  isJoblib: boolean;
}

/** A long integer that alone is the first pickle of a file of `torch.save` before 1.6 (PyTorch, torch/serialization.py, MAGIC_NUMBER). */
const OLD_TORCH = Buffer.from('8a0a6cfc9c46f9206aa850192e', 'hex');
const PROTO = 0x80;
const MARK = 0x28;
const POP = 0x30;
const STOP = 0x2e;

/**
 * Recognises pickles, by their opcodes and how many values are on the stack; nothing is run (CPython, Lib/pickletools.py).
 * - Protocols 2 to 5 begin with their number. One that breaks off counts when it has called something by then: loading it
 *   would have run that.
 * - Protocols 0 and 1 begin with nothing of their own, and a text may happen to be one. They count when they call something
 *   that they name, and end with the file.
 * - A joblib file is a pickle with the bytes of arrays in between, each behind a NumpyArrayWrapper (joblib, numpy_pickle.py). It
 *   is taken for a pickle where the first array comes late.
 */
export async function pickleFormat(file: Peek): Promise<Format | undefined> {
  const [first = 0, protocol = 0] = file.head;
  const hasProtocol = first === PROTO && protocol >= 2 && protocol <= 5;
  if (hasProtocol && file.head.subarray(2, 2 + OLD_TORCH.length).equals(OLD_TORCH)) return 'torch';
  const { end, isWhole, called, isJoblib } = await walk(file);
  if (hasProtocol && isJoblib) return 'joblib';
  if (hasProtocol) return end !== 'broken' || called ? 'pickle' : undefined;
  return called && (end === 'on' || (end === 'stop' && isWhole)) ? 'pickle' : undefined;
}

async function walk(file: Peek): Promise<Walk> {
  const cursor = pickleCursor(file);
  const stack = pickleStack();
  let called = false;
  const ended = (end: Walk['end'], isJoblib = false): Walk => ({
    end: end === 'broken' && cursor.isSpent() && !cursor.isAtEnd() ? 'on' : end,
    isWhole: cursor.isAtEnd(),
    called,
    isJoblib,
  });
  for (let code = await cursor.byte(); code !== undefined; code = await cursor.byte()) {
    if (code === STOP) return ended(stack.pop() ? 'stop' : 'broken');
    if (code === MARK) stack.mark();
    else if (code === POP) {
      if (!stack.pop()) return ended('broken');
    } else {
      const opcode = OPCODES.get(code);
      const argument = opcode && (await cursor.argument(opcode.argument));
      if (opcode === undefined || argument === undefined || !stack.apply(opcode.effect))
        return ended('broken');
      if (argument.startsWith('joblib.numpy_pickle')) return ended('on', true);
      called ||= opcode.calls;
    }
  }
  return ended('broken');
}
