import { type CommandSpec, GLOBAL_OPTIONS, type OptionSpec, sentence } from './table/command.js';
import { COMMANDS } from './table/table.js';

/** All pages of the manual, made from the table of commands: file names and texts. */
export function manualPages(version: string): [file: string, text: string][] {
  return [
    ['reg.1', `${overview(version)}\n`],
    // what git looks for at `git reg --help`
    ['git-reg.1', '.so man1/reg.1\n'],
    ...COMMANDS.map((spec): [string, string] => [`reg-${spec.name}.1`, `${page(spec, version)}\n`]),
  ];
}

const heading = (name: string, version: string): string =>
  // no date, so that the same sources make the same page
  `.TH ${literal(name.toUpperCase())} 1 "" "git\\-reg ${literal(version)}" "Model registry in git tags"`;

function overview(version: string): string {
  return [
    heading('reg', version),
    section('Name', 'reg \\- a model registry in the tags of a git repository'),
    section('Synopsis', '.B reg', '.I command', '[\\fIoptions\\fR]'),
    section(
      'Description',
      literal(
        'Versions, stages and who changed them when are annotated tags of a git repository; a link file in it says where a ' +
          'model comes from, and which bytes it is. reg help tags and reg help links explain both in a screenful.',
      ),
    ),
    section('Commands', ...COMMANDS.map((spec) => entry(`reg ${spec.usage}`, sentence(spec.summary)))),
    section(
      'Options',
      ...GLOBAL_OPTIONS.map(optionEntry),
      entry('--version', 'show the version of this program'),
    ),
    section('Exit status', ...EXIT_CODES.map(([code, meaning]) => entry(code, meaning))),
    section('Environment', ...VARIABLES.map(([name, meaning]) => entry(name, meaning))),
    section('See also', COMMANDS.map((spec) => `.BR reg\\-${literal(spec.name)} (1)`).join(',\n')),
  ].join('\n');
}

function page(spec: CommandSpec, version: string): string {
  const { name, summary, more, options, examples, usage } = spec;
  return [
    heading(`reg-${name}`, version),
    section('Name', `reg\\-${literal(name)} \\- ${literal(summary)}`),
    section('Synopsis', `.B reg ${literal(name)}`, `[\\fIoptions\\fR]${literal(usage.slice(name.length))}`),
    section('Description', literal(sentence(summary)), ...(more === undefined ? [] : ['.PP', literal(more)])),
    ...(options.length === 0 ? [] : [section('Options', ...options.map(optionEntry))]),
    section('Global options', ...GLOBAL_OPTIONS.map(optionEntry)),
    section('Examples', verbatim(examples.map((example) => `reg ${example}`).join('\n'))),
    section('See also', '.BR reg (1)'),
  ].join('\n');
}

const optionEntry = ({ flags, shown, about, choices }: OptionSpec): string =>
  entry(shown ?? flags, choices === undefined ? about : `${about} (${choices.join(', ')})`);

const EXIT_CODES = [
  ['0', 'done'],
  ['1', 'refused, not found, or a check failed'],
  ['2', 'wrong usage'],
  ['4', 'remote, network or authentication'],
] as const;

const VARIABLES = [
  ['REG_REPO', 'the repository, where --repo names none'],
  ['REG_REMOTE', 'the remote of a clone, by its name'],
  ['REG_TOKEN_HOST', 'a login for one host, token or user:token: in its name, _ for a dot, __ for a hyphen'],
  ['REG_GIT', '"embedded" reads without the git program'],
  ['REG_VERIFY', '1 to verify what load and which answer'],
  ['REG_CACHE_MODE', 'copy, off or link: whether the cache keeps copies, or targets are links to it'],
  ['REG_TIMEOUT', 'how many seconds to wait for a sign of life from a remote'],
  ['GIT_PAGER, PAGER', 'what shows a long history on a terminal'],
  ['NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE', 'no colours, or colours where there is no terminal'],
  ['BROWSER', 'what reg browse opens pages with'],
] as const;

/** Text as roff takes it literally (groff(7), "Escapes"); a dash is the minus sign that people copy. */
const literal = (text: string): string =>
  text
    .replaceAll('\\', '\\(rs')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '...')
    .replaceAll('·', '\\(bu')
    // a dot that begins a line would be a request
    .replaceAll(/^\./gm, '\\&.');

/** A section of a page (man(7)). */
const section = (title: string, ...body: readonly string[]): string =>
  [`.SH ${title.toUpperCase()}`, ...body].join('\n');

/** A term in bold, and what it means. */
const entry = (term: string, meaning: string): string => `.TP\n.B ${literal(term)}\n${literal(meaning)}`;

/** Lines as they are. */
const verbatim = (text: string): string => `.nf\n${literal(text)}\n.fi`;
