import { needsGit } from '../needs-git.js';
import type { BranchReader, RegistryRepository, SignatureReader, TagRemote, TagWriter } from '../port.js';

const refuse = (what: string) => async (): Promise<never> => {
  throw needsGit(what);
};
const write = refuse('writing to a registry');
const ask = refuse('asking a remote of this repository');

/** What only the git program does: writing tags, talking to the remotes of a clone, and what the rules of a team take. */
export const refusing: TagWriter &
  TagRemote &
  BranchReader &
  SignatureReader &
  Pick<RegistryRepository, 'commitFile'> = {
  commitFile: refuse('committing a file'),
  identity: write,
  signsTags: write,
  storeTag: write,
  takeTurn: write,
  changeRefs: write,
  pushRefs: write,
  listRemoteTags: ask,
  listRemoteArtifact: ask,
  listRemoteRefs: ask,
  fetchTags: ask,
  strays: refuse('looking at the branches of this repository'),
  commitDate: refuse('looking at the branches of this repository'),
  checkSignatures: refuse('checking signatures'),
};
