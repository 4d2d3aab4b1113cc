import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from './repo.js';

/** A certificate authority of a test, and a certificate of it for this machine. */
export interface Authority {
  /** The file with its certificate. */
  caFile: string;
  key: Buffer;
  cert: Buffer;
}

/** Makes an authority that no machine trusts by itself, as companies have one. */
export function makeAuthority(box: Sandbox): Authority {
  const at = (name: string): string => join(box.root, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe', env: box.env });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650'];
  const ca = ['-subj', '/CN=Test authority', '-addext', 'keyUsage=critical,keyCertSign'];
  openssl('req', '-x509', ...curve, ...ca, '-keyout', at('ca.key'), '-out', at('ca.pem'));
  const own = ['-subj', '/CN=localhost', '-keyout', at('tls.key'), '-out', at('tls.csr')];
  openssl('req', ...curve.slice(0, -2), ...own);
  writeFileSync(at('san.cnf'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const signing = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '3650'];
  openssl('x509', '-req', '-in', at('tls.csr'), ...signing, '-extfile', at('san.cnf'), '-out', at('tls.pem'));
  return { caFile: at('ca.pem'), key: readFileSync(at('tls.key')), cert: readFileSync(at('tls.pem')) };
}
