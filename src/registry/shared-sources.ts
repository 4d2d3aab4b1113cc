import type { Oid } from '../domain/event.js';
import type { Location } from '../domain/location.js';
import type { SourceRepository } from '../git/port.js';
import type { RegistryContext } from './context.js';

/**
 * The same registry, whose links share each source repository that they lead to: what one of them fetched or found out, the
 * others need not, and a rev is the same commit for all of them.
 */
export function withSharedSources(context: RegistryContext): RegistryContext {
  const openSource = kept(async (location: Location) =>
    withKeptRevs(await context.sources.openSource(location)),
  );
  return { ...context, sources: { openSource } };
}

function withKeptRevs(source: SourceRepository): SourceRepository {
  return { ...source, resolveCommit: kept<string, Oid | undefined>((rev) => source.resolveCommit(rev)) };
}

/** The same question, asked once for each value; a failure is an answer too. */
function kept<K, T>(ask: (value: K) => Promise<T>): (value: K) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (value) => {
    const key = JSON.stringify(value);
    const answer = answers.get(key) ?? ask(value);
    answers.set(key, answer);
    return answer;
  };
}
