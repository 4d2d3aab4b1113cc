import type { ShownVersion } from '../../registry/rows.js';
import { shellLine } from '../../util/shell.js';

/** Whether a version is one that was registered, which commands take; not the id of a commit. */
export const isPlain = (version: string): boolean => version.startsWith('v');

/** The command line that loads a version, from anywhere if the registry has an address. */
export const loadCommand = ({ artifact, version }: ShownVersion, repo: string | null): string =>
  commandLine(repo, 'load', `${artifact}@${version}`);

/** The command line that compares two versions. */
export const diffCommand = (artifact: string, from: string, to: string, repo: string | null): string =>
  commandLine(repo, 'diff', `${artifact}@${from}`, `@${to}`);

const commandLine = (repo: string | null, ...words: string[]): string =>
  shellLine('reg', ...words, ...(repo === null ? [] : ['--repo', repo]));
