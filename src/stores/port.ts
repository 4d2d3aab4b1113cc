import type { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import type { ByteRange } from '../net/http.js';
import type { AllowedHosts } from '../net/private-address.js';
import { exactly, WrongLength } from '../util/stream.js';

/** One object as a store lists it. */
export interface StoredObject {
  /** From the top of the store, `/` between parts, none at the beginning. */
  key: string;
  /** Bytes; undefined where a server does not say. */
  size: number | undefined;
  /** Whether it can be read from the middle. */
  ranges: boolean;
  /** Its real path, where it is a plain file of this machine. */
  at?: string | undefined;
}

/**
 * A store keeps bytes under keys: a folder here or on another machine, a bucket, a web server. Every call throws RegError STORE_FAILED where the store
 * cannot be reached or denies access, with its own reason, and INTERRUPTED after the signal.
 */
export interface ObjectStore {
  /** Its address, fit to be shown: without user-info and signature. */
  shown: string;
  /**
   * What is known of the object under a key; undefined without one.
   * @param version of a store that keeps versions; by default the latest
   */
  stat(key: string, version?: string): Promise<StoredObject | undefined>;
  /**
   * Every object whose key begins with a folder's name and `/`, by key; `''` for all.
   * @throws RegError SOURCE_UNSUPPORTED where a store cannot list
   */
  list(folder: string): Promise<StoredObject[]>;
  /**
   * The bytes of an object, or a part of them.
   * @throws RegError SOURCE_PATH where there is no such object; the stream fails with STORE_FAILED when it ends too early
   */
  read(key: string, range?: ByteRange, version?: string): Promise<Readable>;
  /**
   * Puts an object under a key, whole or not at all, and replaces what was there; memory stays constant for any size.
   * @param size of the bytes, all of them
   * @throws RegError SOURCE_UNSUPPORTED where a store is read-only, HASH_MISMATCH for another number of bytes
   */
  write(key: string, bytes: Readable, size: number): Promise<void>;
  /**
   * Puts a copy of a plain file of this machine under a key, whole or not at all, in a store that is a folder; it shares the blocks of the file
   * where the file system can.
   * @param check throws where the file changed; called before the object appears
   * @throws RegError as `write`
   */
  take?:
    | ((key: string, from: string, onBytes: (count: number) => void, check: () => void) => Promise<void>)
    | undefined;
  /** The path of an object, in a store that is a folder; it may not be there. */
  pathOf?: ((key: string) => string) | undefined;
  /** Whether it may keep versions of an object; any other store has one of each. */
  hasVersions?: boolean | undefined;
  /** An address of an object that needs no login for a while; undefined where a store cannot make one. */
  sign?: ((key: string, lifetime: Lifetime) => Promise<string>) | undefined;
}

/** How long an address is valid: so many seconds, which end at a time. */
export interface Lifetime {
  seconds: number;
  until: Date;
}

/**
 * Signs the address of an object that is there: that of a missing one, or of a folder, leads nowhere.
 * @throws RegError SOURCE_UNSUPPORTED where the store cannot sign, SOURCE_PATH without such an object, STORE_FAILED
 */
export async function signed(store: ObjectStore, key: string, lifetime: Lifetime): Promise<string> {
  const { sign, shown } = store;
  if (sign === undefined)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `${shown} cannot make an address that expires`,
      'leave out --expires; s3, gs and az URLs have such addresses',
    );
  if (key !== '' && (await store.stat(key)) !== undefined) return sign(key, lifetime);
  throw new RegError(
    'SOURCE_PATH',
    `there is no object ${key} at ${shown}, and a folder has no signed address`,
    'leave out --expires, or check the path',
  );
}

/** What a URL does not say of a store. Each kind of store uses some of it, and has the usual defaults of its kind. */
export interface StoreSettings {
  /** Another server than the provider's own, such as MinIO. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** A profile of the AWS configuration files. */
  profile?: string | undefined;
  /** A storage account of Azure. */
  account?: string | undefined;
  /** For ssh, and with a password for the web. */
  user?: string | undefined;
  password?: string | undefined;
  port?: number | undefined;
  /** A file: the private key for ssh, the credentials for Google Cloud Storage. */
  keyfile?: string | undefined;
  /** Keys of S3, which come before those of the environment. */
  keys?: { id: string; secret: string; token: string | undefined } | undefined;
  /** Of a storage account of Azure, each in place of the variable of the environment. */
  connection?: string | undefined;
  accountKey?: string | undefined;
  sasToken?: string | undefined;
  /** Whether everyone may read, so that no credentials are looked for. */
  isPublic?: boolean | undefined;
  /** Web servers that may be in a private network. */
  hosts?: AllowedHosts | undefined;
}

/** Opens stores; an argument of everything that reads or writes models. */
export interface StoreOpener {
  /**
   * Opens the store at a URL or an absolute path; keys are below it. Nothing is requested yet.
   * @throws RegError SOURCE_UNSUPPORTED for an unknown kind of URL, PACKAGE_MISSING with the `npm install` that helps
   */
  openStore(url: string, settings?: StoreSettings): Promise<ObjectStore>;
}

/** The bytes of an object while it is written. */
export interface ObjectBytes {
  /** Fails before its last chunk where the size is not the expected one. */
  stream: Readable;
  /** What the bytes failed with; a client of a provider may hide it. Undefined where they did not fail. */
  failure(): unknown;
}

/** Checks the bytes of an object that is to be written. No error is lost before the stream is read. */
export function objectBytes(
  key: string,
  bytes: Readable,
  size: number,
  onBytes?: (count: number) => void,
): ObjectBytes {
  let failed: unknown;
  const stream = exactly(bytes, {
    size,
    onBytes,
    failure: (error) => {
      failed = error instanceof WrongLength ? changed(key, error) : error;
      return failed;
    },
  });
  stream.on('error', () => undefined);
  return { stream, failure: () => failed };
}

const changed = (key: string, { message }: WrongLength): RegError =>
  new RegError('HASH_MISMATCH', `${key} ${message}`, 'see that nothing changes it meanwhile, and try again');
