import { InvalidArgumentError } from 'commander';
import { type Definer, timeOption } from './define.js';

const AT = ['--at <time>', 'answer as of a time: 2026-05-03 or 2026-05-03T14:30:00Z', timeOption] as const;

/** Defines the commands that ask the registry. */
export function defineReadingCommands({ add, run }: Definer): void {
  add('which <artifact> <stage>', 'say which version is current in a stage', [
    'which churn prod',
    'which churn prod --at 2026-05-03 --json',
  ])
    .option(...AT)
    .option('--all', 'every version in the stage, the current one first')
    .action(run(() => import('./commands/which.js')));

  add('latest <artifact>', 'say which version is the greatest', ['latest churn', 'latest churn --json'])
    .option(...AT)
    .action(run(() => import('./commands/latest.js')));

  add('show [artifact]', 'show all artifacts, or the versions of one', ['show', 'show churn --at 2026-05-03'])
    .option(...AT)
    .option('--deprecated', 'show deprecated artifacts too')
    .action(run(() => import('./commands/show.js')));

  add('history [artifact]', 'show what happened, newest first', [
    'history churn --stage prod',
    'history --since 2026-05-01 --until 2026-06-01 --json',
  ])
    .option(...AT)
    .option('--stage <stage>', 'only events of this stage')
    .option('--since <time>', 'only events from this time on', timeOption)
    .option('--until <time>', 'only events up to this time', timeOption)
    .option('--asc', 'oldest first')
    .option('-n, --limit <count>', 'at most so many', count)
    .action(run(() => import('./commands/history.js')));
}

function count(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('write a whole number.');
}
