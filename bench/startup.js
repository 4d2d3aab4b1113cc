// Prints how long `reg` takes to start and to answer, as a ratio to `node -e 0` measured in turn with it.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNS = 21;
const reg = fileURLToPath(new URL('../bin/reg.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'reg-bench-'));

/** A repository with that many tags of 100 artifacts, packed. */
function repositoryWith(tagCount) {
  const tags = Array.from({ length: tagCount }, (_, index) => {
    const round = Math.floor(index / 100);
    const artifact = `model-${String(index % 100).padStart(5, '0')}`;
    const name = round % 2 === 0 ? `${artifact}@v1.${round}.0` : `${artifact}#prod#${round}`;
    return `tag ${name}\nfrom :1\ntagger A <a@example.com> ${1_600_000_000 + index} +0000\ndata 6\nevent\n`;
  });
  const commit =
    'commit refs/heads/main\nmark :1\ncommitter A <a@example.com> 1600000000 +0000\ndata 6\nfirst\n';
  execFileSync('git', ['init', '--quiet', folder]);
  execFileSync('git', ['fast-import', '--quiet'], { cwd: folder, input: commit + tags.join('') });
  execFileSync('git', ['pack-refs', '--all'], { cwd: folder });
}

function milliseconds(args) {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Runs both in turn, so that a noisy machine is noisy for both. */
function compare(name, args, limit) {
  const pairs = Array.from({ length: RUNS }, () => [milliseconds(['-e', '0']), milliseconds(args)]);
  const empty = median(pairs.map(([first]) => first));
  const own = median(pairs.map(([, second]) => second));
  const ratio = median(pairs.map(([first, second]) => second / first));
  console.log(
    `${name.padEnd(34)} ${own.toFixed(0).padStart(4)} ms   ${ratio.toFixed(2)} x node -e 0 (${empty.toFixed(0)} ms), wanted ${limit}`,
  );
}

try {
  repositoryWith(10_000);
  compare('reg --version', [reg, '--version'], 1.5);
  compare('reg which, among 10,000 tags', [reg, 'which', 'model-00001', 'prod'], 2.5);
  compare('reg latest, among 10,000 tags', [reg, 'latest', 'model-00001'], 2.5);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
