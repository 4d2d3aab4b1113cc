// The action: makes a command line of its inputs and runs the program, the one file beside it. Nothing is installed.
const { spawnSync } = require('node:child_process');
const { appendFileSync, chmodSync, mkdirSync, writeFileSync } = require('node:fs');
const { delimiter, join } = require('node:path');

const PROGRAM = process.env.REG_PROGRAM || join(__dirname, '..', 'dist', 'reg.cjs');
const ENV = process.env;

/** An input of the action; empty where it was left out. */
const input = (name) => (ENV[`INPUT_${name.toUpperCase()}`] ?? '').trim();
const lines = (name) =>
  input(name)
    .split('\n')
    .filter((line) => line.trim() !== '');

/** `--name value` where an input has a value. */
const value = (name) => (input(name) === '' ? [] : [`--${name}=${input(name)}`]);
/** `--name` where an input is true. */
const flag = (name) => (isTrue(name) ? [`--${name}`] : []);

function isTrue(name) {
  const text = input(name);
  if (['', 'false'].includes(text)) return false;
  if (text === 'true') return true;
  throw new Error(`input ${name}: '${text}' is neither true nor false`);
}

/** A model as the program takes it: `churn`, or `churn@v1.2.0` with a version. */
function target() {
  const artifact = required('artifact');
  const version = input('version');
  return version === '' || /[@#]/.test(artifact) ? artifact : `${artifact}@${version}`;
}

function required(name) {
  if (input(name) === '')
    throw new Error(`input ${name} is missing: the command '${input('command')}' needs it`);
  return input(name);
}

const write = () => [...value('message'), ...flag('push'), '--output-format=github'];

/** What stands behind the command, by its name. Positional words come behind `--`, so that none of them is an option. */
const COMMANDS = {
  validate: () => [
    ...value('format'),
    ...value('sarif'),
    ...flag('tags'),
    ...value('since'),
    ...value('base'),
    '--',
    ...lines('paths'),
  ],
  'check-ref': () => [
    ...value('other-tags'),
    '--output-format=github',
    '--',
    input('ref') || required('artifact'),
  ],
  register: () => [
    ...value('version'),
    ...value('bump'),
    ...write(),
    '--',
    required('artifact'),
    ...(input('rev') === '' ? [] : [input('rev')]),
  ],
  assign: () => [...value('rev'), ...write(), '--', target(), required('stage')],
  rollback: () => [...write(), '--', required('artifact'), required('stage')],
  which: () => ['--output-format=github', '--', required('artifact'), required('stage')],
  latest: () => ['--output-format=github', '--', required('artifact')],
  load: () => [
    ...value('rev'),
    ...value('output'),
    '--output-format=github',
    '--',
    input('stage') === '' ? target() : `${required('artifact')}#${input('stage')}`,
  ],
  // puts `reg` on the PATH, and runs nothing
  setup: undefined,
};

/** Puts `reg` on the PATH of later steps, run by the same Node. */
function install() {
  const folder = join(ENV.RUNNER_TEMP || require('node:os').tmpdir(), 'reg-bin');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'reg');
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  writeFileSync(program, `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(PROGRAM)} "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(`${program}.cmd`, `@"${process.execPath}" "${PROGRAM}" %*\r\n`);
  if (ENV.GITHUB_PATH) appendFileSync(ENV.GITHUB_PATH, `${folder}\n`);
  ENV.PATH = `${folder}${delimiter}${ENV.PATH}`;
}

function main() {
  install();
  const command = input('command');
  if (!Object.hasOwn(COMMANDS, command))
    throw new Error(`input command: '${command}' is not one of: ${Object.keys(COMMANDS).join(', ')}`);
  const words = COMMANDS[command]?.();
  if (words === undefined) return 0;
  const repository = input('repo') === '' ? [] : [`--repo=${input('repo')}`];
  const { status, error } = spawnSync(process.execPath, [PROGRAM, command, ...repository, ...words], {
    cwd: input('working-directory') || '.',
    stdio: 'inherit',
  });
  if (error) throw error;
  return status ?? 1;
}

try {
  process.exitCode = main();
} catch (error) {
  const text = error.message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  process.stdout.write(`::error title=reg::${text}\n`);
  process.exitCode = 1;
}
