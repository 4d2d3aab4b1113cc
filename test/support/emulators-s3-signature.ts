import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * Whether a request is signed with a secret, by AWS Signature Version 4 in its header ("Signature calculations for the
 * Authorization header", Amazon S3 API reference). s3rver itself takes any such signature.
 */
export function isSignedWith(secret: string, { method, url = '', headers }: IncomingMessage): boolean {
  const [, scope = '', signed = '', signature] =
    /Credential=[^/]+\/([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]+)/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const [path = '', query = ''] = url.split('?');
  const request = [
    method,
    path,
    query
      .split('&')
      .map((part) => (part === '' || part.includes('=') ? part : `${part}=`))
      .sort()
      .join('&'),
    ...signed.split(';').map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    signed,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(request)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((made, part) => hmac(made, part), `AWS4${secret}`);
  return hmac(key, text).toString('hex') === signature;
}

/**
 * Whether an address is signed with a secret, by AWS Signature Version 4 in its query, and has not expired ("Authenticating requests: using
 * query parameters", Amazon S3 API reference).
 */
export function isPresignedWith(secret: string, { method, url = '', headers }: IncomingMessage): boolean {
  const [path = '', query = ''] = url.split('?');
  const given = new URLSearchParams(query);
  const signed = given.get('X-Amz-SignedHeaders') ?? '';
  const scope = given.get('X-Amz-Credential')?.split('/').slice(1) ?? [];
  const request = [
    method,
    path,
    query
      .split('&')
      .filter((part) => !part.startsWith('X-Amz-Signature='))
      .sort()
      .join('&'),
    ...signed.split(';').map((name) => `${name}:${String(headers[name])}`),
    '',
    signed,
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const date = given.get('X-Amz-Date') ?? '';
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(request)].join('\n');
  const key = scope.reduce<string | Buffer>((made, part) => hmac(made, part), `AWS4${secret}`);
  const began = Date.parse(date.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'));
  const isValid = Date.now() < began + Number(given.get('X-Amz-Expires')) * 1000;
  return isValid && hmac(key, text).toString('hex') === given.get('X-Amz-Signature');
}

/** What Amazon S3 answers to any other request; to HEAD without these words. */
export const SIGNATURE_DOES_NOT_MATCH =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided. Check your key and signing method.</Message></Error>';
