import { type VerifyOptions, verify } from '../checks/verify.js';
import type { VersionOrder } from '../domain/artifact.js';
import { parseTarget } from '../domain/target.js';
import { parseTime } from '../domain/time.js';
import { RegError } from '../errors.js';
import { approvals } from '../registry/approvals.js';
import { checkRef } from '../registry/check-ref.js';
import type { RegistryContext, TrustOptions } from '../registry/context.js';
import { type DescribeOptions, describe } from '../registry/describe.js';
import { type DiffOptions, diff, diffStage } from '../registry/diff.js';
import { type HistoryOptions, history, intervals } from '../registry/history.js';
import { outdated } from '../registry/outdated.js';
import * as queries from '../registry/queries.js';
import {
  ApprovedRow,
  CheckedRow,
  Description,
  Difference,
  HistoryRow,
  IntervalRow,
  OutdatedRow,
  OverviewRow,
  ShownVersion,
  StageDifference,
  StageRow,
  VerifiedRow,
  VersionRow,
} from '../registry/rows.js';
import { type OverviewOptions, overview, type VersionsOptions, versions } from '../registry/show.js';
import { either, type Field, list, text } from '../util/row.js';

// The questions that the API answers: what reading commands answer with `--json`. The command line lies above the server, so what both
// know of a command is here again, and a test holds the two tables together. `doctor` is not among them: its advice names paths of the
// machine of the server.

/** What the value of a parameter is. */
export type ParameterKind = 'time' | 'count' | 'countOrAll' | 'flag' | 'text' | 'texts' | 'textOrFlag';

/** One parameter of a query: an option of the command. */
export interface Parameter {
  /** The name of the option without its dashes. */
  name: string;
  about: string;
  kind: ParameterKind;
  choices?: readonly string[];
  /** What the call names it, where that is another name. */
  key?: string;
}

/** One argument of the command: a part of the path, or a parameter of its name. */
export interface Argument {
  name: string;
  required: boolean;
  /** It may be given more than once. */
  variadic: boolean;
}

/** What a question takes beside what the client sends. */
export type Asides = Pick<queries.ReadOptions, 'onMissing' | 'onDeprecated'> &
  Pick<TrustOptions, 'onPassedOver'>;

/** A question: a reading command. */
export interface Question {
  name: string;
  summary: string;
  arguments: readonly Argument[];
  parameters: readonly Parameter[];
  answer: Field;
  /** Whether the answer depends on the tags of the artifact alone, where no parameter is given. */
  isOfTags: boolean;
  /** Asks the registry; `options` are those that the client sent, by the names of the call. */
  ask(context: RegistryContext, args: readonly string[], options: Options): Promise<unknown>;
}

type Options = Asides & Readonly<Record<string, unknown>>;

const AT: Parameter = {
  name: 'at',
  about: "answer as of a time: 2026-05-03, 2026-05-03T14:30:00Z, yesterday or '2 days ago'",
  kind: 'time',
};
const LIMIT: Parameter = { name: 'limit', about: 'at most so many', kind: 'count' };

function question(
  usage: string,
  summary: string,
  {
    parameters = [],
    isOfTags = false,
    ...rest
  }: Pick<Question, 'answer' | 'ask'> & Partial<Pick<Question, 'parameters' | 'isOfTags'>>,
): Question {
  const [name = '', ...words] = usage.split(' ');
  const args = words.map((word) => ({
    name: word.slice(1, -1).replace('...', ''),
    required: word.startsWith('<'),
    variadic: word.includes('...'),
  }));
  return { name, summary, arguments: args, parameters, isOfTags, ...rest };
}

