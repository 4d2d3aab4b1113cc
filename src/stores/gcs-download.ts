import { buffer } from 'node:stream/consumers';
import type { Storage } from '@google-cloud/storage';
import { type ByteRange, lengthOf, openHttp, type Surroundings } from '../net/http.js';
import type { Body } from './cloud.js';

/** Asks for the bytes of an object, as they are kept; fails with the code and the whole answer of the server. */
export type GcsDownload = (key: string, range: ByteRange | undefined) => Promise<Body>;

/**
 * Downloads with the credentials of the client, though not by its streams: ending one of them ends the connections of all
 * that are under way (`File.createReadStream` destroys the agent that they share).
 * @param isEmulator whether the server is asked without credentials
 */
export function gcsDownload(
  { authClient, apiEndpoint }: Storage,
  bucket: string,
  isEmulator: boolean,
  around: Surroundings,
): GcsDownload {
  // the user chose the endpoint, or it is Google's
  const http = openHttp(around, { isPrivateAllowed: true });
  return async (key, range) => {
    // Cloud Storage JSON API, "Objects: get"
    const url = `${apiEndpoint}/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}?alt=media`;
    const login = isEmulator ? {} : await authClient.getRequestHeaders(url);
    // an object that is kept packed would be unpacked on the way ("Transcoding of gzip-compressed files")
    const headers = { ...login, 'accept-encoding': 'gzip' };
    const { status, headers: told, body } = await http.request({ method: 'GET', url, headers, range });
    if (status < 300) return { bytes: body, length: lengthOf(told) };
    throw Object.assign(new Error(String(await buffer(body))), { code: status });
  };
}
