import { RegError } from '../errors.js';

/** The top of a store in the cloud. */
export interface CloudPlace {
  /** The bucket, or at Azure the container. */
  bucket: string;
  /** What every key of the store begins with: empty, or with `/` at its end. */
  prefix: string;
  /** The host that the URL names instead of the provider's usual one; undefined when it names none. */
  host: string | undefined;
  /** The URL as it was given, without a slash at the end. */
  shown: string;
}

/** Buckets, and the containers of Azure, whose names hold no dot; `$web` and `$root` are two of them. */
const BUCKET = /^[a-z0-9$][a-z0-9._-]{0,221}$/i;

/**
 * Reads the URL of a folder in a bucket. What follows the bucket is the key as it is, as the tools of the providers take
 * it: nothing in it is decoded, and `?`, `#` and `%` stand for themselves.
 * @param hosts whether the bucket may come after a host
 * @throws RegError SOURCE_UNSUPPORTED, and then nothing is repeated that could be a secret
 */
export function cloudPlace(url: string, hosts = false): CloudPlace {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9]*):\/\/(.*)$/is.exec(url) ?? [];
  const parts = rest.split('/');
  const host = hosts && parts[0]?.includes('.') ? parts.shift() : undefined;
  const [bucket = '', ...folders] = parts;
  const form = `${scheme}://${hosts ? '[host/]' : ''}bucket/folder`;
  if (!BUCKET.test(bucket) || (host !== undefined && !/^[a-z0-9.-]+(:\d+)?$/i.test(host)))
    throw new RegError('SOURCE_UNSUPPORTED', `a ${scheme}:// URL does not name a bucket`, `write ${form}`);
  const folder = folders.join('/').replace(/\/+$/, '');
  const place = `${scheme}://${[host, bucket, folder].filter(Boolean).join('/')}`;
  return { bucket, host, prefix: folder === '' ? '' : `${folder}/`, shown: place };
}
