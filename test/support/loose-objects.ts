import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';

/**
 * Writes an object of any content into the `objects` folder of a repository, as git keeps loose ones (gitrepository-layout(5));
 * nothing in it is looked at, and no process is started. Gives its id, which is of SHA-1.
 */
export function writeLoose(objects: string, type: string, content: string | Uint8Array): string {
  const bytes = Buffer.from(content);
  const whole = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
  const oid = createHash('sha1').update(whole).digest('hex');
  const file = join(objects, oid.slice(0, 2), oid.slice(2));
  // git makes its objects read-only, and what is there already stays
  if (existsSync(file)) return oid;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, deflateSync(whole), { mode: 0o444 });
  return oid;
}
