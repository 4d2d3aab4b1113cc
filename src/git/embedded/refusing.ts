import type { RegistryRepository, TagRemote, TagWriter } from '../port.js';
import { needsGit } from './needs-git.js';

const refuse = (what: string) => async (): Promise<never> => {
  throw needsGit(what);
};
const write = refuse('writing to a registry');
const ask = refuse('asking a remote of this repository');

/** What only the git program does: writing tags, and talking to the remotes of a clone. */
export const refusing: TagWriter & TagRemote & Pick<RegistryRepository, 'commitFile'> = {
  commitFile: refuse('committing a file'),
  identity: write,
  writeTagObject: write,
  takeTurn: write,
  createTags: write,
  deleteTags: write,
  keepTags: write,
  pushTags: write,
  deleteRemoteTags: write,
  listRemoteTags: ask,
  listRemoteArtifact: ask,
  fetchTags: ask,
};
