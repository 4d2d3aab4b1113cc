import { posix } from 'node:path';
import { type DeclaredOut, requireOut } from '../documents/dvc.js';
import { MOST_VALUE_BYTES } from '../documents/values.js';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { Objects, TreeEntry } from '../git/port.js';
import { findManifest, trackedModel } from '../models/dvc.js';
import { dvcOutputs, pointersAt } from '../models/dvc-index.js';
import { type DvcPlace, localUrl, openCache, openRemote } from '../models/dvc-remote.js';
import { type DvcTools, dvcSettings, remoteOf } from '../models/dvc-settings.js';
import { once } from '../util/async.js';
import { readAtMost } from '../util/stream.js';
import type { Note } from './evidence.js';

/** Where the files of a version are. */
export interface EvidencePlace extends DvcTools {
  objects: Objects;
  commit: Oid;
  /** The model, from the top of the repository; undefined where it is elsewhere. */
  path: string | undefined;
  /** Whether remotes of DVC that are not folders of this machine may be asked. */
  mayFetch: boolean;
}

/** The files of one commit, those that DVC tracks among them. What cannot be read becomes a note. */
export class EvidenceFiles {
  readonly notes: Note[] = [];
  private readonly read_ = new Map<string, Promise<Uint8Array | undefined>>();

  constructor(readonly place: EvidencePlace) {}

  /** The files that git has, by path. */
  readonly entries = once(async (): Promise<ReadonlyMap<string, TreeEntry>> => {
    const { objects, commit } = this.place;
    return new Map((await objects.entries(commit, '')).map((entry) => [entry.path, entry]));
  });

  /** The outputs that DVC tracks, by path. */
  readonly outs = once(
    async (): Promise<ReadonlyMap<string, DeclaredOut>> =>
      (await dvcOutputs(pointersAt(this.place.objects, this.place.commit))).outs,
  );

  note(file: string, kind: Note['kind'], message: string): void {
    if (!this.notes.some((one) => one.file === file && one.message === message))
      this.notes.push({ file, kind, message });
  }

  /** Does one part of the work; what cannot be read is noted, and the rest goes on. */
  async attempt<T>(file: string, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
      this.note(file, 'unreadable', error.message);
      return undefined;
    }
  }

  /** Whether git has a file. */
  has = async (path: string): Promise<boolean> => (await this.entries()).has(path);

  /** The bytes of a file in git, or in DVC's cache or remote; undefined and a note where they cannot be had. */
  read(path: string): Promise<Uint8Array | undefined> {
    const known = this.read_.get(path);
    if (known) return known;
    const found = this.attempt(path, () => this.bytesOf(path));
    this.read_.set(path, found);
    return found;
  }

  /** The bytes of a file in git; undefined and no note without one. */
  async readIfThere(path: string): Promise<Uint8Array | undefined> {
    return (await this.has(path)) ? this.read(path) : undefined;
  }

  /** The files at a path: itself, or those in the folder. */
  async filesAt(path: string): Promise<string[]> {
    const entries = await this.entries();
    if (entries.has(path)) return [path];
    const below = [...entries.keys()].filter((one) => one.startsWith(`${path}/`) && !/(^|\/)\.git/.test(one));
    if (below.length > 0) return below;
    const tracked = await this.trackedAt(path);
    if (tracked === undefined) return [path];
    const { out, below: inside } = tracked;
    const listed = await this.attempt(path, () => this.listed(out));
    if (listed === undefined) return [path];
    const within = listed.filter((one) => inside === '' || one.startsWith(`${inside}/`));
    return within.length === 0 ? [path] : within.map((one) => posix.join(out.path, one));
  }

  private async trackedAt(path: string): Promise<{ out: DeclaredOut; below: string } | undefined> {
    const outs = await this.outs();
    for (let at = path; at !== '.' && at !== '/'; at = posix.dirname(at)) {
      const out = outs.get(at);
      if (out) return { out, below: path.slice(at.length + 1) };
    }
    return undefined;
  }

  private async bytesOf(path: string): Promise<Uint8Array | undefined> {
    const { objects } = this.place;
    const entry = (await this.entries()).get(path);
    if (entry?.type === 'blob') {
      const size = (await objects.sizes([entry.oid])).get(entry.oid) ?? 0;
      if (size > MOST_VALUE_BYTES)
        throw new RegError('TOO_LARGE', `it has ${size} bytes, and at most ${MOST_VALUE_BYTES} are read`);
      return objects.blob(entry.oid, MOST_VALUE_BYTES);
    }
    if (entry !== undefined) throw new RegError('INVALID_MODEL', 'it is a symbolic link or a submodule');
    const tracked = await this.trackedAt(path);
    if (tracked === undefined) {
      this.note(path, 'absent', 'the commit does not have it');
      return undefined;
    }
    return this.trackedBytes(tracked.out, tracked.below, path);
  }

  private async trackedBytes(
    declared: DeclaredOut,
    below: string,
    path: string,
  ): Promise<Uint8Array | undefined> {
    const out = requireOut(declared);
    if (below !== '' && !out.isFolder) throw new RegError('SOURCE_PATH', `${out.path} is no folder`);
    for (const remote of await this.remotes(declared)) {
      const model = await trackedModel([async () => remote], out, below).catch(unlessMissing);
      const [file, ...more] = model?.files ?? [];
      if (file === undefined || more.length > 0) continue;
      const tooLong = (): RegError =>
        new RegError('TOO_LARGE', `it has more than ${MOST_VALUE_BYTES} bytes, and no more are read`);
      if ((file.size ?? 0) > MOST_VALUE_BYTES) throw tooLong();
      return readAtMost(await file.open(), MOST_VALUE_BYTES, tooLong);
    }
    this.note(path, 'not-fetched', this.whyAway(out.md5));
    return undefined;
  }

  private async listed(declared: DeclaredOut): Promise<string[] | undefined> {
    const out = requireOut(declared);
    if (!out.isFolder) return undefined;
    for (const place of await this.remotes(declared)) {
      const entries = await findManifest(place, out);
      if (entries) return entries.map(({ path }) => path);
    }
    this.note(out.path, 'not-fetched', this.whyAway(`${out.md5}.dir`));
    return undefined;
  }

  private whyAway = (md5: string): string =>
    `its bytes (md5 ${md5}) are ${this.place.mayFetch ? "neither in DVC's cache nor in its remote" : "not in DVC's cache or a folder of this machine; --fetch asks the remote"}`;

  /** DVC's cache of the work tree, and the remote where it may be asked. */
  private async remotes(declared: DeclaredOut): Promise<DvcPlace[]> {
    const { objects, commit, mayFetch, ...tools } = this.place;
    const out = requireOut(declared);
    const found: DvcPlace[] = [];
    try {
      const settings = await dvcSettings(objects, commit, out.file, tools);
      const cache = await openCache(settings, tools);
      if (cache) found.push(cache);
      const config = remoteOf(settings, commit, out, tools);
      if (mayFetch || localUrl(config) !== undefined) found.push(await openRemote(config, tools));
    } catch (error) {
      // a remote that is not there, or of an unknown kind, has nothing for us
      if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    }
    return found;
  }
}

/** For `catch`: what a cache or a remote lacks, another may have. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof RegError && error.code === 'SOURCE_PATH') return undefined;
  throw error;
}
