/** What a run loads of the built program. */
export interface Loaded {
  line: string;
  files: number;
  bytes: number;
  packages: string[];
  sources: string[];
}
export const QUICK: readonly (readonly string[])[];
export function loadedBy(lines: readonly (readonly string[])[], cwd: string): Promise<Loaded[]>;
export function needless(loaded: Loaded): string[];
