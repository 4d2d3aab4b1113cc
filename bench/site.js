// Prints what the site of a registry of 1,000 artifacts takes: to make, in bytes, and to open in a browser, where there is one.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { median, REG } from './measure.js';

const RUNS = 5;
const CHROMIUM = '/usr/bin/chromium';
const folder = mkdtempSync(join(tmpdir(), 'reg-bench-'));
const repository = join(folder, 'registry');

/** 1,000 artifacts with five versions each, in three stages; every one is declared by a link. */
function makeRegistry() {
  const names = Array.from({ length: 1000 }, (_, index) => `model-${index}`);
  const links = names.map((name) => `M 100644 inline ${name}.model.yaml\ndata 21\nsource: {path: a.bin}\n`);
  const event = (name, date) => `tag ${name}\nfrom :1\ntagger A <a@e.com> ${date} +0000\ndata 4\nsaid\n`;
  const tags = names.flatMap((name, index) => [
    ...[0, 1, 2, 3, 4].map((n) => event(`${name}@v1.${n}.0`, 1_600_000_000 + index + n * 86_400)),
    ...['dev', 'staging', 'prod'].map((stage, n) => event(`${name}#${stage}#${n + 1}`, 1_610_000_000 + n)),
  ]);
  const commit = `commit refs/heads/main\nmark :1\ncommitter A <a@e.com> 1500000000 +0000\ndata 5\nfirst\n${links.join('')}`;
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', repository]);
  execFileSync('git', ['fast-import', '--quiet'], { cwd: repository, input: commit + tags.join('') });
  execFileSync('git', ['pack-refs', '--all'], { cwd: repository });
}

function milliseconds(run) {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Milliseconds until a page is loaded and its script has taken it up, in turn with an empty page. */
async function opening(address) {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox'] });
  const times = [];
  for (let run = 0; run < RUNS; run += 1) {
    const page = await browser.newPage();
    const loaded = () => page.evaluate(() => performance.getEntriesByType('navigation')[0].loadEventEnd);
    await page.goto(`data:text/html,<title>${run}</title>`);
    const empty = await loaded();
    await page.goto(address);
    times.push([await loaded(), empty]);
    await page.close();
  }
  await browser.close();
  return [median(times.map(([own]) => own)), median(times.map(([, empty]) => empty))];
}

try {
  makeRegistry();
  const out = join(folder, 'site');
  const git = milliseconds(() =>
    execFileSync('git', ['for-each-ref', '--format=%(contents)'], { cwd: repository }),
  );
  const made = milliseconds(() =>
    execFileSync(process.execPath, [REG, 'site', '--out', out, '-q'], { cwd: repository }),
  );
  console.log(
    `reg site, 1,000 artifacts of 5 versions   ${(made / 1000).toFixed(1)} s   ${(made / git).toFixed(0)} x git for-each-ref`,
  );
  const index = join(out, 'index.html');
  console.log(
    `its overview                              ${(statSync(index).size / 1e6).toFixed(2)} MB, wanted below 1`,
  );
  if (existsSync(CHROMIUM)) {
    const [own, empty] = await opening(pathToFileURL(index).href);
    console.log(
      `opened in Chromium                        ${own.toFixed(0)} ms, wanted below 1000   (an empty page: ${empty.toFixed(0)} ms)`,
    );
  } else console.log('opened in Chromium                        not measured: it is not on this machine');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
