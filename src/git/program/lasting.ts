import type { Readable, Writable } from 'node:stream';
import { type Surroundings, spawnGit } from './run.js';

/** Processes of git that answer questions about objects one after the other: to start git takes longer than to answer. */
export interface LastingGit {
  /**
   * What git would print; undefined where a run of its own has to answer, because it is no such question, asks for too much, or git ended at
   * a corrupt object.
   */
  answer(args: readonly string[], input: Uint8Array): Promise<Buffer | undefined>;
}

/** A process that is not asked for so long ends, in milliseconds. */
const IDLE_MS = 10_000;
/** It has so long for an answer, in milliseconds; a run of its own may take longer. */
const LONGEST_MS = 30_000;
/** Objects that are asked for at a time: a large answer is not to be held in memory. */
const MOST_NAMES = 2000;

const MODES: ReadonlySet<string> = new Set(['--batch', '--batch-check']);

/** Opens processes of git in a folder, each when it is first needed. */
export function lastingGit(cwd: string, around: Surroundings): LastingGit {
  const processes = new Map<string, LastingProcess>();
  return {
    answer: async ([verb, mode = ''], input) => {
      if (verb !== 'cat-file' || !MODES.has(mode)) return undefined;
      const names = Buffer.from(input).toString().split('\n').length - 1;
      if (names === 0 || names > MOST_NAMES) return undefined;
      let running = processes.get(mode);
      if (running === undefined || running.isOver) {
        running = await LastingProcess.start(cwd, around, mode);
        processes.set(mode, running);
      }
      return running.ask(input, names).catch(() => undefined);
    },
  };
}

interface Question {
  /** Answers that are still to come. */
  open: number;
  parts: Buffer[];
  resolve(answer: Buffer): void;
  reject(error: unknown): void;
}

/** One process. Its answers come in the order of the questions. */
class LastingProcess {
  isOver = false;
  readonly #questions: Question[] = [];
  #unread: Buffer[] = [];
  #size = 0;
  /** How many bytes the next answer has at least. */
  #least = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly input: Writable,
    private readonly hasContent: boolean,
    private readonly kill: () => void,
  ) {}

  static async start(cwd: string, around: Surroundings, mode: string): Promise<LastingProcess> {
    const child = await spawnGit(cwd, around, ['cat-file', mode]);
    const { stdin, stdout } = child as typeof child & { stdin: Writable; stdout: Readable };
    const running = new LastingProcess(stdin, mode === '--batch', () => child.kill());
    // it does not keep the program from ending, and ends with it, when its input is closed
    child.unref();
    for (const pipe of [stdin, stdout]) (pipe as unknown as { unref?(): void }).unref?.();
    const end = (): void => running.#end();
    child.once('error', end).once('close', end);
    stdin.on('error', end);
    stdout.on('data', (chunk: Buffer) => running.#take(chunk));
    around.signal?.addEventListener('abort', () => child.kill(), { once: true });
    return running;
  }

  ask(names: Uint8Array, count: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.isOver) return reject(new Error('git ended'));
      this.#questions.push({ open: count, parts: [], resolve, reject });
      this.input.write(names);
      this.#wait(LONGEST_MS);
    });
  }

  /** Ends the process unless something happens before. */
  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#end();
      this.input.end();
      this.kill();
    }, ms);
    // a question is waited for, an idle process is not
    if (this.#questions.length === 0) this.#timer.unref();
  }

  #end(): void {
    this.isOver = true;
    clearTimeout(this.#timer);
    for (const { reject } of this.#questions.splice(0)) reject(new Error('git ended'));
  }

  #take(chunk: Buffer): void {
    this.#unread.push(chunk);
    this.#size += chunk.length;
    // a large object is put together once
    if (this.#size < this.#least) {
      this.#wait(LONGEST_MS);
      return;
    }
    let bytes = this.#unread.length === 1 ? chunk : Buffer.concat(this.#unread);
    this.#least = 0;
    for (let question = this.#questions[0]; question !== undefined; question = this.#questions[0]) {
      const end = this.#endOfAnswer(bytes);
      if (end === undefined) break;
      question.parts.push(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
      question.open -= 1;
      if (question.open > 0) continue;
      this.#questions.shift();
      question.resolve(Buffer.concat(question.parts));
    }
    this.#unread = bytes.length === 0 ? [] : [bytes];
    this.#size = bytes.length;
    this.#wait(this.#questions.length === 0 ? IDLE_MS : LONGEST_MS);
  }

  /** Where the first answer ends (git-cat-file(1), Batch output); undefined while a part of it is missing. */
  #endOfAnswer(bytes: Buffer): number | undefined {
    const line = bytes.indexOf('\n');
    if (line < 0) return undefined;
    const [, size] = /^[0-9a-f]+ [a-z]+ (\d+)$/.exec(bytes.toString('latin1', 0, line)) ?? [];
    const end = size === undefined || !this.hasContent ? line + 1 : line + 1 + Number(size) + 1;
    if (end <= bytes.length) return end;
    this.#least = end;
    return undefined;
  }
}