/** All questions. */
export const QUESTIONS: readonly Question[] = [
  question('which <artifact> [stage]', 'say which version is current in a stage', {
    parameters: [
      AT,
      { name: 'all', about: 'every version in the stage, the current one first', kind: 'flag' },
      {
        name: 'verify',
        about: 'answer only with what the policy accepts, and where the chain holds',
        kind: 'flag',
      },
    ],
    answer: either(StageRow, list(StageRow)),
    isOfTags: true,
    ask: async (context, [target = '', typed], options: queries.WhichOptions) => {
      const [artifact, stage] = artifactAndStage(target, typed);
      if (artifact === '') return queries.whichOfAll(context, stage, options);
      const rows = await queries.which(context, artifact, stage, options);
      return options.all ? rows : rows[0];
    },
  }),
  question('latest <artifact>', 'say which version is the greatest', {
    parameters: [AT],
    answer: VersionRow,
    isOfTags: true,
    ask: (context, [artifact = ''], options) => queries.latest(context, artifact, options),
  }),
  question('show [artifact]', 'show all artifacts, or the versions of one', {
    parameters: [
      AT,
      { name: 'deprecated', about: 'deprecated artifacts too', kind: 'flag' },
      {
        name: 'undeclared',
        about: 'also what has only stages that .reg.yaml does not list, and no declaration',
        kind: 'flag',
      },
      { name: 'registered-only', about: 'only registered versions and artifacts', kind: 'flag' },
      {
        name: 'versions-per-stage',
        about: 'so many versions of each stage, -1 for all (default: 1)',
        kind: 'countOrAll',
      },
      {
        name: 'assignments-per-version',
        about: 'the last so many stages of each version (default: -1, all)',
        kind: 'countOrAll',
      },
      {
        name: 'label',
        about: 'only what has this label, as often as needed',
        kind: 'texts',
        key: 'labels',
      },
      { name: 'type', about: 'only what is of this type, such as model', kind: 'text' },
      { name: 'stage', about: 'only what is in this stage', kind: 'text' },
      {
        name: 'behind',
        about: 'only where the version in this stage, or in any, comes before the latest',
        kind: 'textOrFlag',
      },
      { name: 'never', about: 'only what never was in this stage', kind: 'text' },
      {
        name: 'sort',
        about: 'order: name, semver (greatest first) or timestamp (newest first)',
        kind: 'text',
        choices: ['name', 'semver', 'timestamp'],
      },
      LIMIT,
    ],
    answer: either(list(OverviewRow), list(ShownVersion)),
    ask: async (context, [target], options: OverviewOptions) => {
      if (target === undefined) return overview(context, options);
      if (options.sort === 'name')
        throw new RegError('USAGE', 'versions have no names to be sorted by', 'sort by semver or timestamp');
      return versions(context, target, options as VersionsOptions & { sort?: VersionOrder });
    },
  }),
  question('history [artifact]', 'show what happened, newest first', {
    parameters: [
      AT,
      { name: 'stage', about: 'only what concerns this stage', kind: 'text' },
      { name: 'by', about: 'only what the tagger with this address did', kind: 'text' },
      { name: 'since', about: 'only what happened from this time on', kind: 'time' },
      { name: 'until', about: 'only what happened up to this time', kind: 'time' },
      {
        name: 'intervals',
        about: 'one row for each stay of a version in a stage: from when to when, and by whom',
        kind: 'flag',
      },
      {
        name: 'follow',
        about: 'with what happened under the names that the artifact had before',
        kind: 'flag',
      },
      { name: 'asc', about: 'oldest first', kind: 'flag', key: 'ascending' },
      LIMIT,
    ],
    answer: either(list(HistoryRow), list(IntervalRow)),
    ask: async (context, [target], options: HistoryOptions & { intervals?: boolean }) =>
      (options.intervals ? intervals : history)(context, target, options),
  }),
  question('stages', 'list the stages that are allowed or in use', {
    parameters: [
      AT,
      { name: 'allowed', about: 'those that the configuration lists', kind: 'flag' },
      { name: 'used', about: 'those that hold a version', kind: 'flag' },
    ],
    answer: list(text('name of a stage')),
    ask: (context, _, options) => queries.stages(context, options),
  }),
  question('check-ref <ref>', 'say which event a tag is, and whether it is still in effect', {
    parameters: [AT],
    answer: CheckedRow,
    ask: (context, [ref = ''], options) => checkRef(context, ref, options),
  }),
  question(
    'verify [artifact]',
    'say who signed each event, and whether a tag was deleted, moved or recreated',
    {
      answer: list(VerifiedRow),
      ask: (context, [target], options: VerifyOptions) => verify(context, target, options),
    },
  ),
  question('approvals [artifact]', 'list what is approved for a stage, and what waits for approvals', {
    answer: list(ApprovedRow),
    ask: (context, [target], options) => approvals(context, target, options),
  }),
  question('describe <artifact>', 'say what is known of a version: its link or its annotation', {
    parameters: [
      { name: 'version', about: 'the version, with or without v', kind: 'text' },
      { name: 'stage', about: 'what is current in this stage', kind: 'text' },
      { name: 'rev', about: 'as it is at this rev of the registry (default: HEAD)', kind: 'text' },
      AT,
    ],
    answer: Description,
    ask: async (context, [named = ''], { stage, version, ...options }: DescribeOptions) => {
      const target = parseTarget(named);
      const asked = { ...options, ...queries.chosenBy(target, { stage, version }) };
      return describe(context, target.artifact, asked);
    },
  }),
  question('diff <from> [to]', 'say what differs between two models, by default from what HEAD declares', {
    parameters: [
      AT,
      { name: 'log', about: 'so many commits of each log (default: 20; 0 for none)', kind: 'count' },
    ],
    answer: either(Difference, list(StageDifference)),
    ask: async (context, [from = '', to], options: DiffOptions): Promise<unknown> => {
      if (!from.startsWith('#')) return diff(context, from, to, options);
      if (to === undefined) return diffStage(context, from, options);
      throw new RegError(
        'USAGE',
        `'${from}' compares every artifact with what HEAD declares`,
        `name the artifact: 'churn${from}'`,
      );
    },
  }),
  question('outdated [artifact...]', 'list links whose source went on', {
    answer: list(OutdatedRow),
    ask: (context, artifacts) => outdated(context, artifacts),
  }),
];

