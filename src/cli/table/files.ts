import {
  CacheRow,
  FileRow,
  HistoryRow,
  ImportRow,
  InitRow,
  LinkRow,
  LoadRow,
  ManifestRow,
  OutdatedRow,
  RefusalRow,
  ReportRow,
  ServeRow,
  SiteRow,
  StoredRow,
  UiRow,
  UpdateRow,
  UploadRow,
  UrlRow,
} from '../../registry/rows.js';
import { either, list } from '../../util/row.js';
import {
  AT,
  BadValue,
  type CommandSpec,
  command,
  FETCH,
  OFFLINE,
  type OptionSpec,
  OUTPUTS,
  option,
  time,
} from './command.js';
import { CHOICE, SIGNING } from './writing.js';

/** Reads the number of a port. */
function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new BadValue('write a port, a number up to 65535.');
}

/** Reads a number of days. */
function days(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new BadValue('write a number of days.');
  return Number(text);
}

/** Reads a duration, in seconds. */
function duration(text: string): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw new BadValue('write a number and s, m, h or d, such as 15m.');
  return Number(count) * (SECONDS[unit] ?? 1);
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Adds `key=value` to what was given before. */
function label(text: string, before: Record<string, string>): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new BadValue('write key=value.');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Adds `key=value` whose value may be a number or a boolean. */
function param(text: string, before: Record<string, Param>): Record<string, Param> {
  const [key = '', value = ''] = Object.entries(label(text, {}))[0] ?? [];
  const isNumber = value.trim() !== '' && Number.isFinite(Number(value));
  return {
    ...before,
    [key]: isNumber ? Number(value) : value === 'true' || (value === 'false' ? false : value),
  };
}

type Param = string | number | boolean;

/** What becomes of metrics and params that describe the bytes of a link. */
const METADATA: readonly OptionSpec[] = [
  option('--metrics <file>', 'a JSON or YAML file with the metrics of the model'),
  option('--param <key=value>', 'a param of the training, as often as needed', {
    parse: param,
    fallback: {},
  }),
  option('--keep-metadata', 'keep metrics and params although the bytes change'),
];

/** Reads names with commas between them. */
const names = (text: string): string[] => text.split(',');

const REHASH = option(
  '--rehash',
  'hash all bytes, also of files that have not changed since they were hashed',
);

const SERVE_HELP = `What clients of each tool set:
  Hugging Face   HF_ENDPOINT=http://HOST:PORT/hf
                 HF_TOKEN=hf_TOKEN
                 hf download churn --revision prod
  MLflow         MLFLOW_TRACKING_URI=http://HOST:PORT/mlflow
                 MLFLOW_TRACKING_TOKEN=TOKEN
                 mlflow.pyfunc.load_model('models:/churn@prod')
  S3             AWS_ACCESS_KEY_ID=NAME AWS_SECRET_ACCESS_KEY=TOKEN
                 aws s3 cp s3://churn/prod/model.onnx . --endpoint-url http://HOST:PORT/s3
  https          curl -O http://HOST:PORT/files/churn/prod/model.onnx
                 curl -O http://HOST:PORT/files/churn/prod.tar
                 with -H 'Authorization: Bearer TOKEN'
  DVC            DVC_STUDIO_URL=http://HOST:PORT/dvc/
                 DVC_STUDIO_TOKEN=TOKEN
                 dvc artifacts get URL churn --stage prod
  any other      curl 'http://HOST:PORT/api/v1/which/churn/prod?at=2026-01-01'`;

