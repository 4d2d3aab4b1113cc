import { describe, expect, it } from 'vitest';
import { nameOfKey, splitObjectUrl } from '../../src/stores/url.js';
import { shownUrl } from '../../src/util/address.js';
import { refusal } from '../support/builders.js';

describe('what is shown of an address', () => {
  it.each([
    ['https://ann:secret@host/x', 'https://host/x'],
    ['https://ann:secret@host/@scope/x', 'https://host/@scope/x'],
    ['https://ann:sec@ret@host/x', 'https://host/x'],
    ['https://ann secret:x@host/x', 'https://host/x'],
    ['https://host/x?X-Amz-Signature=secret#y', 'https://host/x?…'],
    ['https://host/x#secret', 'https://host/x'],
    ['https://host/x?a=https://b:c@d', 'https://host/x?…'],
    ['https:ann:secret@host/x', 'https:host/x'],
    ['https:/ann:secret@host/x', 'https:/host/x'],
    ['https:///ann:secret@host/x', 'https:///host/x'],
    ['https://ann:sec/ret@host/x', 'https://host/x'],
    ['https:\\\\ann:secret@host/x', 'https:\\\\host/x'],
    ['https://ann:sec\\ret@host/x', 'https://host/x'],
    ['ext::https://ann:secret@host/x', 'ext::host/x'],
    ['s3://key:secret@bucket/x', 's3://bucket/x'],
    ['s3://bucket/ann@x', 's3://bucket/ann@x'],
    ['az://box/x?sig=secret', 'az://box/x?…'],
    ['/mnt/a?b#c@d', '/mnt/a?b#c@d'],
    ['C:\\models\\a@b', 'C:\\models\\a@b'],
    ['', ''],
  ])('%s is shown as %s', (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
    expect(shownUrl(shown)).toBe(shown);
  });

  it.each([
    'https://ann:canary@host/a/../x?sig=canary',
    'https:ann:canary@host/x',
    'https://ann:can/ary@ho st/x?canary',
    's3://key:canary@bucket/x',
    'az://box/x?sig=canary',
    'ftp://ann:canary@host/x',
    'javascript:canary@x',
    'https://ann:canary@host/x\n',
    'https://us?er:canary@host/x y',
    'https://us#er:canary@host/x y',
  ])('no refusal tells a secret of %s, nor is it more than one line', (url) => {
    const { message, hint } = refusal(() => splitObjectUrl(url));
    expect(message + hint).not.toContain('canary');
    expect(message + hint).not.toContain('\n');
  });

  it('a very long value is cut', () => {
    expect(refusal(() => splitObjectUrl(`data:${'x'.repeat(60_000)}`)).message.length).toBeLessThan(400);
  });
});

describe('the name of the file that a key stands for', () => {
  it.each([
    ['model.bin', 'model.bin'],
    ['deep/model.bin', 'model.bin'],
    ['my model.bin', 'my model.bin'],
    ['100%25.bin', '100%25.bin'],
    ['my%20model.bin?sig=a/b', 'my model.bin'],
    ['a+b.bin?', 'a+b.bin'],
    ['a%E9.bin?', 'a%E9.bin'],
    ['?file=x', ''],
    ['', ''],
  ])('%s: %s', (key, name) => {
    expect(nameOfKey(key)).toBe(name);
  });
});
