import { InvalidArgumentError, Option } from 'commander';
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

  add('show [artifact]', 'show all artifacts, or the versions of one', [
    'show',
    "show 'churn#prod' --at 2026-05-03",
  ])
    .option(...AT)
    .option('--deprecated', 'deprecated artifacts too')
    .option('--registered-only', 'neither versions nor artifacts that nobody registered')
    .option(
      '--versions-per-stage <count>',
      'so many versions of each stage, -1 for all (default: 1)',
      countOrAll,
    )
    .option(
      '--assignments-per-version <count>',
      'the last so many stages of each version (default: -1, all)',
      countOrAll,
    )
    .addOption(
      new Option('--sort <order>', 'order of the versions of one artifact').choices(['semver', 'timestamp']),
    )
    .action(run(() => import('./commands/show.js')));

  add('history [artifact]', 'show what happened, newest first', [
    'history churn --stage prod',
    'history churn@v1.2.0 --intervals --json',
  ])
    .option(...AT)
    .option('--stage <stage>', 'only what concerns this stage')
    .option('--since <time>', 'only what happened from this time on', timeOption)
    .option('--until <time>', 'only what happened up to this time', timeOption)
    .option('--intervals', 'one row for each stay of a version in a stage: from when to when, and by whom')
    .option('--asc', 'oldest first')
    .option('-n, --limit <count>', 'at most so many', count)
    .action(run(() => import('./commands/history.js')));

  add('stages', 'list the stages that are allowed or in use', ['stages', 'stages --used --json'])
    .option(...AT)
    .option('--allowed', 'those that the configuration lists')
    .option('--used', 'those that hold a version')
    .action(run(() => import('./commands/stages.js')));

  add('check-ref <ref>', 'say which event a tag is, and whether it is still in effect', [
    'check-ref refs/tags/churn@v1.2.0',
    "check-ref 'churn#prod#3' --json",
  ])
    .option(...AT)
    .action(run(() => import('./commands/check-ref.js')));

  add('describe <artifact>', 'say what is known of a version: its link or its annotation', [
    'describe churn@v1.2.0',
    "describe 'churn#prod' --json",
  ])
    .option('--rev <rev>', 'as it is at this rev of the registry (default: HEAD)')
    .option(...AT)
    .action(run(() => import('./commands/describe.js')));

  add('status', 'compare the tags here with those of the remote; exit 1 when they differ', [
    'status',
    'status --json',
  ]).action(run(() => import('./commands/status.js')));

  add('doctor', 'list what is wrong with the registry, and what to do', ['doctor', 'doctor --json'])
    .option('--offline', 'do not ask the remote and the sources of links')
    .action(run(() => import('./commands/doctor.js')));
}

function count(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('write a whole number.');
}

const countOrAll = (text: string): number => (text === '-1' ? -1 : count(text));
