import { isDvcFile } from '../documents/dvc.js';
import { RegError } from '../errors.js';
import { signed } from '../stores/port.js';
import { splitObjectUrl } from '../stores/url.js';
import { shownUrl, withoutLogin, withoutUserInfo } from '../util/address.js';
import { dvcAddress } from './dvc.js';
import { artifactInGit } from './dvc-index.js';
import { gitAddress } from './git.js';
import type { LocateTools, ResolvedSource } from './locate.js';
import type { ModelAddress } from './source.js';
import { findFileList } from './store-layout.js';

/**
 * Finds the address of the bytes of a model: its URL, the place of its object in the remote of DVC, or what the server of Git LFS
 * says. Only that server is asked, and a remote of DVC for a path inside a folder.
 * @throws RegError SOURCE_UNSUPPORTED for a model in git itself and for a URL with a login or a query; SOURCE_PATH, REMOTE_FAILED,
 * STORE_FAILED
 */
export async function addressOf(
  source: ResolvedSource,
  { stores, around }: Pick<LocateTools, 'stores' | 'around'>,
): Promise<ModelAddress> {
  if (source.kind === 'store') {
    const { url } = source;
    const { folder, name } = splitObjectUrl(url);
    // the user of ssh is part of the place
    if ((/^ssh:/i.test(url) ? withoutLogin(url) : withoutUserInfo(url)) !== url)
      throw new RegError(
        'SOURCE_UNSUPPORTED',
        `${shownUrl(url)} is not printed as a whole: what it leaves out may be a login or a signature`,
        'read it in the link file',
      );
    // an address that is a folder may be that of a list
    const listed = name === '' ? await findFileList(stores, folder).catch(() => undefined) : undefined;
    const note = listed && 'a folder whose files are stored one by one: .reg-files there is their list';
    return { url, note, sign: async (lifetime) => signed(await stores.openStore(folder), name, lifetime) };
  }
  const { repository, commit, path, at, repo } = source;
  const inGit = (where: string): Promise<ModelAddress> => gitAddress(repository, commit, where, around);
  if (!isDvcFile(path) && (await repository.objects.entry(commit, path))) return inGit(path);
  const tracked = await dvcAddress(repository.objects, commit, path, { stores, around, at, repo });
  return tracked ?? inGit((await artifactInGit(repository.objects, commit, path)) ?? path);
}
