import { describe, expect, it } from 'vitest';
import { parseBucketUrl } from '../../src/stores/url.js';
import { refusal } from '../support/builders.js';

describe('the URL of a folder in a bucket', () => {
  it.each([
    ['s3://models', { bucket: 'models', prefix: '', shown: 's3://models' }],
    ['s3://models/', { bucket: 'models', prefix: '', shown: 's3://models' }],
    ['s3://my.models/a/b/', { bucket: 'my.models', prefix: 'a/b/', shown: 's3://my.models/a/b' }],
    ['gs://models/a%20b/#1?', { bucket: 'models', prefix: 'a%20b/#1?/', shown: 'gs://models/a%20b/#1?' }],
  ])('%s names a bucket, and the key as it is', (url, place) => {
    expect(parseBucketUrl(url)).toEqual({ host: undefined, ...place });
  });

  it.each([
    ['az://models/a', { host: undefined, bucket: 'models', prefix: 'a/' }],
    ['az://acme.blob.core.windows.net/models/a', { host: 'acme.blob.core.windows.net', bucket: 'models' }],
    ['azure://acme.example:8443/$web', { host: 'acme.example:8443', bucket: '$web', prefix: '' }],
  ])('%s may name the host of an account', (url, place) => {
    expect(parseBucketUrl(url, true)).toMatchObject(place);
  });

  it.each([
    's3://',
    's3:///key',
    's3://user:canary@models/a',
    's3://a b/c',
    'az://acme.blob.core.windows.net',
  ])('%s is refused without repeating it', (url) => {
    const error = refusal(() => parseBucketUrl(url, url.startsWith('az')));
    expect(error.code).toBe('SOURCE_UNSUPPORTED');
    expect(error.message + error.hint).not.toContain('canary');
  });
});