function artifactAndStage(target: string, stage: string | undefined): [artifact: string, stage: string] {
  if (stage !== undefined) return [target, stage];
  const hash = target.indexOf('#');
  if (hash >= 0) return [target.slice(0, hash), target.slice(hash + 1)];
  throw new RegError(
    'USAGE',
    "missing argument 'stage'",
    'name a stage behind the artifact: /which/churn/prod',
  );
}

/** A question with what a client sent. */
export interface Asked {
  question: Question;
  args: readonly string[];
  /** By the names of the call. */
  options: Readonly<Record<string, unknown>>;
}

/**
 * Reads what a client sent.
 * @param parts of the path behind the name of the question, decoded: the first arguments
 * @param query the others, and options
 * @param now milliseconds since the epoch
 * @throws RegError USAGE for what the question does not take, and for what is missing; INVALID_TIME
 */
export function readAsked(
  question: Question,
  parts: readonly string[],
  query: URLSearchParams,
  now: number,
): Asked {
  const { name, arguments: known, parameters } = question;
  if (parts.length > known.length && !known.at(-1)?.variadic)
    throw new RegError(
      'USAGE',
      `'${name}' takes ${known.length} part${known.length === 1 ? '' : 's'} of a path, not ${parts.length}`,
      'write a / in a name as %2F, or give the name as a parameter: ?artifact=a/b',
    );
  const args: string[] = [...parts];
  for (const { name: key, required, variadic } of known.slice(parts.length)) {
    const given = isParameter(parameters, key) ? [] : query.getAll(key);
    if (given.length > 1 && !variadic) throw twice(key);
    if (given.length === 0 && required)
      throw new RegError('USAGE', `missing argument '${key}'`, `give it in the path, or as ?${key}=`);
    if (given.length === 0) break;
    args.push(...given);
  }
  const options: Record<string, unknown> = {};
  const open = known.filter((_, index) => index >= parts.length).map((one) => one.name);
  for (const key of new Set(query.keys())) {
    const parameter = parameters.find((one) => one.name === key);
    if (parameter !== undefined)
      options[parameter.key ?? camelCase(key)] = valueIn(parameter, query.getAll(key), now);
    else if (!open.includes(key))
      throw new RegError(
        'USAGE',
        `'${name}' takes no parameter '${key}'`,
        `give some of: ${[...open, ...parameters.map((one) => one.name)].join(', ') || 'none'}`,
      );
  }
  return { question, args, options };
}

const isParameter = (parameters: readonly Parameter[], key: string): boolean =>
  parameters.some(({ name }) => name === key);

const camelCase = (name: string): string =>
  name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

const twice = (name: string): RegError =>
  new RegError('USAGE', `the parameter '${name}' is given more than once`, 'give it once');

const FLAGS: Readonly<Record<string, boolean>> = { '': true, true: true, 1: true, false: false, 0: false };

function valueIn({ name, kind, choices }: Parameter, texts: readonly string[], now: number): unknown {
  if (kind === 'texts') return texts;
  const [value = '', ...others] = texts;
  if (others.length > 0) throw twice(name);
  const wrong = (wanted: string): RegError =>
    new RegError('USAGE', `the parameter '${name}' cannot be '${value}'`, `give ${wanted}`);
  if (choices !== undefined && !choices.includes(value)) throw wrong(`one of: ${choices.join(', ')}`);
  switch (kind) {
    case 'time':
      return new Date(parseTime(value, now / 1000) * 1000);
    case 'count':
    case 'countOrAll':
      if (kind === 'countOrAll' && value === '-1') return -1;
      if (!/^\d+$/.test(value)) throw wrong('a whole number');
      return Number(value);
    case 'flag': {
      const flag = Object.hasOwn(FLAGS, value) ? FLAGS[value] : undefined;
      if (flag === undefined) throw wrong('true or false');
      // as an option that is not typed
      return flag || undefined;
    }
    case 'textOrFlag':
      return value === '' ? true : value;
    case 'text':
      return value;
  }
}
