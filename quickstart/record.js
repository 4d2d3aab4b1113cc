// Runs the console blocks of README.md, one after the other, in a temporary folder where time, names and everything else stand
// still, and says where the page shows something else than the program prints; with --write it puts that right.
//
// A comment in front of a block may run something unseen (`<!-- unseen: git init -->`), move the clock on (`<!-- clock: +2 days -->`),
// or have the next block run as on a terminal (`<!-- terminal: 90 columns -->`).
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const page = join(project, 'README.md');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'reg-record-')));
const PART = /<!-- (unseen|clock|terminal): (.*?) -->|```console\n(.*?)```/gs;
const SECONDS = { minute: 60, hour: 3600, day: 86_400, week: 604_800 };

let now = Date.UTC(2026, 4, 4, 9, 0) / 1000;
let columns;
let cwd = join(folder, 'work');

/** Runs a command line as a shell does, and gives everything that it prints. */
function run(line) {
  now += 60;
  const world = [
    `Date.now=()=>${now}000`,
    ...(columns === undefined
      ? []
      : [`Object.assign(process.stdout,{isTTY:true,columns:${columns},rows:99})`]),
  ];
  const env = {
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
  const reg = `NODE_OPTIONS='--import=data:text/javascript,${world.join(';')}' '${process.execPath}' '${join(project, 'bin/reg.js')}'`;
  const script = `reg() { ${reg} "$@"; }\nexec 2>&1\n${line}\ncode=$?\npwd >'${folder}/cwd'\nexit $code`;
  const { status, stdout } = spawnSync('bash', ['-c', script], { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${line}\nended with exit code ${status}\n${stdout}`);
  cwd = readFileSync(join(folder, 'cwd'), 'utf8').trimEnd();
  return stdout;
}

/** The same block with what its commands print now. */
function recorded(block) {
  const lines = block.split('\n').filter((line) => line.startsWith('$ '));
  const shown = lines.map((line) => `${line}\n${run(line.slice(2).replace(/ +# .*$/, ''))}`);
  columns = undefined;
  return `\`\`\`console\n${shown.join('\n')}\`\`\``;
}

function part(text, kind, what, block) {
  if (block !== undefined) return recorded(block);
  if (kind === 'unseen') run(what);
  if (kind === 'terminal') columns = Number.parseInt(what, 10);
  if (kind === 'clock') {
    const [, count, unit] = /^\+(\d+) (minute|hour|day|week)s?$/.exec(what);
    now += count * SECONDS[unit];
  }
  return text;
}

try {
  mkdirSync(cwd);
  cpSync(join(project, 'fixtures/cost-prediction'), join(folder, 'fixture'), { recursive: true });
  const before = readFileSync(page, 'utf8');
  const after = before.replaceAll(PART, part);
  if (process.argv.includes('--write')) writeFileSync(page, after);
  else if (after !== before) {
    const at = [...after].findIndex((letter, index) => letter !== before[index]);
    const line = after.slice(0, at).split('\n').length;
    console.error(
      `README.md:${line}: the program prints something else; npm run build && node quickstart/record.js --write`,
    );
    console.error(`is:  ${before.split('\n')[line - 1]}\nnow: ${after.split('\n')[line - 1]}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
