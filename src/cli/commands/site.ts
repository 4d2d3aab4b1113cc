import { relative } from 'node:path';
import { site } from '../../site/write.js';
import type { Session } from '../session.js';

export async function run({ out, open, cwd }: Session, options: { out: string }): Promise<void> {
  const row = await site(await open(), { out: options.out, from: cwd, onNote: out.note });
  if (out.json) return out.data(row);
  out.line(relative(cwd, row.index) || row.index);
  out.note(
    `${row.files} files, ${(row.bytes / 1e6).toFixed(1)} MB; open the page in a browser, or publish the folder`,
  );
}