/** The commands about files: configuration, links and models. */
export const FILES: readonly CommandSpec[] = [
  command('init', 'write .reg.yaml, the configuration of a registry', {
    examples: ['init', 'init --stages dev,staging,prod', 'init --remote upstream'],
    options: [
      option('--stages <names>', 'the stages to allow, in order of promotion, with commas', { parse: names }),
    ],
    answer: InitRow,
    run: async () => (await import('../commands/linking.js')).init,
  }),
  command('link <source-path> <artifact>', 'declare an artifact: write the link to where its model is', {
    examples: [
      'link models/churn.safetensors churn',
      'link models/churn.safetensors churn --source https://github.com/mycompany/research --rev v1',
      'link model.onnx churn --source ../research --rev main --label team=pricing',
    ],
    options: [
      option('--source <repository>', 'a git URL or a path (default: this repository)'),
      option(
        '--rev <rev>',
        'the branch, tag or commit id to pin (default: the default branch of the source)',
      ),
      option('--description <text>', 'what the model is for'),
      option('--label <key=value>', 'a label, as often as needed', { parse: label, fallback: {} }),
      option('--force', 'replace the link that is there'),
    ],
    answer: LinkRow,
    run: async () => (await import('../commands/linking.js')).link,
  }),
  command('update [artifact...]', 'pin links to what their revs are now', {
    examples: ['update', 'update churn --rev v2'],
    options: [option('--rev <rev>', 'another branch, tag, commit id or registry ref'), ...METADATA, OFFLINE],
    answer: list(UpdateRow),
    run: async () => (await import('../commands/linking.js')).update,
  }),
  command('outdated [artifact...]', 'list links whose source went on; exit 1 when there is one', {
    examples: ['outdated', 'outdated churn --json'],
    options: [OFFLINE],
    answer: list(OutdatedRow),
    run: async () => (await import('../commands/linking.js')).outdated,
  }),
  command('import <tool>', 'take over links of another tool: mlem', {
    examples: ['import mlem', 'import mlem --force --json'],
    choices: { tool: ['mlem'] },
    options: [option('--force', 'replace link files that are there')],
    answer: list(ImportRow),
    run: async () => (await import('../commands/linking.js')).importLinks,
  }),
  command(
    'export <kind> [artifact]',
    'write what other systems take: kserve (a service), csv (the journal)',
    {
      more:
        'kserve writes the InferenceService of KServe for a pinned version, as YAML for kubectl apply; with --storage-container, what lets ' +
        'a cluster load models through reg. csv writes what happened, oldest first.',
      examples: [
        "export kserve 'churn#prod' -o churn.yaml",
        'export kserve --storage-container --image registry.example/reg:0.1.0',
        'export csv --since 2026-01-01 -o journal.csv',
      ],
      choices: { kind: ['kserve', 'csv'] },
      options: [
        option('-o, --output <path>', 'the file to write (default: standard output)'),
        ...[
          ...CHOICE,
          option('--rev <rev>', 'the link as it is at this rev of the registry'),
          option('--verify', 'export only what the policy accepts, and where the chain holds'),
          option('--name <name>', 'the name of the object (default: of artifact and revision, churn-prod)'),
          option(
            '--registry <url>',
            'the https address at which the cluster reads the registry (default: that of the remote)',
          ),
          option(
            '--reg-uri',
            'load through reg, which checks the bytes, also where KServe could read the address itself',
          ),
          option('--storage-container', 'write the ClusterStorageContainer for reg:// instead'),
        ].map((one) => ({ ...one, needs: ['kserve'] })),
        option('--image <image>', 'with --storage-container: the container image that has reg', {
          needs: ['--storage-container'],
        }),
        AT,
        OFFLINE,
        FETCH,
        ...[
          option('--since <time>', 'only what happened from this time on', { parse: time }),
          option('--until <time>', 'only what happened up to this time', { parse: time }),
          option('--raw', "leave cells that a spreadsheet may take for a formula as they are, without a '"),
        ].map((one) => ({ ...one, needs: ['csv'] })),
      ],
      answer: either(ManifestRow, list(HistoryRow)),
      run: async () => (await import('../commands/exporting.js')).exportAs,
    },
  ),
  command('load <artifact>', 'fetch a model: churn, churn@v1.2.0, churn@latest or churn#prod', {
    examples: [
      "load 'churn#prod' -o model.safetensors",
      'load churn@latest -o - | sha256sum',
      "load 'churn#prod' --include 'onnx/*' --include '*.json'",
      "load 'churn#prod' --url --expires 1h",
    ],
    options: [
      ...CHOICE,
      option('--rev <rev>', 'the link as it is at this rev of the registry'),
      option(
        '-o, --output <path>',
        'the file or folder to write, - for standard output (default: its own name)',
        { excludes: ['--url'] },
      ),
      option(
        '--include <pattern>',
        'only files of a folder that match, as in .gitignore, as often as needed; ! leaves out again',
        {
          parse: (text, before: readonly string[]) => [...before, text],
          fallback: [],
          excludes: ['--url'],
        },
      ),
      AT,
      OFFLINE,
      FETCH,
      option('--cached', 'load it into the cache alone, and print its path there', {
        excludes: ['--output', '--url'],
      }),
      option('--url', 'print the address of the bytes, and load nothing'),
      option(
        '--expires <duration>',
        'with --url: an address that needs no login for so long: 15m, 12h or 7d',
        {
          parse: duration,
          needs: ['--url'],
        },
      ),
      option('--frozen', 'refuse a link that is not pinned to a commit and bytes'),
      REHASH,
      option('--verify', 'load only what the policy accepts, and where the chain holds'),
      option('--force', 'replace what differs at the target, and nothing beside the model', {
        excludes: ['--url'],
      }),
      ...OUTPUTS,
    ],
    answer: either(LoadRow, UrlRow),
    run: async () => (await import('../commands/models.js')).load,
  }),
  command('files <artifact>', 'list the files of a model, and fetch none', {
    examples: ["files 'churn#prod'", 'files churn@v1.2.0 --json', "files 'churn#prod' --fields path,sha256"],
    options: [
      ...CHOICE,
      option('--rev <rev>', 'the link as it is at this rev of the registry'),
      AT,
      OFFLINE,
      FETCH,
      option('--frozen', 'refuse a link that is not pinned to a commit and bytes'),
      option('--verify', 'list only what the policy accepts, and where the chain holds'),
      ...OUTPUTS,
    ],
    answer: list(FileRow),
    run: async () => (await import('../commands/models.js')).files,
  }),
  command('upload <file-or-folder> <artifact>', 'put a model into the store, and write the link to it', {
    examples: [
      'upload out/model.safetensors churn --register',
      'upload out/model.safetensors churn --store s3://models/churn --assign dev',
    ],
    options: [
      option('--store <url|folder>', 'where to put it (default: store: of .reg.yaml, else ./store)'),
      option('--register', 'commit the link file alone, and register the next version'),
      option('--assign <stage>', 'do so, and put the version into a stage'),
      ...METADATA,
      ...[
        option('-m, --message <text>', 'the message of the tags'),
        option('--push', 'push the tags, with the commit that they name'),
      ].map((one) => ({ ...one, needs: ['--register', '--assign'] })),
      OFFLINE,
      ...SIGNING,
    ],
    answer: UploadRow,
    run: async () => (await import('../commands/models.js')).upload,
  }),
  command('cache <action>', 'what was fetched and is kept: list it, or clear it up', {
    examples: ['cache ls', 'cache gc --older-than 7'],
    choices: { action: ['ls', 'gc'] },
    options: [
      option('--older-than <days>', 'with gc: what went unused for so many days', {
        parse: days,
        fallback: 30,
        needs: ['gc'],
      }),
    ],
    answer: list(CacheRow),
    run: async () => (await import('../commands/models.js')).cache,
  }),
  command('store <action>', 'what a store keeps and no link names: list it', {
    more: 'Links of every version, branch and other ref count, and those of the work tree. Other repositories may name the rest, so nothing is removed.',
    examples: ['store gc --dry-run', 'store gc --dry-run --store s3://models/churn --json'],
    choices: { action: ['gc'] },
    options: [
      option('--dry-run', 'list, and remove nothing: there is no other way to run it'),
      option('--store <url|folder>', 'the store (default: store: of .reg.yaml, else ./store)'),
      OFFLINE,
      FETCH,
    ],
    answer: list(StoredRow),
    run: async () => (await import('../commands/models.js')).store,
  }),
  command('validate [path...]', 'check link files; exit 1 when one is wrong', {
    examples: [
      'validate',
      'validate models --json',
      'validate --base origin/main --format github --sarif reg.sarif',
      'validate --staged',
      'validate --tags --since v1',
    ],
    options: [
      option('--staged', 'the files of the index, which git commit would have, not those of the work tree', {
        excludes: ['--tags'],
      }),
      option('--base <rev>', 'only what changes since the work tree parted from this rev', {
        excludes: ['--tags'],
      }),
      option('--format <format>', 'how to say it (default: text)', {
        choices: ['text', 'json', 'github', 'junit', 'sarif'],
        excludes: ['--fields'],
      }),
      option('--sarif <file>', 'write the report to this file too, as SARIF for code scanning'),
      option('--tags', 'check tags instead: against each other and the policy of their stages'),
      option('--since <rev|time>', 'with --tags: only events from then on', { needs: ['--tags'] }),
      option('--bytes', 'ask too whether the bytes of what stages hold are there'),
      REHASH,
      option('--offline', 'go by what this clone knows of the remote'),
    ],
    answer: ReportRow,
    run: async () => (await import('../commands/checking.js')).validate,
  }),
  command(
    'hook <hook>',
    'run as a hook of a repository that is pushed to: refuse tags that move, are forged, or no policy takes',
    {
      examples: ['hook pre-receive', 'hook pre-receive --json'],
      choices: { hook: ['pre-receive'] },
      answer: list(RefusalRow),
      run: async () => (await import('../commands/checking.js')).hook,
    },
  ),
  command('site', 'write the registry as a static web site', {
    examples: ['site -o public', 'site -o public --repo https://github.com/mycompany/model-registry'],
    options: [
      option('-o, --output <folder>', 'where to write it', {
        fallback: 'site',
        earlier: { '--out': '--output' },
      }),
      OFFLINE,
      FETCH,
    ],
    answer: SiteRow,
    run: async () => (await import('../commands/pages.js')).site,
  }),
  command('ui', 'serve the registry as a web site on this machine, live and read-only', {
    examples: ['ui --open', 'ui --port 8080 --repo https://github.com/mycompany/model-registry'],
    options: [
      option('--port <n>', 'the port (default: one that is free)', { parse: port }),
      option('--open', 'open it in the browser'),
      OFFLINE,
      FETCH,
    ],
    answer: UiRow,
    run: async () => (await import('../commands/pages.js')).ui,
  }),
  command('serve', 'serve registries to the clients of other tools: their models, read-only and verified', {
    more: SERVE_HELP,
    examples: [
      'serve',
      'serve --repo https://github.com/mycompany/model-registry --port 9000',
      'serve --repo risk=../risk --repo ads=https://git.example.com/ads --host 0.0.0.0 --token-file tokens',
    ],
    options: [
      option(
        '-r, --repo <path|url>',
        'the registry (env REG_REPO, default .); as <name>=<path|url>, as often as needed, several under their names',
        { parse: collected, key: 'registries' },
      ),
      option('--registries <file>', 'a file with more of these, one <name>=<path|url> a line', {
        key: 'registriesFile',
      }),
      option('--host <host>', 'the host to listen at; others than this machine need a token', {
        fallback: '127.0.0.1',
      }),
      option('--port <n>', 'the port; 0 for one that is free', { parse: port, fallback: 8080 }),
      option('--base-url <url>', 'the address that others reach it by, such as that of a proxy'),
      option('--token-file <file>', 'who may ask: a token a line, or a name and a token'),
      option('--face <names>', 'what to serve, with commas (default: all)', { parse: names }),
      option('--s3-port <n>', 'a port for S3 alone, whose buckets stand at the root there', { parse: port }),
      option('--refresh <duration>', 'how old what is known of a registry at a URL may be (default: 30s)', {
        parse: duration,
      }),
    ],
    answer: ServeRow,
    run: async () => (await import('../commands/serving.js')).serve,
  }),
];

/** Adds a value to those that were given before. */
function collected(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
