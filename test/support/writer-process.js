// One of many writers, for the whole of its rounds: a process that writes with the built library, as a service would.
import { execFileSync } from 'node:child_process';
import { openRegistry } from '../../dist/index.js';

const { name, number, rounds, dir, url, stages } = JSON.parse(process.argv[2] ?? '');
const registry = await openRegistry(url ?? dir);
const git = (...args) => execFileSync('git', args, { cwd: dir, encoding: 'utf8' }).trim();

/** Makes a commit that nobody else has; gives what names it. */
function commit(round) {
  const made = git('commit-tree', '-p', 'main', '-m', `${name}: ${round}`, 'main^{tree}');
  if (url === undefined) return made;
  git('update-ref', `refs/heads/${name}`, made);
  return name;
}

/** Tells what came of one write; gives its first row. */
async function tell(writing) {
  const outcome = await writing.then(
    ({ rows }) => ({ rows }),
    ({ code, message }) => ({ code, message }),
  );
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
  return outcome.rows?.[0];
}

let waiting;
for (let round = 0; round < rounds; round += 1) {
  const stage = stages[round % stages.length];
  const push = true;
  // one after the other: two tags in one write, a version, and its stage
  if (waiting) {
    await tell(registry.assign(`churn@${waiting}`, stage, { push }));
    waiting = undefined;
  } else if ((number + round) % 3 === 0)
    await tell(registry.assign('churn', stage, { rev: commit(round), push }));
  else waiting = (await tell(registry.register('churn', { rev: commit(round), push })))?.version;
}
