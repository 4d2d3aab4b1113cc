// Runs commands in turn, so that a noisy machine is noisy for all of them, and compares what they take.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How often each command is run. */
export const RUNS = Number(process.env.RUNS ?? 15);

/** The program as it is installed. */
export const REG = fileURLToPath(new URL('../bin/reg.js', import.meta.url));

/** A command line of `reg`. */
export const reg = (...args) => [process.execPath, REG, ...args];
/** A program that does nothing: what every command of Node costs at least. */
export const NOTHING = [process.execPath, '-e', '0'];

function milliseconds([program, ...args], cwd) {
  const start = process.hrtime.bigint();
  // what is printed goes nowhere: what reads it would be measured too
  const { status, stderr } = spawnSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** The middle one of some numbers. */
export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/**
 * Runs a command and those that it is measured by in turn. Gives the medians, and that of the ratios of each turn.
 * @param yardstick how long it would take by the others' times, in their order
 */
export function compare(command, others, yardstick, { cwd, runs = RUNS }) {
  const rounds = [];
  for (let round = 0; round < runs; round += 1) {
    const others_ = others.map((other) =>
      milliseconds(typeof other === 'function' ? other(round) : other, cwd),
    );
    const own = milliseconds(typeof command === 'function' ? command(round) : command, cwd);
    rounds.push({ own, by: yardstick(...others_) });
  }
  return {
    own: median(rounds.map(({ own }) => own)),
    by: median(rounds.map(({ by }) => by)),
    ratio: median(rounds.map(({ own, by }) => own / by)),
  };
}

/** The most memory that a command takes, in MB (proc(5), VmHWM): what `getrusage` tells is also that of who started it. */
export function peakMemory(args, cwd) {
  const tell =
    "import{readFileSync}from'node:fs';process.on('exit',()=>process.stderr.write('peak '+/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status','utf8'))[1]))";
  const { stderr } = spawnSync(
    process.execPath,
    [`--import=data:text/javascript,${encodeURIComponent(tell)}`, REG, ...args],
    { cwd, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  return Math.round(Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024);
}

/** Prints the head of a table of comparisons. */
export const printHead = (title) =>
  console.log(
    `\n${title}\n\n| command | ms | measured by | ms | ratio | at most |\n|---|--:|---|--:|--:|--:|`,
  );

/** Prints one comparison. */
export const printRow = (name, { own, by, ratio }, yardstick, limit) =>
  console.log(
    `| ${name} | ${own.toFixed(0)} | ${yardstick} | ${by.toFixed(0)} | ${ratio.toFixed(2)} | ${limit ?? ''} |`,
  );
