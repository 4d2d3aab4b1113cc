import { mkdirSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isPresignedWith, isSignedWith, SIGNATURE_DOES_NOT_MATCH } from './emulators-s3-signature.js';
import type { Env, Sandbox } from './repo.js';

const require = createRequire(import.meta.url);

/** A server on loopback in place of a cloud, and the variables that let one in. */
export interface Emulator {
  /** Its endpoint, without a slash at the end. */
  url: string;
  /** The one bucket, or container, that is there. */
  bucket: string;
  /** What makes a client talk to it, endpoint included. */
  env: Env;
  close(): Promise<void>;
}

/** The name of the bucket that every emulator has. */
const BUCKET = 'models';

/** What of s3rver is used; it brings no types. */
interface S3rver {
  run(): Promise<AddressInfo>;
  close(): Promise<void>;
  httpServer: Server;
}

/** An emulator of Amazon S3. It has no pages of listings, and does not know how an upload in parts is given up. */
export interface S3Emulator extends Emulator {
  /** The method and the URL of every request so far whose signature was right. */
  requests: string[];
}

/** Starts s3rver, which speaks the protocol of Amazon S3, behind a check of signatures; it keeps objects in the sandbox. */
export async function serveS3(box: Sandbox): Promise<S3Emulator> {
  const folder = join(box.root, 's3');
  mkdirSync(folder);
  const S3rver = require('s3rver') as new (options: object) => S3rver;
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: folder,
    configureBuckets: [{ name: BUCKET }],
  });
  const { port } = await server.run();
  const requests: string[] = [];
  checkSignatures(server.httpServer, requests);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    bucket: BUCKET,
    requests,
    // its own account
    env: {
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: url,
    },
    close: () => {
      server.httpServer.closeAllConnections();
      return server.close();
    },
  };
}

/** Answers requests that are not signed with the server's own secret before the server does. */
function checkSignatures(server: Server, requests: string[]): void {
  const answers = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { method, url } = request;
    const isSigned = url?.includes('X-Amz-Signature=') ? isPresignedWith : isSignedWith;
    if (!isSigned('S3RVER', request)) {
      response.writeHead(403).end(method === 'HEAD' ? undefined : SIGNATURE_DOES_NOT_MATCH);
      return;
    }
    requests.push(`${method} ${url}`);
    for (const answer of answers) answer(request, response);
  });
}

/** What of azurite is used. */
interface Azurite {
  start(): Promise<void>;
  close(): Promise<void>;
  getHttpServerAddress(): string;
}

/** The account of the storage emulator, the same on every machine (Microsoft Learn, "Use the Azurite emulator"). */
export const AZURITE = {
  account: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
};

/** Starts the blob service of Azurite, in memory, without telemetry; the caller makes the container. */
export async function serveAzure(box: Sandbox): Promise<Emulator> {
  const folder = join(box.root, 'azure');
  mkdirSync(folder);
  const { default: Configuration } = require('azurite/dist/src/blob/BlobConfiguration');
  const { default: BlobServer } = require('azurite/dist/src/blob/BlobServer');
  const place = { locationId: 'Default', locationPath: join(folder, 'blobs'), maxConcurrency: 10 };
  const logs = [false, undefined, false, undefined] as const;
  // what comes after the logs: loose, skipApiVersionCheck, certificate, key, password, OAuth, no product style, in memory
  const rest = [false, true, undefined, undefined, undefined, undefined, false, true] as const;
  const databases = [join(folder, 'blobs.json'), join(folder, 'extents.json')] as const;
  const server: Azurite = new BlobServer(
    new Configuration('127.0.0.1', 0, 5, ...databases, [place], ...logs, ...rest),
  );
  await server.start();
  const url = `${server.getHttpServerAddress()}/${AZURITE.account}`;
  return {
    url,
    bucket: BUCKET,
    env: {
      AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=${AZURITE.account};AccountKey=${AZURITE.key};BlobEndpoint=${url};`,
    },
    close: () => server.close(),
  };
}

/** A server on loopback that answers as it is told, which clouds do not. */
export async function serveAnswers(
  answer: RequestListener,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
