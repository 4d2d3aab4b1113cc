import type { WriteRow } from './rows.js';

/** Options that all writes share. */
export interface WriteOptions {
  message?: string | undefined;
  /** Decides and tells, and writes nothing. */
  dryRun?: boolean | undefined;
  /** Sends the tags to the remote first; the configuration's `push` by default. */
  push?: boolean | undefined;
  /** Does not ask the remote what it has before deciding. */
  offline?: boolean | undefined;
  /** Signs the tags, or does not; git's `tag.gpgSign` by default. */
  sign?: boolean | undefined;
  /** Lets a commit be registered that does not declare the artifact. */
  unlinked?: boolean | undefined;
  /** Asked before tags are deleted; without it no tag is. */
  confirm?: ((rows: readonly WriteRow[]) => Promise<boolean>) | undefined;
}
