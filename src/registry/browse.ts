import type { Oid } from '../domain/event.js';
import { parseTarget } from '../domain/target.js';
import { type WebPages, webPages } from '../domain/web-pages.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from './context.js';
import { askMeant } from './meant.js';
import { latest, which } from './queries.js';
import { noRemote } from './remote.js';
import type { BrowseRow } from './rows.js';
import { versions } from './show.js';

/**
 * The pages of artifacts at the site that serves the repository: of `churn` its greatest version's tag, of `churn#prod` the
 * assignment's. Without an artifact, the page of all tags.
 * @throws RegError NO_CLONE, SOURCE_UNSUPPORTED for a site whose pages are not known, and what asking for a version throws
 */
export async function browse(
  context: RegistryContext,
  targets: readonly string[] = [],
): Promise<BrowseRow[]> {
  const pages = await requirePages(context);
  if (targets.length === 0) return [{ target: null, tag: null, commit: null, url: pages.tags }];
  return Promise.all(
    targets.map((target) => askMeant(context, target, (full) => pageOf(context, full, pages))),
  );
}

async function pageOf(context: RegistryContext, target: string, pages: WebPages): Promise<BrowseRow> {
  const { artifact, which: wanted } = parseTarget(target);
  const [row] =
    wanted?.kind === 'stage'
      ? await which(context, artifact, wanted.stage, {})
      : wanted?.kind === 'version'
        ? await versions(context, target, {})
        : [await latest(context, artifact, {})];
  if (row === undefined) throw new RegError('UNKNOWN_VERSION', `there is no ${target}`, 'see: reg show');
  return { target, tag: row.tag, commit: row.commit as Oid, url: pages.tag(row.tag) };
}

/** Where the pages of the registry are; undefined where there is no remote, or it is at no site that is known. */
export async function pagesOf(context: RegistryContext): Promise<WebPages | undefined> {
  const address = await registryAddress(context);
  const pages = await pagesAt(address);
  if (pages !== undefined || address === undefined) return pages;
  const { siteAddress } = await import('./site-address.js');
  return pagesAt(await siteAddress(context, address));
}

/** Where the pages of the repository at an address are; undefined for a path, and at a site that is not known. */
export async function pagesAt(address: string | undefined): Promise<WebPages | undefined> {
  const place = address === undefined ? undefined : await placeOf(address);
  return place && webPages(place.host, place.path);
}

/** The https address of a repository that is known by another one, such as `git@github.com:…`; undefined at a site that is not known. */
export async function webAddress(address: string): Promise<string | undefined> {
  const place = await placeOf(address);
  return place && webPages(place.host, place.path) && `https://${place.host}/${place.path}`;
}

/** The host and the path of an address; undefined for a path of this machine. */
export async function placeOf(address: string): Promise<{ host: string; path: string } | undefined> {
  if (!/^[a-z+]+:\/\/|^[^/\\:]+@[^/:]+:/i.test(address)) return undefined;
  // loaded on use: it is of no use to most commands
  const { default: parseGitUrl } = await import('git-url-parse');
  try {
    const { resource, full_name: path } = parseGitUrl(address);
    const host = resource
      .toLowerCase()
      .replace(/^(ssh|altssh)\.(?=github\.com$|bitbucket\.org$|gitlab\.com$)/, '');
    return { host, path };
  } catch {
    return undefined;
  }
}

/** Where others find the registry: its URL, or that of the remote of a clone; undefined without one. */
export async function registryAddress({ repository, remote }: RegistryContext): Promise<string | undefined> {
  if (repository.address !== undefined) return repository.address;
  return repository.largeFiles.setting(`remote.${await remote()}.url`);
}

async function requirePages(context: RegistryContext): Promise<WebPages> {
  const pages = await pagesOf(context);
  if (pages !== undefined) return pages;
  const remote = await context.remote();
  const { repository } = context;
  await repository.workTree();
  if (repository.address === undefined && !(await repository.hasRemote(remote))) throw noRemote(remote);
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `${repository.address ?? `the remote '${remote}'`} is at no site whose pages are known`,
    'GitHub, GitLab, Bitbucket and Codeberg are; reg ui shows any registry in the browser',
  );
}
