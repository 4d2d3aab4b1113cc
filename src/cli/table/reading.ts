import {
  AcceptanceRow,
  ApprovedRow,
  BrowseRow,
  CheckedRow,
  Description,
  Difference,
  DoctorFinding,
  HistoryRow,
  IntervalRow,
  OverviewRow,
  ShownVersion,
  StageDifference,
  StageRow,
  StatusRow,
  VerifiedRow,
  VersionRow,
  WriteRow,
} from '../../registry/rows.js';
import { either, list, orNull, text } from '../../util/row.js';
import { AT, type CommandSpec, command, count, FETCH, OFFLINE, OUTPUTS, option, time } from './command.js';
import { CHOICE, LAST, MESSAGE, SIGNING } from './writing.js';

/** Reads a whole number, or -1 for all. */
const countOrAll = (text: string): number => (text === '-1' ? -1 : count(text));

/** The commands that ask the registry. */
export const READING: readonly CommandSpec[] = [
  command('which <artifact> [stage]', 'say which version is current in a stage', {
    more: "`which '#prod'` lists what every artifact has in the stage; `which 'churn#prod'` is `which churn prod`.",
    examples: ['which churn prod', 'which churn prod --at 2026-05-03 --json', "which '#prod'"],
    options: [
      AT,
      OFFLINE,
      FETCH,
      option('--all', 'every version in the stage, the current one first'),
      option('--verify', 'answer only with what the policy accepts, and where the chain holds'),
      ...OUTPUTS,
    ],
    answer: either(StageRow, list(StageRow)),
    run: async () => (await import('../core.js')).which,
  }),
  command('latest <artifact>', 'say which version is the greatest', {
    examples: ['latest churn', 'latest churn --json'],
    options: [AT, OFFLINE, FETCH, ...OUTPUTS],
    answer: VersionRow,
    run: async () => (await import('../core.js')).latest,
  }),
  command('show [artifact]', 'show all artifacts, or the versions of one', {
    more:
      "`show '#prod'` shows what every artifact has in the stage. Labels and type are those that HEAD declares, and of versions those " +
      'that their commits declare.',
    examples: ['show', "show 'churn#prod' --at 2026-05-03", 'show --label team=pricing --behind prod'],
    options: [
      AT,
      OFFLINE,
      FETCH,
      option('--deprecated', 'deprecated artifacts too'),
      option('--undeclared', 'also what has only stages that .reg.yaml does not list, and no declaration'),
      option('--registered-only', 'only registered versions and artifacts'),
      option('--versions-per-stage <count>', 'so many versions of each stage, -1 for all (default: 1)', {
        parse: countOrAll,
      }),
      option(
        '--assignments-per-version <count>',
        'the last so many stages of each version (default: -1, all)',
        { parse: countOrAll },
      ),
      option('--label <key=value>', 'only what has this label, as often as needed', {
        parse: (text, before: readonly string[]) => [...before, text],
        fallback: [],
        shown: '--label <key[=value]>',
      }),
      option('--type <type>', 'only what is of this type, such as model'),
      option('--stage <stage>', 'only what is in this stage'),
      option('--behind [stage]', 'only where the version in this stage, or in any, comes before the latest'),
      option('--never <stage>', 'only what never was in this stage'),
      option('--sort <order>', 'order: name, semver (greatest first) or timestamp (newest first)', {
        choices: ['name', 'semver', 'timestamp'],
      }),
      option('-n, --limit <count>', 'at most so many', { parse: count }),
    ],
    answer: either(list(OverviewRow), list(ShownVersion)),
    run: async () => (await import('../core.js')).show,
  }),
  command('history [artifact]', 'show what happened, newest first', {
    examples: ['history churn --stage prod', 'history churn@v1.2.0 --intervals --json'],
    options: [
      AT,
      OFFLINE,
      FETCH,
      option('--stage <stage>', 'only what concerns this stage'),
      option('--by <email>', 'only what the tagger with this address did'),
      option('--since <time>', 'only what happened from this time on', { parse: time }),
      option('--until <time>', 'only what happened up to this time', { parse: time }),
      option('--intervals', 'one row for each stay of a version in a stage: from when to when, and by whom'),
      option('--follow', 'with what happened under the names that the artifact had before'),
      option('--asc', 'oldest first'),
      option('-n, --limit <count>', 'at most so many', { parse: count }),
      option('--no-pager', 'on a terminal: no pager'),
    ],
    answer: either(list(HistoryRow), list(IntervalRow)),
    run: async () => (await import('../core.js')).history,
  }),
  command('stages [action] [stage] [new-name]', 'list the stages that are allowed or in use, or rename one', {
    examples: ['stages --used --json', 'stages rename prod production --dry-run'],
    more: 'rename assigns the current version of every artifact to the new stage, and empties the old one. A configuration that lists the stages must list the new one first.',
    choices: { action: ['rename'] },
    options: [
      { ...AT, excludes: ['rename'] },
      FETCH,
      option('--allowed', 'those that the configuration lists', { excludes: ['rename'] }),
      option('--used', 'those that hold a version', { excludes: ['rename'] }),
      ...[MESSAGE, ...LAST].map((one) => (one.flags === '--offline' ? one : { ...one, needs: ['rename'] })),
    ],
    answer: either(list(text('name of a stage')), list(WriteRow)),
    run: async () => (await import('../core.js')).stages,
  }),
  command('check-ref <ref>', 'say which event a tag is, and whether it is still in effect', {
    more: "`check-ref 'churn#prod'` is about the assignment of what is in the stage, `check-ref churn@latest` about the registration of that version. With --output-format it fetches first.",
    examples: ['check-ref refs/tags/churn@v1.2.0', "check-ref 'churn#prod#3' --json"],
    options: [
      AT,
      OFFLINE,
      FETCH,
      option('--other-tags <what>', 'a ref that is no event of a registry is fine, or refused (default)', {
        choices: ['ok', 'refuse'],
      }),
      ...OUTPUTS,
    ],
    answer: orNull(CheckedRow),
    run: async () => (await import('../commands/inspecting.js')).checkRef,
  }),
  command(
    'verify [artifact]',
    'say who signed each event, and whether a tag was deleted, moved or recreated; exit 1 when so',
    {
      more: 'Where history was rewritten on purpose, --accept names the tag objects that are gone. It writes an annotated tag, which says who accepts that and why. A later loss is found again.',
      examples: [
        'verify churn',
        "verify 'churn#prod' --json",
        'verify churn --accept 3b1f0c5e6c1a -m "a secret was removed" --push',
      ],
      options: [
        option(
          '--accept <oid...>',
          'accept that these tag objects are gone: history was rewritten on purpose',
        ),
        option('-m, --message <text>', 'with --accept: why'),
        option('--push', 'with --accept: push the tag'),
        option('--offline', 'do not ask the remote who may sign, and what was accepted'),
        FETCH,
        ...SIGNING,
        option('--dry-run', 'with --accept: say which tag would be written'),
      ],
      answer: either(list(VerifiedRow), list(AcceptanceRow)),
      run: async () => (await import('../commands/checking.js')).verify,
    },
  ),
  command('approvals [artifact]', 'list what is approved for a stage, and what waits for approvals', {
    examples: ['approvals', 'approvals churn --json'],
    options: [option('--offline', 'do not ask the remote for approvals and policy'), FETCH],
    answer: list(ApprovedRow),
    run: async () => (await import('../commands/checking.js')).approvals,
  }),
  command('describe <artifact>', 'say what is known of a version: its link or its annotation', {
    examples: ['describe churn@v1.2.0', "describe 'churn#prod' --json"],
    options: [
      ...CHOICE,
      option('--rev <rev>', 'as it is at this rev of the registry (default: HEAD)'),
      AT,
      OFFLINE,
      FETCH,
    ],
    answer: Description,
    run: async () => (await import('../commands/inspecting.js')).describe,
  }),
  command('diff <from> [to]', 'say what differs between two models, by default from what HEAD declares', {
    examples: [
      "diff churn@v1.2.0 'churn#prod'",
      "diff churn@v1.2.0 '#prod' --json",
      "diff '#prod' --format markdown",
      "diff 'churn#prod' churn --exit-code=worse",
    ],
    more: "A stage alone, '#prod', compares everything that HEAD declares with what the stage holds.",
    options: [
      AT,
      OFFLINE,
      FETCH,
      option('--log <count>', 'so many commits of each log (default: 20; 0 for none)', { parse: count }),
      option(
        '--exit-code [when]',
        'exit 1 when something differs; with =worse when it is worse by the rules of metrics',
        {
          choices: ['differs', 'worse'],
          bare: 'differs',
          shown: '--exit-code[=worse]',
        },
      ),
      option(
        '--format <format>',
        'how to say it (default: text); markdown is for the comment on a pull request',
        {
          choices: ['text', 'markdown', 'json'],
          excludes: ['--fields'],
        },
      ),
      ...OUTPUTS,
    ],
    answer: either(Difference, list(StageDifference)),
    run: async () => (await import('../commands/inspecting.js')).diff,
  }),
  command(
    'browse [artifact...]',
    'open the page of a tag at GitHub, GitLab, Bitbucket or Codeberg; in a pipe, print its address',
    {
      examples: ['browse churn@v1.2.0', "browse 'churn#prod' --print"],
      options: [option('--print', 'print the address, and open nothing'), OFFLINE, FETCH],
      answer: list(BrowseRow),
      run: async () => (await import('../commands/pages.js')).browse,
    },
  ),
  command('status', 'compare the tags here with those of the remote; exit 1 when they differ', {
    examples: ['status', 'status --json'],
    answer: list(StatusRow),
    run: async () => (await import('../commands/sharing.js')).status,
  }),
  command('doctor', 'list what is wrong with the registry, and what to do', {
    examples: ['doctor', 'doctor --json'],
    options: [
      option('--bytes', 'ask too whether the bytes of what stages hold are there'),
      option('--offline', 'do not ask the remote and the sources of links'),
    ],
    answer: list(DoctorFinding),
    run: async () => (await import('../commands/checking.js')).doctor,
  }),
];
