import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { importPeer } from '../../src/stores/cloud.js';
import { sandbox } from '../support/repo.js';

const notFound = (name: string, importer: string): Error =>
  Object.assign(new Error(`Cannot find package '${name}' imported from ${importer}`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });

describe('a package that is installed by those who need it', () => {
  const box = sandbox();

  it('is imported', async () => {
    const path = await importPeer('node:path', 20, () => import('node:path'));
    expect(path.posix.join('a', 'b')).toBe('a/b');
  });

  it('is asked for by name and major version when it is missing', async () => {
    const missing = importPeer('@some/client', 3, () => Promise.reject(notFound('@some/client', '/reg.js')));
    await expect(missing).rejects.toMatchObject({
      code: 'PACKAGE_MISSING',
      hint: expect.stringMatching(/^npm install @some\/client@3 /),
    });
  });

  it('is not asked for when it is there and lacks a package of its own', async () => {
    const error = notFound('tslib', '/node_modules/@some/client/index.js');
    await expect(importPeer('@some/client', 3, () => Promise.reject(error))).rejects.toBe(error);
  });

  it('stays out of a bundle, and none that the working folder brings is run', async () => {
    const bundle = join(box.root, 'installed/reg.mjs');
    await build({
      stdin: {
        contents: `
          const env = { AWS_REGION: 'us-east-1' };
          for (const open of [
            () => import('./src/stores/s3.js').then(({ openS3 }) => openS3('s3://b', {}, { env })),
            () => import('./src/stores/gcs.js').then(({ openGcs }) => openGcs('gs://b', {}, { env })),
            () => import('./src/stores/azure.js').then(({ openAzure }) => openAzure('az://b', { account: 'a' }, { env })),
          ]) await open().then(() => console.log('opened'), ({ code, hint }) => console.log(code, hint));`,
        resolveDir: new URL('../..', import.meta.url).pathname,
      },
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['@aws-sdk/client-s3', '@azure/*', '@google-cloud/storage', 'undici'],
    });
    const clone = join(box.root, 'clone');
    const planted = join(clone, 'node_modules/@aws-sdk/client-s3');
    mkdirSync(planted, { recursive: true });
    writeFileSync(join(planted, 'index.js'), `console.log('planted code ran')`);
    const printed = execFileSync(process.execPath, [bundle], { cwd: clone, env: box.env, encoding: 'utf8' });
    expect(printed.split('\n')).toEqual([
      expect.stringMatching(/^PACKAGE_MISSING npm install @aws-sdk\/client-s3@3 /),
      expect.stringMatching(/^PACKAGE_MISSING npm install @google-cloud\/storage@7 /),
      expect.stringMatching(/^PACKAGE_MISSING npm install @azure\/storage-blob@12 /),
      '',
    ]);
  });
});
