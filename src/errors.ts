/** The closed list of everything that can go wrong; `exitCodeOf` gives each its exit code (docs/specification.md, Commands). */
export type ErrorCode =
  // what was typed
  | 'USAGE'
  | 'INVALID_NAME'
  | 'INVALID_STAGE'
  | 'INVALID_VERSION'
  | 'INVALID_TIME'
  // not found
  | 'UNKNOWN_ARTIFACT'
  | 'UNKNOWN_VERSION'
  | 'UNKNOWN_STAGE'
  | 'UNKNOWN_REV'
  | 'NOTHING_IN_STAGE'
  | 'NOT_AN_EVENT'
  | 'AMBIGUOUS'
  | 'TAGS_MISSING'
  | 'DAMAGED'
  // refused
  | 'ALREADY_REGISTERED'
  | 'COMMIT_TAKEN'
  | 'DEREGISTERED'
  | 'NOT_DECLARED'
  | 'NOT_COMMITTED'
  | 'NAME_CASE'
  | 'CLOCK_AHEAD'
  | 'COUNTER_LIMIT'
  | 'STAGE_TAKEN'
  | 'GTO_UNREADABLE'
  | 'BUSY'
  | 'BEHIND_REMOTE'
  | 'CONFIRMATION_NEEDED'
  | 'POLICY'
  | 'NOT_VERIFIED'
  // links, configuration and bytes
  | 'INVALID_LINK'
  | 'INVALID_CONFIG'
  | 'FILE_EXISTS'
  | 'SOURCE_PATH'
  | 'SOURCE_UNSUPPORTED'
  | 'HASH_MISMATCH'
  | 'INVALID_MODEL'
  | 'NOT_PINNED'
  | 'NOT_PUSHED'
  | 'TOO_LARGE'
  | 'LINK_LOOP'
  | 'PACKAGE_MISSING'
  // the surroundings
  | 'NO_REPOSITORY'
  | 'NO_COMMITS'
  | 'NO_IDENTITY'
  | 'SIGNING_FAILED'
  | 'SHALLOW'
  | 'NO_WORK_TREE'
  | 'NO_CLONE'
  | 'GIT_MISSING'
  | 'GIT_TOO_OLD'
  | 'GIT_FAILED'
  | 'FILE_SYSTEM'
  | 'INTERRUPTED'
  | 'INTERNAL'
  // beyond this machine
  | 'REMOTE_FAILED'
  | 'REMOTE_REFUSED'
  | 'STORE_FAILED';

const USAGE: ReadonlySet<ErrorCode> = new Set([
  'USAGE',
  'INVALID_NAME',
  'INVALID_STAGE',
  'INVALID_VERSION',
  'INVALID_TIME',
]);
const REMOTE: ReadonlySet<ErrorCode> = new Set(['REMOTE_FAILED', 'REMOTE_REFUSED', 'STORE_FAILED']);

/** A line of a file; lines count from 1. */
export interface Place {
  file: string;
  line: number;
}

/** The one error that `reg` throws on purpose: a code for programs, a message and a hint for people. */
export class RegError extends Error {
  override readonly name = 'RegError';
  readonly code: ErrorCode;
  /** The way out, in one line. */
  readonly hint: string | undefined;
  /** Where in which file, for errors about a file. */
  readonly place: Place | undefined;

  constructor(code: ErrorCode, message: string, hint?: string, place?: Place) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.place = place;
  }
}

/** The error for what was ended on purpose, by Ctrl-C or the signal that a program gave. */
export const interrupted = (): RegError => new RegError('INTERRUPTED', 'interrupted');

/** An error that is a finding, such as a source that cannot be read. Anything else is thrown again, and so is an interruption. */
export function failureOf(error: unknown): RegError {
  if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
  return error;
}

/** The exit code of an error: 2 usage, 4 remote, network or authentication, 1 everything else (docs/specification.md, Commands). */
export function exitCodeOf(code: ErrorCode): 1 | 2 | 4 {
  if (USAGE.has(code)) return 2;
  return REMOTE.has(code) ? 4 : 1;
}

/** Marks the branch of a switch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
