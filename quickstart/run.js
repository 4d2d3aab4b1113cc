// Plays the console blocks of README.md, one after the other, in a temporary folder where time, names and everything else
// stand still, and shows every command with its output. Nothing outside that folder is written, and it is removed at the end:
// with --keep it stays. With --check it says where the page shows something else than the program prints; --write puts that right.
//
// A comment in front of a block may run something unseen (`<!-- unseen: git init -->`), move the clock on (`<!-- clock: +2 days -->`),
// or have the next block run as on a terminal (`<!-- terminal: 90 columns -->`).
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const page = join(project, 'README.md');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'reg-quickstart-')));
const [keep, check, write] = ['--keep', '--check', '--write'].map((option) => process.argv.includes(option));
const PART = /<!-- (unseen|clock|terminal): (.*?) -->|```console\n(.*?)```/gs;
const SECONDS = { minute: 60, hour: 3600, day: 86_400, week: 604_800 };

let now = Date.UTC(2026, 4, 4, 9, 0) / 1000;
let columns;
let cwd = join(folder, 'work');

/** What a command finds around it: an empty home, a person, and the time of the tour. */
function surroundings() {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    LC_ALL: 'C',
    TZ: 'UTC',
    NO_COLOR: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    ...Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((who) => [
        [`GIT_${who}_NAME`, 'Ann Lee'],
        [`GIT_${who}_EMAIL`, 'ann@example.com'],
        [`GIT_${who}_DATE`, `@${now} +0000`],
      ]),
    ),
  };
}

/** Runs a command line as a shell does, shows it, and gives everything that it prints. */
function run(line) {
  now += 60;
  const world = [`Date.now=()=>${now}000`];
  if (columns !== undefined)
    world.push(`Object.assign(process.stdout,{isTTY:true,columns:${columns},rows:99})`);
  const reg = `NODE_OPTIONS='--import=data:text/javascript,${world.join(';')}' '${process.execPath}' '${join(project, 'bin/reg.js')}'`;
  const script = `reg() { ${reg} "$@"; }\nexec 2>&1\n${line}\ncode=$?\npwd >'${folder}/cwd'\nexit $code`;
  console.log(`$ ${line}`);
  const { status, stdout, error } = spawnSync('sh', ['-c', script], {
    cwd,
    env: surroundings(),
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (stdout !== '') console.log(stdout);
  if (status !== 0) throw new Error(`${line}\nended with exit code ${status}`);
  cwd = readFileSync(join(folder, 'cwd'), 'utf8').trimEnd();
  return stdout;
}

/** The same block with what its commands print now. */
function recorded(block) {
  const shown = block
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => {
      const printed = run(line.slice(2).replace(/ +# .*$/, ''));
      return printed === '' ? `${line}\n` : `${line}\n${printed}\n`;
    });
  columns = undefined;
  return `\`\`\`console\n${shown.join('').replace(/\n+$/, '\n')}\`\`\``;
}

function part(text, kind, what, block) {
  if (block !== undefined) return recorded(block);
  if (kind === 'unseen') run(what);
  if (kind === 'terminal') columns = Number.parseInt(what, 10);
  if (kind === 'clock') {
    const [, count, unit] = /^\+(\d+) (minute|hour|day|week)s?$/.exec(what);
    now += count * SECONDS[unit];
    console.log(`# ${what.slice(1)} later\n`);
  }
  return text;
}

/** Says where the page shows something else than the program printed. */
function compare(before, after) {
  if (after === before) return;
  const at = [...after].findIndex((letter, index) => letter !== before[index]);
  const line = after.slice(0, at).split('\n').length;
  console.error(
    `README.md:${line}: the program prints something else; npm run build && npm run quickstart -- --write`,
  );
  console.error(`is:  ${before.split('\n')[line - 1]}\nnow: ${after.split('\n')[line - 1]}`);
  process.exitCode = 1;
}

try {
  console.log(`# The commands of README.md, in ${cwd}, by Ann Lee in May 2026.\n`);
  mkdirSync(cwd);
  symlinkSync(project, join(cwd, 'reg-src'));
  const before = readFileSync(page, 'utf8');
  const after = before.replaceAll(PART, part);
  if (write) writeFileSync(page, after);
  if (check) compare(before, after);
} finally {
  if (!keep) rmSync(folder, { recursive: true, force: true });
  console.log(
    `# ${folder} ${keep ? 'is still there' : 'was removed; npm run quickstart -- --keep leaves it'}.`,
  );
}
