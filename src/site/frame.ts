import { basename } from 'node:path';
import { formatTime } from '../domain/time.js';
import { pagesAt } from '../registry/browse.js';
import type { RegistryContext } from '../registry/context.js';
import { intervals } from '../registry/history.js';
import { stages } from '../registry/stages.js';
import { shownAddress, withoutLogin } from '../util/address.js';
import type { Frame } from '../web/page.js';

/** What all pages of a site share; each adds its own way to the top. */
export type SiteFrame = Omit<Frame, 'root'> & {
  /** The address of the repository, fit to be shown; undefined where only this machine knows it. */
  address: string | undefined;
};

/** Finds out what all pages share. */
export async function siteFrame(context: RegistryContext, live: string | null): Promise<SiteFrame> {
  const remote = await remoteOf(context);
  const address = isElsewhere(remote) ? withoutLogin(remote) : undefined;
  const [pages, listed, stays, root] = await Promise.all([
    pagesAt(address),
    stages(context, {}),
    intervals(context, undefined, {}),
    context.repository.workTree(),
  ]);
  // a stage that is empty now was in use all the same
  const used = stays.map(({ stage }) => stage).sort();
  return {
    registry: nameOf(address ?? root ?? remote) ?? 'registry',
    address,
    read: formatTime(Math.floor(context.now() / 1000)),
    live,
    stages: [...new Set([...listed, ...used])],
    // an id or the name of a tag comes last in these
    host: pages ? { commit: pages.commit(''), tag: pages.tag('') } : null,
    repo: address ?? null,
  };
}

/** The URL of the registry, or that of the remote of a clone, which may be a path and may hold a login. */
const remoteOf = async ({ repository }: RegistryContext): Promise<string | undefined> =>
  repository.url ?? (await repository.largeFiles.remote().catch(() => undefined))?.url;

/** Whether others can reach the repository there too. */
const isElsewhere = (url: string | undefined): url is string =>
  url !== undefined && /^(https?|ssh|git):\/\/|^[^/\\:]{2,}:(?!\/\/)/.test(url);

function nameOf(place: string | undefined): string | undefined {
  const last = basename(
    shownAddress(place ?? '')
      .replace(/[/:]+$/, '')
      .replace(/\.git$/, ''),
  );
  return last.replace(/^.*:/, '') || undefined;
}
