import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import type { KeptRef, NewRef, Turn } from '../port.js';

/** One ref to change, here or at a remote. */
export interface RefChange {
  refName: string;
  /** What it must hold for the change to be made; undefined for no ref. */
  from: Oid | undefined | 'anything';
  /** What it is to hold; undefined for no ref. */
  to: Oid | undefined;
}

/** The full name of a tag's ref. */
export const tagRef = (tagName: string): string => `refs/tags/${tagName}`;

/**
 * The ref that holds an artifact's turn. No artifact's name holds an `@`, so the turns of `churn` and `churn/x` are no file
 * and folder of one name.
 */
export const turnRef = (artifact: ArtifactName): string => `refs/reg/${artifactNameForTag(artifact)}@turn`;

/** The creation of a tag. */
export const creation = ({ tagName, oid }: NewRef): RefChange => ({
  refName: tagRef(tagName),
  from: undefined,
  to: oid,
});

/** The writing of a tag that a remote has. */
export const keeping = ({ tagName, oid, replaces }: KeptRef): RefChange => ({
  refName: tagRef(tagName),
  from: replaces,
  to: oid,
});

/** The deletion of a tag that holds what it is known to hold. */
export const deletion = ({ tagName, oid }: NewRef): RefChange => ({
  refName: tagRef(tagName),
  from: oid,
  to: undefined,
});

/** The change that passes a turn on: of two writers that took the same one, one finds it changed. */
export const turnChange = ({ artifact, last }: Turn, to: Oid): RefChange => ({
  refName: turnRef(artifact),
  from: last,
  to,
});

/** The change that ends every turn of an artifact that was taken before. */
export const newTurn = (artifact: ArtifactName, to: Oid): RefChange => ({
  refName: turnRef(artifact),
  from: 'anything',
  to,
});
