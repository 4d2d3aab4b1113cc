import { type Command, Option } from 'commander';
import type { Definer } from './define.js';

const MESSAGE = ['-m, --message <text>', 'what to say in the tag'] as const;
const PUSH = ['--push', 'push the tags; nothing is kept when the remote refuses'] as const;
const OFFLINE = ['--offline', 'do not ask the remote first what it has'] as const;
const DRY_RUN = ['--dry-run', 'say which tags would be written, and write none'] as const;

/** Defines the commands that write tags. */
export function defineWritingCommands({ add, run }: Definer): void {
  add('register <artifact> [rev]', 'register the model at a commit as a version', [
    'register churn',
    'register churn main~2 --version v1.2.0 -m "retrained on May"',
  ])
    .option('--version <version>', 'the version, with or without v (default: the latest one raised)')
    .addOption(
      new Option('--bump <part>', 'raise this part of the latest version').choices([
        'major',
        'minor',
        'patch',
      ]),
    )
    .option(...MESSAGE)
    .option('--force', 'allow a second active version at one commit')
    .option('--unlinked', 'allow a commit that does not declare the artifact')
    .option(...PUSH)
    .option(...OFFLINE)
    .option(...DRY_RUN)
    .action(run(() => import('./commands/register.js')));

  add('assign <artifact> <stage>', 'put a version into a stage: artifact@version, or the one at HEAD', [
    'assign churn@v1.2.0 prod',
    'assign churn dev --rev main',
  ])
    .option('--version <version>', 'the version, with or without v')
    .option('--rev <rev>', 'the version at this commit, registered first where there is none')
    .option('--no-register', 'assign a commit without a version as it is')
    .option('--unlinked', 'allow a commit that does not declare the artifact')
    .option(...MESSAGE)
    .option(...PUSH)
    .option(...OFFLINE)
    .option(...DRY_RUN)
    .action(run(() => import('./commands/assign.js')));
  defineWithdrawingCommands({ add, run });

  add('sync', 'fetch the tags of the registry, and push those that the remote lacks', [
    'sync',
    'sync --json',
  ]).action(run(() => import('./commands/sync.js')));
}

/** Defines the commands that take something back; all of them can delete tags instead. */
function defineWithdrawingCommands({ add, run }: Definer): void {
  const withdrawing = (command: Command, concerned: string): Command =>
    command
      .option(...MESSAGE)
      .option('--force', 'write the event even when it changes nothing')
      .option('--delete', `instead of adding a tag, delete ${concerned}`)
      .option('--yes', 'with --delete: do not ask')
      .option(...PUSH)
      .option(...OFFLINE)
      .option(...DRY_RUN);

  withdrawing(
    add(
      'unassign <artifact> <stage>',
      'take a version out of a stage: artifact@version, or the current one',
      ['unassign churn prod', 'unassign churn@v1.2.0 staging -m "failed the load test"'],
    ).option('--version <version>', 'the version, with or without v'),
    'every tag that moves the version into or out of the stage',
  ).action(run(() => import('./commands/unassign.js')));

  withdrawing(
    add('deregister <artifact>', 'take back the registration of artifact@version', [
      'deregister churn@v1.2.0',
      'deregister churn --version 1.2.0 --delete --dry-run',
    ]).option('--version <version>', 'the version, with or without v'),
    'every tag about the version, its assignments too',
  ).action(run(() => import('./commands/deregister.js')));

  withdrawing(
    add('deprecate <artifact>', 'mark an artifact as no longer in use', [
      'deprecate churn',
      'deprecate churn -m "replaced by churn-v2"',
    ]),
    'every tag of the artifact',
  ).action(run(() => import('./commands/deprecate.js')));

  withdrawing(
    add('rollback <artifact> <stage>', 'assign what was current in a stage before; again, and it is undone', [
      'rollback churn prod',
      'rollback churn prod -m "v1.2.0 is slow" --dry-run',
    ]),
    'the tags that move the current version into or out of the stage',
  ).action(run(() => import('./commands/rollback.js')));
}
