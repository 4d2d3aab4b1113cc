import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import type { NewRef, PushResult, RegistryRepository } from '../git/port.js';
import { shellLine } from '../util/shell.js';

/** What a remote is asked to do. */
export interface Errand {
  repository: RegistryRepository;
  remote: string;
  artifact: ArtifactName;
  refs: readonly NewRef[];
  /** Whether the tags are to be deleted there, not created. */
  isDeletion: boolean;
}

/** A push after which another try is worth it. */
export type Lost = Extract<PushResult, { outcome: 'lost' }>;

/**
 * Waits for the end of a push: undefined when the remote did it, and when not, why another try is worth it.
 * @throws RegError REMOTE_REFUSED, REMOTE_FAILED also where nobody knows, INTERRUPTED
 */
export async function outcomeOf(push: Promise<PushResult>, errand: Errand): Promise<Lost | undefined> {
  const result = await push.catch(whenInterrupted(errand));
  switch (result.outcome) {
    case 'done':
      return undefined;
    case 'lost':
      return result;
    case 'refused':
      throw new RegError(
        'REMOTE_REFUSED',
        `${errand.remote} refused the push: ${result.reason}`,
        'nothing was written; the server decides who may push which tags',
      );
    default:
      throw nobodyKnows(result, errand);
  }
}

/** How a push ended of which nobody knows what will come. */
export type Unknown = Extract<PushResult, { outcome: 'unanswered' | 'unknown' }>;

/** The error for a push that got no answer: the server may be at it still, and may do it at any time. */
export function nobodyKnows({ outcome, reason }: Unknown, errand: Errand): RegError {
  const { remote, refs, isDeletion } = errand;
  const names = refs.map(({ tagName }) => tagName).join(' and ');
  const it = refs.length === 1 ? 'it' : 'them';
  const asked = isDeletion
    ? `the deletion of ${names} (${reason}); it still has ${it}, and may yet delete ${it}`
    : `the push of ${names} (${reason}); it does not have ${it} so far, and may still take ${it}`;
  return new RegError(
    'REMOTE_FAILED',
    outcome === 'unanswered'
      ? `${remote} gave no answer to ${asked}`
      : `it is not known whether ${remote} ${isDeletion ? 'deleted' : 'took'} ${names}: ${reason}`,
    whereToLook(errand),
  );
}

/** To do a thing again that was done after all may do another: a second rollback undoes the first. */
function whereToLook({ repository, remote, artifact }: Errand): string {
  const history = shellLine('reg', 'history', artifact, '-n', '3');
  return repository.url === undefined
    ? `look before doing it again: reg status (what ${remote} has), ${history} (what is here)`
    : `look before doing it again: ${history}`;
}

/** Tells whoever interrupts a push where to look: it may have been taken. */
export const whenInterrupted =
  (errand: Errand) =>
  (error: unknown): never => {
    if (!(error instanceof RegError) || error.code !== 'INTERRUPTED') throw error;
    throw new RegError('INTERRUPTED', 'interrupted while pushing', whereToLook(errand));
  };
