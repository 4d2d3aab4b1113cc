import type { ArtifactName } from '../domain/names.js';
import { tagNameIn } from '../domain/refs.js';
import { parseTagName } from '../domain/tag-name.js';
import { parseTarget, type Target } from '../domain/target.js';
import { type ErrorCode, RegError } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import { AskAgain, mayLackTags } from '../registry/missing.js';
import { isRunner } from '../util/runner.js';
import type { GlobalOptions } from './output.js';
import { type CommandSpec, FETCH } from './table/command.js';

/** The errors of what may be at the remote. */
const NOT_HERE: ReadonlySet<ErrorCode> = new Set([
  'UNKNOWN_ARTIFACT',
  'UNKNOWN_VERSION',
  'UNKNOWN_STAGE',
  'NOTHING_IN_STAGE',
  'NOT_AN_EVENT',
]);

/** The commands that ask for a commit, and what it declares. */
const LASTING: ReadonlySet<string> = new Set(['load', 'files', 'describe', 'diff']);

/** How a question deals with tags that this clone may lack (docs/specification.md, 1 Tags). */
export interface Fetching {
  /** Prepares a registry for the question. */
  before(context: RegistryContext): Promise<RegistryContext>;
  /** Whether tags were brought since a question ended with this error, so that it may have an answer. */
  mayAnswerNow(error: unknown): Promise<boolean>;
  /** Says behind an answer that it may be an old one. */
  after(): Promise<void>;
  /** The same of an error: where tags may be missing, it is no answer, and the way out is to get them. */
  explained(error: unknown): Promise<unknown>;
}

/**
 * How the run of a command deals with missing tags: `--fetch` fetches them first, and `CI=true` where some are or may be
 * missing, or what was asked for is not here. Where git does not bring all tags to a clone, an answer without a fetch has a note, unless
 * `--offline` was given.
 */
export function fetchingOf(
  command: CommandSpec,
  args: readonly unknown[],
  { fetch = false, offline = false, outputFormat, stage }: GlobalOptions & { stage?: string },
  env: NodeJS.ProcessEnv,
): Fetching | undefined {
  if (!command.options.includes(FETCH)) return undefined;
  const words = args.filter((arg) => typeof arg === 'string');
  const targets = words.map(targetIn);
  const isAboutOne = ['artifact', 'ref'].includes(command.arguments[0]?.name ?? '');
  const scope: ArtifactName | 'all' = (isAboutOne && targets[0]?.artifact) || 'all';
  // a newer tag changes neither what HEAD declares nor, as a rule, what a version is
  const isLasting =
    LASTING.has(command.name) &&
    stage === undefined &&
    targets.every((one) => one !== undefined && (one.which?.kind ?? 'version') === 'version') &&
    // of one name alone the latest version is compared
    !(command.name === 'diff' && targets.length === 1 && targets[0]?.which === undefined);
  let asked: RegistryContext | undefined;
  let isFetched = false;
  let bringing: Promise<void> | undefined;
  /** Why tags may be missing: it is looked up beside the question, which may take as long. */
  let lacking: Promise<string | undefined> | undefined;
  // a step of a job asks what its tag says, and most checkouts lack tags
  const isStep = !offline && command.name === 'check-ref' && outputFormat !== undefined;
  const isAutomatic = !offline && isRunner(env);
  const bring = async (context: RegistryContext): Promise<void> => {
    // loaded on use: few questions fetch
    bringing ??= import('../registry/fetch-tags.js')
      .then(({ fetchTags }) => fetchTags(context, scope))
      .finally(() => {
        bringing = undefined;
      });
    await bringing;
    isFetched = true;
  };
  const bringMissing = async (context: RegistryContext): Promise<boolean> => {
    if (isFetched || context.repository.remote === undefined) return false;
    await bring(context);
    return true;
  };
  return {
    before: async (context) => {
      asked = context;
      if ((fetch || isStep) && !isFetched) await bring(context);
      if (!isFetched && !offline && !isLasting) {
        lacking ??= mayLackTags(context);
        lacking.catch(() => undefined);
        if (isAutomatic && (await lacking) !== undefined)
          await bringMissing(context).catch(unlessRemoteFailed);
      }
      return isAutomatic ? { ...context, bringMissing: () => bringMissing(context) } : context;
    },
    mayAnswerNow: async (error) => {
      if (error instanceof AskAgain) return true;
      if (!isAutomatic || asked === undefined || !(error instanceof RegError && NOT_HERE.has(error.code)))
        return false;
      // where the remote does not answer either, the error stays
      return bringMissing(asked).catch(() => false);
    },
    explained: async (error) => {
      const isHere = !(error instanceof RegError && NOT_HERE.has(error.code));
      if (isFetched || offline || asked === undefined || isHere) return error;
      const why = await (lacking ?? mayLackTags(asked)).catch(() => undefined);
      if (why === undefined) return error;
      return new RegError(
        error.code,
        `${error.message}; ${why}`,
        'ask with --fetch, or get them with: reg sync',
      );
    },
    after: async () => {
      const why = isFetched ? undefined : await lacking;
      if (why !== undefined) asked?.note(`${why}; ask with --fetch, or get them with: reg sync`);
    },
  };
}

/** Goes on without a remote that does not answer: a note says that the answer may be an old one. */
function unlessRemoteFailed(error: unknown): void {
  if (!(error instanceof RegError && error.code === 'REMOTE_FAILED')) throw error;
}

/** What a word of the command line points at, also as a tag; undefined for one that is no target. */
function targetIn(word: string): Target | undefined {
  const name = tagNameIn(word);
  try {
    return parseTarget(name);
  } catch {
    const artifact = parseTagName(name)?.artifact;
    return artifact && { artifact };
  }
}
