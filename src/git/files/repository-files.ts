import type { Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import type { TreeEntry } from '../port.js';
import type { TagListing } from '../tag-listing.js';
import { withObjectFiles } from './object-files.js';
import type { StoredObject } from './pack-file.js';
import { findPlainPlace, type PlainPlace } from './plain-place.js';
import { headOid, readHead, readRef } from './read-ref.js';
import { listArtifactFiles, listPeeledArtifactFiles, listTagFiles } from './tag-listing.js';
import { listTreeFiles, VERY_MANY } from './tree-files.js';

/**
 * What the files of a repository tell without the git program, where they are plain. Every answer may be undefined: then
 * something is not as it usually is, broken above all, and git has to be asked, which knows what to make of it.
 */
export interface RepositoryFiles {
  /** Every tag whose name begins as the tags of one artifact do; where they lead is not told of all. */
  listArtifact(artifact: ArtifactName): TagListing | undefined;
  /** The same, with what an annotated one leads to. */
  listPeeledArtifact(artifact: ArtifactName): TagListing | undefined;
  /** Every tag, with what an annotated one leads to. */
  listPeeledTags(): TagListing | undefined;
  /** These objects, all of them, in this order. */
  readObjects(oids: readonly Oid[]): StoredObject[] | undefined;
  /** What a ref holds, by its full name; null where there is none. */
  readRef(name: string): Oid | null | undefined;
  /** The commit that HEAD leads to. */
  readHead(): Oid | undefined;
  /** All entries below the tree of a commit that are not trees themselves, by path. */
  listTree(commit: Oid): TreeEntry[] | undefined;
  /** The same of the commit that HEAD leads to, for a process that has nothing else to do. */
  listHead(): TreeEntry[] | undefined;
  /** The top of the work tree. */
  workTree(): string | undefined;
}

/**
 * Opens the files of the repository that a folder is in. It is looked for with every question: its format may change.
 * Files are read synchronously: they are few, and small pieces of them.
 */
export const repositoryFiles = (folder: string, env: NodeJS.ProcessEnv): RepositoryFiles =>
  filesAt(() => findPlainPlace(folder, env));

/** The same for who asks what there is to ask at once, and nothing later: it is looked for once. */
export function filesAtOnce(folder: string, env: NodeJS.ProcessEnv): RepositoryFiles {
  const place = findPlainPlace(folder, env);
  return filesAt(() => place);
}

function filesAt(find: () => PlainPlace | undefined): RepositoryFiles {
  const ask = <T>(read: (place: PlainPlace) => T | undefined): T | undefined => {
    const place = find();
    try {
      return place === undefined ? undefined : read(place);
    } catch {
      return undefined;
    }
  };
  return {
    listArtifact: (artifact) => ask(({ commonDir }) => listArtifactFiles(commonDir, artifact)),
    listPeeledArtifact: (artifact) => ask(({ commonDir }) => listPeeledArtifactFiles(commonDir, artifact)),
    listPeeledTags: () => ask(({ commonDir }) => listTagFiles(commonDir)),
    readObjects: (oids) =>
      ask(({ commonDir }) =>
        withObjectFiles(commonDir, (read) => {
          const found = oids.map(read).filter((object) => object !== undefined);
          return found.length === oids.length ? found : undefined;
        }),
      ),
    readRef: (name) => ask(({ commonDir }) => readRef(commonDir, name)),
    readHead: () => ask(readHead),
    listTree: (commit) => ask(({ commonDir }) => listTreeFiles(commonDir, commit)),
    listHead: () =>
      ask((place) => {
        const head = headOid(place);
        return head === undefined ? undefined : listTreeFiles(place.commonDir, head, VERY_MANY);
      }),
    workTree: () => ask(({ workTree }) => workTree),
  };
}
