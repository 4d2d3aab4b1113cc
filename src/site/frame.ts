import { basename } from 'node:path';
import { formatTime } from '../domain/time.js';
import { shownAddress, withoutLogin } from '../git/location.js';
import { pagesAt } from '../registry/browse.js';
import type { RegistryContext } from '../registry/context.js';
import { intervals } from '../registry/history.js';
import { stages } from '../registry/stages.js';
import type { Frame } from '../web/page.js';

/** What all pages of a site share; each adds its own way to the top. */
export type SiteFrame = Omit<Frame, 'root'> & {
  /** The address of the repository, fit to be shown; undefined where only this machine knows it. */
  address: string | undefined;
};

/** Finds out what all pages share. */
export async function siteFrame(context: RegistryContext, live: string | null): Promise<SiteFrame> {
  const address = await addressOf(context);
  const [pages, listed, stays, root] = await Promise.all([
    pagesAt(address),
    stages(context, {}),
    intervals(context, undefined, {}),
    context.repository.workTree(),
  ]);
  // a stage that is empty now was in use all the same
  const used = stays.map(({ stage }) => stage).sort();
  return {
    registry: nameOf(address ?? root) ?? 'registry',
    address,
    read: formatTime(Math.floor(context.now() / 1000)),
    live,
    stages: [...new Set([...listed, ...used])],
    // an id or the name of a tag comes last in these
    host: pages ? { commit: pages.commit(''), tag: pages.tag('') } : null,
    repo: address ?? null,
  };
}

/** Where others reach the repository: its URL, or that of its remote. No login is in it. */
async function addressOf({ repository, config }: RegistryContext): Promise<string | undefined> {
  const url = repository.url ?? (await repository.largeFiles.remote().catch(() => undefined))?.url;
  const isElsewhere = url !== undefined && /^(https?|ssh|git):\/\/|^[^/\\]{2,}:/.test(url);
  await config();
  return isElsewhere ? withoutLogin(url) : undefined;
}

function nameOf(place: string | undefined): string | undefined {
  const last = basename(
    shownAddress(place ?? '')
      .replace(/[/:]+$/, '')
      .replace(/\.git$/, ''),
  );
  return last.replace(/^.*:/, '') || undefined;
}
