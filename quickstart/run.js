// Runs the main job in a temporary folder, from a research repository with a trained model to the loaded bytes, and
// shows every command with its real output. Nothing outside that folder is read or written.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'reg-quickstart-'));
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  HOME: folder,
  XDG_CACHE_HOME: join(folder, '.cache'),
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ann Lee',
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Ann Lee',
  GIT_COMMITTER_EMAIL: 'ann@example.com',
  NO_COLOR: '1',
};
let cwd = folder;

/** Shows a command line and runs it; `reg` is the program that was built here. */
function $(line, { quiet = false } = {}) {
  if (!quiet) console.log(`$ ${line}`);
  const shell = `reg() { '${process.execPath}' '${join(project, 'bin/reg.js')}' "$@"; }\n${line}`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', shell], { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${line}\nended with exit code ${status}\n${stdout}${stderr}`);
  if (!quiet) console.log(`${stdout}${stderr}`.replace(/^(?=.)/gm, '  '));
  return stdout.trim();
}

function say(text) {
  console.log(`# ${text}`);
}

function makeRepository(name) {
  cwd = join(folder, name);
  mkdirSync(cwd);
  $('git init -q -b main', { quiet: true });
}

try {
  say('A research repository with a trained model, tagged v1.');
  makeRepository('research');
  cpSync(join(project, 'fixtures/cost-prediction'), cwd, { recursive: true });
  $('git add . && git commit -qm "Train the model" && git tag v1', { quiet: true });
  $('ls models && git describe --tags');

  say('Another repository becomes the registry: it links to the model.');
  makeRepository('registry');
  $('reg init --stages dev,staging,prod');
  $('reg link models/linear_regression.safetensors cost_predictor --source ../research --rev v1');
  $('cat cost_predictor.model.yaml');
  $('git add . && git commit -qm "Link cost_predictor"');

  say('Register it, and put it into a stage.');
  $('reg register cost_predictor');
  $('reg assign cost_predictor dev');

  say('Research retrains on one more parcel and tags v2; the registry follows.');
  cwd = join(folder, 'research');
  $("echo '8.0,150,24.4' >> data.csv && node train.js", { quiet: true });
  $('git commit -qam "Retrain" && git tag v2', { quiet: true });
  cwd = join(folder, 'registry');
  $('reg link models/linear_regression.safetensors cost_predictor --source ../research --rev v2 --force');
  $('git commit -qam "Follow research v2" && reg register cost_predictor --bump minor -m "Retrained in May"');

  say('The first version is in prod, the second replaces it, and is rolled back.');
  $('reg assign cost_predictor@v0.0.1 prod && reg assign cost_predictor@v0.1.0 prod');
  $('reg rollback cost_predictor prod -m "v0.1.0 is slow"');

  say('Ask: what is where, and who put it there?');
  $('reg show');
  $('reg show cost_predictor');
  $('reg history cost_predictor --stage prod');
  $('reg history cost_predictor --stage prod --intervals');
  $('reg which cost_predictor prod --json');

  say('Load what is in prod: the very bytes that were linked, verified by their SHA-256.');
  $("reg load 'cost_predictor#prod' -o model.safetensors");
  const model = readFileSync(join(cwd, 'model.safetensors'));
  const numbers = new Float64Array(
    model.buffer.slice(model.byteOffset + model.length - 24, model.byteOffset + model.length),
  );
  const [intercept, perKilogram, perKilometre] = numbers;
  say(
    `4 kg over 100 km cost ${(intercept + perKilogram * 4 + perKilometre * 100).toFixed(2)} EUR, says the loaded model.`,
  );

  say('And the check for CI.');
  $('reg validate');

  say('Share it, and ask and write by URL: nothing is cloned.');
  const shared = `file://${folder}/shared.git`;
  $(`git clone -q --bare . ../shared.git && git remote add origin ${shared}`, { quiet: true });
  $("git -C ../shared.git tag -d 'cost_predictor#prod#4'", { quiet: true });
  $('reg status || reg sync');
  cwd = folder;
  $(`reg which cost_predictor prod --repo ${shared}`);
  $(`reg assign cost_predictor@v0.1.0 prod --repo ${shared}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
