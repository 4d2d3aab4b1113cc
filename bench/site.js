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

/** 1,000 artifacts with five versions each, every one at a commit of its own, and three stages. */
function makeRegistry() {
  const data = (text) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const commits = [];
  const tags = [];
  const counters = new Map();
  for (let version = 0; version < 5; version += 1)
    for (let index = 0; index < 1000; index += 1) {
      const [mark, date] = [commits.length + 1, 1_600_000_000 + version * 86_400 + index];
      const name = `team-${index % 40}/model-${index}`;
      const link = `source: {url: s3://models/${index}/${version}.onnx}\nsha256: ${mark.toString(16).padStart(64, '0')}\nmetrics: {auc: 0.${version + 70}}\n`;
      commits.push(
        `commit refs/heads/main\nmark :${mark}\ncommitter A <a@e.com> ${date} +0000\n${data('Update')}M 100644 inline ${name}.model.yaml\n${data(link)}`,
      );
      const event = (subject, said) =>
        tags.push(
          `tag team-${index % 40}=model-${index}${subject}\nfrom :${mark}\ntagger A <a@e.com> ${date} +0000\n${data(said)}`,
        );
      event(`@v1.${version}.0`, 'Retrained');
      const counter = (counters.get(name) ?? 0) + 1;
      counters.set(name, counter);
      event(`#${['dev', 'staging', 'prod'][version % 3]}#${counter}`, `Go\n\nReg-Version: v1.${version}.0\n`);
    }
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', repository]);
  execFileSync('git', ['fast-import', '--quiet'], { cwd: repository, input: [...commits, ...tags].join('') });
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
  const again = milliseconds(() =>
    execFileSync(process.execPath, [REG, 'site', '--out', out, '-q'], { cwd: repository }),
  );
  console.log(
    `the same again, with nothing new          ${(again / 1000).toFixed(1)} s   ${(again / git).toFixed(0)} x git for-each-ref`,
  );
  const index = join(out, 'index.html');
  console.log(
    `its overview                              ${(statSync(index).size / 1e6).toFixed(2)} MB, wanted below 0.3`,
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
