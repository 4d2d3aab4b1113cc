import { Option } from 'commander';
import type { Definer } from './define.js';

const MESSAGE = ['-m, --message <text>', 'what to say in the tag'] as const;
const DRY_RUN = ['--dry-run', 'say which tags would be created, and create none'] as const;

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
    .option(...DRY_RUN)
    .action(run(() => import('./commands/register.js')));

  add('assign <artifact> <stage>', 'put a version into a stage: artifact@version, or the one at HEAD', [
    'assign churn@v1.2.0 prod',
    'assign churn dev --rev main',
  ])
    .option('--version <version>', 'the version, with or without v')
    .option('--rev <rev>', 'the version at this commit, registered first where there is none')
    .option('--no-register', 'assign a commit without a version as it is')
    .option(...MESSAGE)
    .option(...DRY_RUN)
    .action(run(() => import('./commands/assign.js')));

  add('rollback <artifact> <stage>', 'assign what was current in a stage before', [
    'rollback churn prod',
    'rollback churn prod -m "v1.2.0 is slow" --dry-run',
  ])
    .option(...MESSAGE)
    .option(...DRY_RUN)
    .action(run(() => import('./commands/rollback.js')));
}
