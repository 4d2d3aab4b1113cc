import { type CacheRow, clearCache, listCache } from '../../models/cache.js';
import { cacheFolder } from '../../util/files.js';
import type { Output } from '../output.js';
import { moment } from '../render/moment.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

interface Options {
  olderThan: number;
}

export async function run({ out }: Session, action: 'ls' | 'gc', { olderThan }: Options): Promise<void> {
  const cache = cacheFolder(out.world.env);
  const rows = action === 'ls' ? await listCache(cache) : await clearCache(cache, olderThan, out.world.now());
  if (out.json) return out.data(rows);
  out.print(
    await renderTable(
      { head: ['kind', 'size', 'last used', 'name', 'sha256'], rows: rows.map((row) => cells(row, out)) },
      out,
    ),
  );
  const total = rows.reduce((sum, { size }) => sum + size, 0);
  out.note(
    `${rows.length} ${rows.length === 1 ? 'entry' : 'entries'}, ${total} bytes, ${action === 'gc' ? 'removed from' : 'in'} ${cache}`,
  );
}

const cells = ({ kind, size, used, name, sha256 }: CacheRow, { world }: Output): string[] => [
  kind,
  `${size}`,
  moment(used, world),
  name,
  sha256 ?? '-',
];
