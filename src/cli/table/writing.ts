import { ApprovalRow, SyncRow, WriteRow } from '../../registry/rows.js';
import { list } from '../../util/row.js';
import { type CommandSpec, command, type OptionSpec, OUTPUTS, option } from './command.js';

export const MESSAGE = option('-m, --message <text>', 'what to say in the tag');
const VERSION = option('--version <version>', 'the version, with or without v');
/** Of the commands about one model: what may stand behind the artifact, too. */
export const CHOICE: readonly OptionSpec[] = [
  VERSION,
  option('--stage <stage>', 'what is current in this stage'),
];
const UNLINKED = option('--unlinked', 'allow a commit that does not declare the artifact');
/** Of every command that writes tags. */
export const SIGNING: readonly OptionSpec[] = [
  option('--sign', 'sign the tags, as git is configured to (default: what tag.gpgSign says)'),
  option('--no-sign', 'do not sign them'),
];
export const LAST: readonly OptionSpec[] = [
  option('--push', 'push the tags; nothing is kept when the remote refuses'),
  option('--offline', 'do not ask the remote first what it has'),
  ...SIGNING,
  option('--dry-run', 'say which tags would be written, and write none'),
  ...OUTPUTS,
];

/** What the commands have in common that take something back: all of them can delete tags instead. */
const withdrawing = (concerned: string): OptionSpec[] => [
  MESSAGE,
  option('--force', 'write the event even when it changes nothing'),
  option('--delete', `instead of adding a tag, delete ${concerned}`),
  option('--yes', 'with --delete: do not ask'),
  ...LAST,
];

/** The commands that write tags. */
export const WRITING: readonly CommandSpec[] = [
  command('register <artifact> [rev]', 'register the model at a commit as a version', {
    examples: [
      'register churn',
      'register churn main~2 --version v1.2.0 -m "retrained on May"',
      'register churn --from v1.2.0 --bump patch',
    ],
    options: [
      option('--version <new-version>', 'the version, with or without v (default: the latest one raised)'),
      option('--from <version>', 'raise this version in place of the latest: another line'),
      option('--bump <part>', 'raise this part of it (default: patch)', {
        choices: ['major', 'minor', 'patch', 'prerelease', 'release'],
      }),
      option('--preid <word>', 'with --bump prerelease: rc gives v1.2.1-rc.0'),
      option('--rev <rev>', 'the commit, as the second argument names it'),
      MESSAGE,
      option('--force', 'allow a second active version at one commit, and what gto cannot read'),
      UNLINKED,
      ...LAST,
    ],
    answer: list(WriteRow),
    run: async () => (await import('../commands/writing.js')).register,
  }),
  command('assign <artifact> <stage>', 'put a version into a stage: artifact@version, or the one at HEAD', {
    examples: ['assign churn@v1.2.0 prod', 'assign churn dev --rev main'],
    options: [
      VERSION,
      option('--rev <rev>', 'the version at this commit, registered first where there is none'),
      option('--no-register', 'assign a commit without a version as it is'),
      UNLINKED,
      MESSAGE,
      ...LAST,
    ],
    answer: list(WriteRow),
    run: async () => (await import('../commands/writing.js')).assign,
  }),
  command(
    'unassign <artifact> <stage>',
    'take a version out of a stage: artifact@version, or every one that is in it',
    {
      examples: ['unassign churn prod', 'unassign churn@v1.2.0 staging -m "failed the load test"'],
      options: [VERSION, ...withdrawing('every tag that moves the version into or out of the stage')],
      answer: list(WriteRow),
      run: async () => (await import('../commands/writing.js')).unassign,
    },
  ),
  command('deregister <artifact>', 'take back the registration of artifact@version', {
    examples: ['deregister churn@v1.2.0', 'deregister churn --version 1.2.0 --delete --dry-run'],
    options: [VERSION, ...withdrawing('every tag about the version, its assignments too')],
    answer: list(WriteRow),
    run: async () => (await import('../commands/writing.js')).deregister,
  }),
  command('deprecate <artifact>', 'mark an artifact as no longer in use', {
    examples: ['deprecate churn --successor churn-v2', 'deprecate churn -m "not used any more"'],
    options: [
      option('--successor <artifact>', 'the artifact that takes its place'),
      ...withdrawing('every tag of the artifact'),
    ],
    answer: list(WriteRow),
    run: async () => (await import('../commands/writing.js')).deprecate,
  }),
  command('rename <artifact> <new-name>', 'give an artifact another name, which HEAD declares already', {
    more: 'It writes tags only. The versions that are current in a stage and the latest one are registered under the new name, at their own commits, and assigned to their stages. The old name is deprecated and names the new one: who asks for it still gets an answer.',
    examples: ['rename churn customer-churn --push', 'rename eu:credit scoring:credit --dry-run'],
    options: [MESSAGE, option('--force', 'allow a name that is in use, and what gto cannot read'), ...LAST],
    answer: list(WriteRow),
    run: async () => (await import('../commands/writing.js')).rename,
  }),
  command(
    'rollback <artifact> <stage>',
    'assign what was current in a stage before; again, and it is undone',
    {
      examples: ['rollback churn prod', 'rollback churn prod -m "v1.2.0 is slow" --dry-run'],
      options: withdrawing('the tags that move the current version into or out of the stage'),
      answer: list(WriteRow),
      run: async () => (await import('../commands/writing.js')).rollback,
    },
  ),
  command(
    'approve <artifact> <stage>',
    'say that a version may go into a stage: artifact@version, or the greatest',
    {
      examples: ['approve churn@v1.2.0 prod --push', 'approve churn@v1.2.0 prod --sign -m "read the report"'],
      options: [VERSION, MESSAGE, ...LAST],
      answer: list(ApprovalRow),
      run: async () => (await import('../commands/writing.js')).approve,
    },
  ),
  command('sync', 'fetch the tags of the registry, and push those that the remote lacks', {
    examples: ['sync', 'sync --json'],
    answer: list(SyncRow),
    run: async () => (await import('../commands/sharing.js')).sync,
  }),
];
