import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';

/**
 * The ref that holds an artifact's turn, here or at a remote. No artifact's name holds an `@`, so the turns of `churn` and
 * `churn/x` are no file and folder of one name.
 */
export const turnRef = (artifact: ArtifactName): string => `refs/reg/${artifactNameForTag(artifact)}@turn`;
