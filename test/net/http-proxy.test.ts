import { describe, expect, it } from 'vitest';
import { proxyFor } from '../../src/net/http.js';
import { refusal } from '../support/builders.js';

const PROXY = 'http://proxy:3128';

describe('the proxy for a URL', () => {
  it.each<[string, NodeJS.ProcessEnv, string | undefined]>([
    ['https://host/', {}, undefined],
    ['https://host/', { HTTPS_PROXY: PROXY }, PROXY],
    ['https://host/', { https_proxy: PROXY, HTTPS_PROXY: 'http://other' }, PROXY],
    ['https://host/', { HTTP_PROXY: PROXY }, PROXY],
    ['https://host/', { HTTPS_PROXY: '' }, undefined],
    ['http://host/', { http_proxy: PROXY }, PROXY],
    ['http://host/', { HTTPS_PROXY: PROXY }, undefined],
    ['http://host/', { HTTP_PROXY: 'proxy:3128' }, PROXY],
    ['http://host/', { HTTP_PROXY: PROXY, NO_PROXY: '*' }, undefined],
    ['http://host/', { HTTP_PROXY: PROXY, NO_PROXY: 'other, HOST' }, undefined],
    ['http://a.host.example/', { HTTP_PROXY: PROXY, no_proxy: 'host.example' }, undefined],
    ['http://a.host.example/', { HTTP_PROXY: PROXY, no_proxy: '.host.example' }, undefined],
    ['http://a.host.example/', { HTTP_PROXY: PROXY, no_proxy: '*.host.example' }, undefined],
    ['http://ahost.example/', { HTTP_PROXY: PROXY, no_proxy: 'host.example' }, PROXY],
    ['http://host:8080/', { HTTP_PROXY: PROXY, NO_PROXY: 'host:8080' }, undefined],
    ['http://host:8081/', { HTTP_PROXY: PROXY, NO_PROXY: 'host:8080' }, PROXY],
    ['https://host/', { HTTPS_PROXY: PROXY, NO_PROXY: 'host:443' }, undefined],
  ])('of %s with %j is %s', (url, env, proxy) => {
    expect(proxyFor(new URL(url), env)).toBe(proxy);
  });

  it('is refused when it is of a kind that is not known, without its login', () => {
    const error = refusal(() =>
      proxyFor(new URL('https://host/'), { HTTPS_PROXY: 'socks5://ann:secret@proxy' }),
    );
    expect(error.code).toBe('STORE_FAILED');
    expect(error.message).toContain('socks5://proxy');
    expect(error.message).not.toContain('secret');
  });
});
