import type { Readable } from 'node:stream';
import type { Login } from '../../net/credentials.js';

export type { Login };

/** What following a Git LFS pointer takes of the repository that the pointer is in. */
export interface LargeFiles {
  /** The folders of this machine that keep large files under their ids, `ab/cd/<id>`, those of the repository first. */
  folders(): Promise<readonly string[]>;
  /** The remote that large files come from, by the name that a clone gives it; undefined where there is none. Its URL may hold a login. */
  remote(): Promise<{ name: string; url: string } | undefined>;
  /** A value of git's configuration, which is the user's own; never one of a file that was committed. */
  setting(key: string): Promise<string | undefined>;
  /** The header, `name: value`, that the user has git send to a web address (git-config(1), http.extraHeader). */
  extraHeader(url: string): Promise<string | undefined>;
  /**
   * The login for a web address that the user's credential helpers know (git-credential(1)).
   * @param mayAsk whether the user may be asked too
   */
  findLogin(url: string, mayAsk: boolean): Promise<Login | undefined>;
  /** Tells the helpers whether a login of theirs was taken, so that they keep or forget it. */
  tellLogin(url: string, login: Login, isGood: boolean): Promise<void>;
  /**
   * The bytes behind a pointer, as the git-lfs program brings them; undefined where that program is not there. The stream
   * fails with RegError REMOTE_FAILED, INTERRUPTED.
   */
  smudge(pointer: string): Promise<Readable | undefined>;
}
