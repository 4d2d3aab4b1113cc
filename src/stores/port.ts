import type { Readable } from 'node:stream';
import type { ByteRange } from '../net/http.js';

/** One object as a store lists it. */
export interface StoredObject {
  /** From the top of the store, `/` between parts, none at the beginning. */
  key: string;
  /** Bytes; undefined where a server does not tell. */
  size: number | undefined;
  /** Whether it can be read from the middle. */
  ranges: boolean;
}

/**
 * A place that keeps bytes under keys: a folder, a bucket, a web server. Every call throws RegError STORE_FAILED when the
 * place cannot be reached or does not let us in, with what it said, and INTERRUPTED once the signal was given.
 */
export interface ObjectStore {
  /** Its address, fit to be shown: no user-info, no signature. */
  shown: string;
  /** What is known of the object under a key; undefined when there is none. */
  stat(key: string): Promise<StoredObject | undefined>;
  /**
   * Every object whose key begins with a folder's name and `/`, by key; `''` for all.
   * @throws RegError SOURCE_UNSUPPORTED where a place cannot list
   */
  list(folder: string): Promise<StoredObject[]>;
  /**
   * The bytes of an object, or a part of them.
   * @throws RegError SOURCE_PATH when it is not there; the stream fails with STORE_FAILED when it ends too early
   */
  read(key: string, range?: ByteRange): Promise<Readable>;
  /**
   * Puts an object under a key, whole or not at all, whatever was there; memory stays constant however large it is.
   * @param size of the bytes, all of them
   * @throws RegError SOURCE_UNSUPPORTED where nothing can be written
   */
  write(key: string, bytes: Readable, size: number): Promise<void>;
}

/** What a URL does not say of a store; each kind knows some, and every one has the usual default of its kind. */
export interface StoreSettings {
  /** Another server than the provider's own: MinIO and others. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** A profile of the AWS configuration files. */
  profile?: string | undefined;
  /** A storage account of Azure. */
  account?: string | undefined;
}

/** Opens stores; an argument of everything that reads or writes models. */
export interface StoreOpener {
  /**
   * Opens what is at a URL or an absolute path as a store: keys are below it. Nothing is asked yet.
   * @throws RegError SOURCE_UNSUPPORTED for a URL of no known kind, PACKAGE_MISSING with the `npm install` that helps
   */
  openStore(url: string, settings?: StoreSettings): Promise<ObjectStore>;
}
