import { createHash } from 'node:crypto';
import type { RegistryContext } from '../registry/context.js';
import type { AskSource } from './ask-source.js';
import { type Site, siteOf } from './site.js';

/** The site of a registry that is looked at again and again. */
export interface LiveSite {
  /** The site as the registry is now; as it was last where it cannot be asked. */
  site(): Promise<Site>;
  /** Tells the mark of what is there now, and of every change from now on, until the function that it gives is called. */
  follow(tell: (mark: string) => void): () => void;
}

/** How often the tags are looked at, in milliseconds: here that costs one listing, elsewhere it costs somebody's server one. */
const PAUSE = { here: 1500, elsewhere: 30_000 };

/** Follows a registry: its tags, and the commit that declares what has no version yet. */
export function liveSiteOf(context: RegistryContext, askSource: AskSource): LiveSite {
  const pause = context.repository.url === undefined ? PAUSE.here : PAUSE.elsewhere;
  const followers = new Set<(mark: string) => void>();
  let kept: { mark: string; site: Site } | undefined;
  let looking: Promise<Site> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<Site> => {
    const mark = await markOf(context);
    lookedAt = context.now();
    if (kept?.mark === mark) return kept.site;
    kept = { mark, site: await siteOf(context, mark, askSource) };
    for (const tell of followers) tell(mark);
    return kept.site;
  };
  const site = async (): Promise<Site> => {
    if (kept && context.now() - lookedAt < pause / 2) return kept.site;
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking.catch((error) => {
      if (kept) return kept.site;
      throw error;
    });
  };
  return {
    site,
    follow: (tell) => {
      followers.add(tell);
      // nobody looks, nothing is asked
      timer ??= setInterval(() => void site().catch(() => undefined), pause);
      if (kept) tell(kept.mark);
      return () => {
        followers.delete(tell);
        if (followers.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}

/** A text that is another one whenever an event came or went, or HEAD moved on. */
async function markOf({ repository }: RegistryContext): Promise<string> {
  const [tags, head] = await Promise.all([repository.tags.list('all'), repository.resolveCommit('HEAD')]);
  const lines = [...tags.refs].map(({ name, oid }) => `${oid} ${name}`).sort();
  return createHash('sha256')
    .update([head, ...lines].join('\n'))
    .digest('hex')
    .slice(0, 16);
}
