import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStoreUrl, splitObjectUrl, urlOfKey } from '../../src/stores/url.js';
import { hostileText } from '../support/arbitraries.js';
import { refusalCode } from '../support/builders.js';

describe('where a model is', () => {
  it.each([
    ['https://host/a/model.bin', 'http', 'https://host/a/', 'model.bin'],
    ['https://host/a/model.bin?sig=x/y', 'http', 'https://host/a/', 'model.bin?sig=x/y'],
    ['https://host/a/', 'http', 'https://host/a/', ''],
    ['https://host', 'http', 'https://host/', ''],
    ['https://host?file=a/b', 'http', 'https://host/', '?file=a/b'],
    ['https://host/get/?file=a', 'http', 'https://host/get/', '?file=a'],
    ['https://ann:pw@host:8443/a/b.bin', 'http', 'https://ann:pw@host:8443/a/', 'b.bin'],
    ['HTTP://[::1]:80/b', 'http', 'HTTP://[::1]:80/', 'b'],
    ['https://host/a//b', 'http', 'https://host/a//', 'b'],
    // a name that its address is made of again is shown as people write it
    ['https://host/my%20model.bin', 'http', 'https://host/', 'my model.bin'],
    ['https://host/%E6%A8%A1%E5%9E%8B', 'http', 'https://host/', '模型'],
    // any other address stays as it is
    ['https://host/a+b.bin', 'http', 'https://host/', 'a+b.bin?'],
    ['https://host/%e6%a8%a1', 'http', 'https://host/', '%e6%a8%a1?'],
    ['https://host/a%E9.bin', 'http', 'https://host/', 'a%E9.bin?'],
    ['https://host/what%3F', 'http', 'https://host/', 'what%3F?'],
    ['s3://bucket/a/b.bin', 's3', 's3://bucket/a/', 'b.bin'],
    ['S3://bucket/b', 's3', 'S3://bucket/', 'b'],
    ['s3://bucket', 's3', 's3://bucket/', ''],
    ['s3://bucket/a/', 's3', 's3://bucket/a/', ''],
    ['s3://bucket/a b/c#%d', 's3', 's3://bucket/a b/', 'c#%d'],
    ['gs://bucket/a/b', 'gcs', 'gs://bucket/a/', 'b'],
    ['gcs://bucket/a/b', 'gcs', 'gcs://bucket/a/', 'b'],
    ['az://container/a/b', 'azure', 'az://container/a/', 'b'],
    ['azure://$web/b', 'azure', 'azure://$web/', 'b'],
    ['az://me.blob.core.windows.net/box/a/b', 'azure', 'az://me.blob.core.windows.net/box/a/', 'b'],
    ['az://me.blob.core.windows.net/box', 'azure', 'az://me.blob.core.windows.net/box/', ''],
    ['ssh://host/a/b.bin', 'ssh', 'ssh://host/a/', 'b.bin'],
    ['ssh://ann@host:2222/a b/c#%d', 'ssh', 'ssh://ann@host:2222/a b/', 'c#%d'],
    ['ssh://[::1]:2222/a/', 'ssh', 'ssh://[::1]:2222/a/', ''],
    ['ssh://host', 'ssh', 'ssh://host/', ''],
    ['file:///mnt/models/x.bin', 'folder', '/mnt/models/', 'x.bin'],
    ['file://localhost/mnt/my%20models/', 'folder', '/mnt/my models/', ''],
    ['/mnt/models/x.bin', 'folder', '/mnt/models/', 'x.bin'],
    ['/mnt/models/x%2e%2e?y#z', 'folder', '/mnt/models/', 'x%2e%2e?y#z'],
    ['/mnt/a..b/..c', 'folder', '/mnt/a..b/', '..c'],
    ['/x', 'folder', '/', 'x'],
  ])('%s', (url, kind, folder, name) => {
    expect(parseStoreUrl(url)).toEqual({ kind, folder, name });
    expect(splitObjectUrl(url)).toEqual({ folder, name });
  });

  it.each([
    '',
    '-option',
    '--upload-pack=touch /tmp/x',
    'model.bin',
    './model.bin',
    '../model.bin',
    '~/model.bin',
    'ext::sh -c id',
    'ext::https://host/x',
    'javascript:alert(1)',
    'data:text/plain,x',
    'blob:https://host/x',
    'ftp://host/x',
    'ssh://',
    'ssh:host/x',
    'ssh:///x',
    'ssh://-oProxyCommand=id/x',
    'ssh://-l@host/x',
    'ssh://ann:secret@host/x',
    'ssh://ho st/x',
    'ssh://host:port/x',
    'ssh://host/x?y',
    'ssh://host;id/x',
    'ssh://$(id)@host/x',
    'git@host:x',
    'constructor:x',
    'C:\\models\\x',
    'C:/models/x',
    ' https://host/x',
    'https:host/x',
    'https:/host/x',
    'https:///host/x',
    'https://',
    'https://host:port/x',
    'https://ho st/x',
    'https://host/a b',
    'https://host/x#part',
    'https://-option/x',
    'https://ann@-option/x',
    'https://[::1/x',
    'https://host/x\n',
    'https://host/\0',
    'https://host/\u0085',
    'https://host/\u2028',
    '/mnt/x\n',
    '/mnt/\0x',
    's3://',
    's3:///key',
    's3:bucket/key',
    's3://ann:secret@bucket/key',
    's3://bucket:80/key',
    's3://buc ket/key',
    's3://-bucket/key',
    's3://..',
    's3://bucket/key?versionId=1',
    'az://box/x?sv=1&sig=secret',
    'gs://ann@bucket/x',
    'az://ann@me.blob.core.windows.net/box/x',
    'az://me.blob.core.windows.net:80:80/box/x',
    'file://host/x',
    'file:x',
    'file:/x',
    'file:///x?y',
    'file:///x#y',
  ])('%j is refused', (url) => {
    expect(refusalCode(() => splitObjectUrl(url))).toBe('SOURCE_UNSUPPORTED');
  });

  it.each([
    'https://host/a/../x',
    'https://host/..',
    'https://host/./x',
    'https://host/a/%2e%2E/x',
    'https://host/.%2e/x',
    'https://host/a%2fb',
    'https://host/a%5Cb',
    'https://host/a%00',
    'https://host/a%0Ab',
    'https://host\\@other/x',
    'https://host/a\\..\\x',
    's3://bucket/a/../x',
    's3://bucket/..',
    's3://bucket/%2e%2e/x',
    's3://bucket/a\\b',
    'ssh://host/a/../x',
    'ssh://host/a\\b',
    'file:///a/../x',
    'file:///a/%2e%2e/x',
    'file:///a%2fx',
    'file:///a%zz',
    '/mnt/../x',
    '/mnt/..',
    '/mnt/./x',
    '//host/x',
  ])('%j is refused for its path', (url) => {
    expect(refusalCode(() => splitObjectUrl(url))).toBe('SOURCE_PATH');
  });

  it('any text is read or refused, and what is read leads below its folder', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          '',
          'https://h',
          'http://u:p@h:1',
          'ssh://u@h:1',
          's3://b',
          'az://a.b/c',
          'file://',
          '/',
        ),
        hostileText,
        (start, rest) => {
          const url = `${start}/${rest}`;
          let found: ReturnType<typeof parseStoreUrl>;
          try {
            found = parseStoreUrl(url);
          } catch (error) {
            expect(error).toMatchObject({ name: 'RegError' });
            return;
          }
          const { kind, folder, name } = found;
          expect(folder.endsWith('/')).toBe(true);
          expect(/^\.{0,2}$|[\n\0]/.test(name) ? name : '').toBe('');
          if (kind !== 'http') return;
          expect(new URL(folder + urlOfKey(name)).href).toBe(new URL(url).href.replace(/\?$/, ''));
          expect(new URL(folder + urlOfKey(name)).href.startsWith(new URL(folder).href)).toBe(true);
        },
      ),
    );
  });
});
