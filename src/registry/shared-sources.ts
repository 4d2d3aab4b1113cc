import type { Location } from '../domain/location.js';
import type { SourceRepository } from '../git/port.js';
import { memoize } from '../util/async.js';
import type { RegistryContext } from './context.js';

/**
 * The same registry, whose links share each source repository that they lead to: what one of them fetched or found out, the
 * others need not, and a rev is the same commit for all of them.
 */
export function withSharedSources(context: RegistryContext): RegistryContext {
  const openSource = memoize(
    async (location: Location) => withKeptRevs(await context.sources.openSource(location)),
    { keepFailures: true },
  );
  return { ...context, sources: { openSource } };
}

const withKeptRevs = (source: SourceRepository): SourceRepository => ({
  ...source,
  resolveCommit: memoize((rev: string) => source.resolveCommit(rev), { keepFailures: true }),
});
