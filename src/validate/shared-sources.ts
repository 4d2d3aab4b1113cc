import type { SourceRepository } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';

/** The same registry, whose links share each source repository that they lead to: what one fetched, the others need not. */
export function withSharedSources(context: RegistryContext): RegistryContext {
  const opened = new Map<string, Promise<SourceRepository>>();
  return {
    ...context,
    sources: {
      openSource: (location) => {
        const key = JSON.stringify(location);
        const opening = opened.get(key) ?? context.sources.openSource(location);
        opened.set(key, opening);
        return opening;
      },
    },
  };
}
