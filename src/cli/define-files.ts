import { Argument, InvalidArgumentError } from 'commander';
import { type Definer, timeOption } from './define.js';

/** Defines the commands about files: configuration, links and models. */
export function defineFileCommands({ add, run }: Definer): void {
  add('init', 'write .reg.yaml, the configuration of a registry', ['init', 'init --stages dev,staging,prod'])
    .option('--stages <names>', 'the stages to allow, in order of promotion, with commas', (text) =>
      text.split(','),
    )
    .action(run(() => import('./commands/init.js')));

  add('link <source-path> <artifact>', 'declare an artifact: write the link to where its model is', [
    'link models/churn.safetensors churn --source https://github.com/mycompany/research --rev v1',
    'link model.onnx churn --source ../research --rev main --label team=pricing',
  ])
    .option('--source <repository>', 'a git URL or a path (default: this repository)')
    .option('--rev <rev>', 'the branch, tag or commit id to pin')
    .option('--description <text>', 'what the model is for')
    .option('--label <key=value>', 'a label, as often as needed', label, {})
    .option('--force', 'replace the link that is there')
    .action(run(() => import('./commands/link.js')));

  add('update [artifact...]', 'pin links to what their revs are now', ['update', 'update churn --rev v2'])
    .option('--rev <rev>', 'another branch, tag, commit id or registry ref')
    .action(run(() => import('./commands/update.js')));

  add('outdated [artifact...]', 'list links whose source went on; exit 1 when there is one', [
    'outdated',
    'outdated churn --json',
  ]).action(run(() => import('./commands/outdated.js')));

  add('import', 'take over links of another tool: mlem', ['import mlem', 'import mlem --force --json'])
    .addArgument(new Argument('<tool>', 'whose files to read').choices(['mlem']))
    .option('--force', 'replace link files that are there')
    .action(run(() => import('./commands/import.js')));

  add('load <artifact>', 'fetch a model: churn, churn@v1.2.0, churn@latest or churn#prod', [
    "load 'churn#prod' -o model.safetensors",
    'load churn@latest -o - | sha256sum',
  ])
    .option('--rev <rev>', 'the link as it is at this rev of the registry')
    .option(
      '-o, --output <path>',
      'the file or folder to write, - for standard output (default: its own name)',
    )
    .option('--at <time>', 'what the stage held at a time', timeOption)
    .option('--frozen', 'refuse a link that is not pinned to a commit and bytes')
    .option('--force', 'replace other content at the target')
    .action(run(() => import('./commands/load.js')));

  add('upload <file-or-folder> <artifact>', 'put a model into the store, and write the link to it', [
    'upload out/model.safetensors churn --register',
    'upload out/model.safetensors churn --store s3://models/churn --assign dev',
  ])
    .option('--store <url|folder>', 'where to put it (default: store: of .reg.yaml, else ./store)')
    .option('--register', 'commit the link file alone, and register the next version')
    .option('--assign <stage>', 'do so, and put the version into a stage')
    .option('-m, --message <text>', 'the message of the tags')
    .option('--push', 'push the tags, with the commit that they name')
    .action(run(() => import('./commands/upload.js')));

  add('cache', 'what was fetched and is kept: list it, or clear it up', [
    'cache ls',
    'cache gc --older-than 7',
  ])
    .addArgument(new Argument('<action>', 'what to do').choices(['ls', 'gc']))
    .option('--older-than <days>', 'with gc: what nobody used for so many days', days, 30)
    .action(run(() => import('./commands/cache.js')));

  add('validate [path...]', 'check link files; exit 1 when one is wrong', [
    'validate',
    'validate models --json',
  ]).action(run(() => import('./commands/validate.js')));
}

function label(text: string, labels: Record<string, string>): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('write key=value.');
  return { ...labels, [text.slice(0, equals)]: text.slice(equals + 1) };
}

function days(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('write a number of days.');
  return Number(text);
}
