// Prints how long questions and writes take among many tags, by the time that git takes to list what they are about.
// It takes a few minutes; SIZES=1000,10000 makes it shorter, --large goes on to a million tags.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, NOTHING, peakMemory, printHead, printRow, reg } from './measure.js';
import { artifactName, makeRegistry } from './registry.js';

const SIZES = (process.env.SIZES ?? '1000,10000,100000').split(',').map(Number);
const LARGEST = 1_000_000;
if (process.argv.includes('--large') && !SIZES.includes(LARGEST)) SIZES.push(LARGEST);
/** What `show` of so many tags may take of memory, in MB. */
const MEMORY = new Map([
  [100_000, 150],
  [LARGEST, 500],
]);
/** No more tags than that are made as files: a million would take a million inodes, and nobody keeps them so. */
const MOST_LOOSE = 10_000;

/** Among more, isomorphic-git takes minutes. */
const MOST_OF_PEERS = 10_000;

const count = (number) => number.toLocaleString('en');
const sum = (...times) => times.reduce((total, time) => total + time, 0);
const ALL =
  '%(refname)%00%(objectname)%00%(*objectname)%00%(taggername)%00%(taggeremail)%00%(taggerdate:unix)%00%(contents)';

function questions(cwd, what) {
  const artifact = artifactName(7);
  const own = ['git', 'for-each-ref', `refs/tags/${artifact}@*`, `refs/tags/${artifact}#*`];
  for (const args of [
    ['which', artifact, 'prod'],
    ['latest', artifact],
  ])
    printRow(
      `reg ${args[0]}, ${what}`,
      compare(reg(...args), [NOTHING, own], sum, { cwd }),
      '`node -e 0` + `git for-each-ref` of the artifact',
      '1.5',
    );
}

/** isomorphic-git resolves one ref after the other, and reads all packed refs for each. */
function peers(cwd, what) {
  const peer = [process.execPath, fileURLToPath(new URL('peer.js', import.meta.url)), cwd, artifactName(7)];
  const measured = compare(reg('which', artifactName(7), 'prod'), [peer], (time) => time, {
    cwd,
  });
  printRow(`reg which, ${what}`, measured, 'the same tags read with isomorphic-git');
}

function overviews(cwd, size, what) {
  const show = compare(
    reg('show'),
    [NOTHING, ['git', 'show-ref', '--tags', '-d']],
    (nothing, list) => nothing + 2 * list,
    { cwd },
  );
  printRow(`reg show, ${what}`, show, '`node -e 0` + 2 × `git show-ref --tags -d`', '3');
  const history = compare(reg('history'), [['git', 'for-each-ref', `--format=${ALL}`]], (list) => list, {
    cwd,
  });
  printRow(`reg history, ${what}`, history, '`git for-each-ref` with all fields', '2');
  const limit = MEMORY.has(size) ? ` (at most ${MEMORY.get(size)})` : '';
  const peaks = [['show'], ['history'], ['which', artifactName(7), 'prod']].map(
    (args) => `${args[0]} ${peakMemory(args, cwd)} MB${args[0] === 'show' ? limit : ''}`,
  );
  console.log(`\nPeak memory, ${what}: ${peaks.join(', ')}.\n`);
}

function writes(cwd, what) {
  let number = 0;
  const tagging = () => {
    number += 1;
    return ['git', 'tag', '-a', '-m', 'event', `foreign-${number}`];
  };
  const options = ['--unlinked', '--force', '-q'];
  const registering = () =>
    reg('register', artifactName(3), 'HEAD', '--version', `9.0.${number}`, ...options);
  const assigning = (round) =>
    reg('assign', artifactName(4), round % 2 ? 'dev' : 'prod', '--version', '1.1.0', '-q');
  for (const [name, command] of [
    ['reg register', registering],
    ['reg assign', assigning],
  ]) {
    const measured = compare(command, [NOTHING, tagging], sum, { cwd });
    printRow(`${name}, ${what}`, measured, '`node -e 0` + `git tag -a`');
    const bare = compare(command, [tagging], (tag) => tag, { cwd });
    printRow(`${name}, ${what}`, bare, '`git tag -a`', '3');
  }
}

function measureSize(size, loose) {
  const cwd = mkdtempSync(join(tmpdir(), 'reg-bench-'));
  try {
    makeRegistry(cwd, size, { loose });
    execFileSync('git', ['config', 'user.name', 'A'], { cwd });
    execFileSync('git', ['config', 'user.email', 'a@example.com'], { cwd });
    const what = `${count(size)} tags${loose ? ' as files' : ''}`;
    printHead(`Among ${what}`);
    questions(cwd, what);
    if (size <= MOST_OF_PEERS) peers(cwd, what);
    overviews(cwd, size, what);
    if (loose) return;
    printHead(`Writing among ${what}`);
    writes(cwd, what);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

for (const size of SIZES) measureSize(size, false);
for (const size of SIZES.filter((one) => one <= MOST_LOOSE)) measureSize(size, true);
