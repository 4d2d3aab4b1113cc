import { cacheFolder } from '../../disk/cache-folder.js';
import { clearCache, listCache } from '../../load/cache-entries.js';
import { CacheRow } from '../../registry/rows.js';
import { rowTable } from '../render/rows.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

interface Options {
  olderThan: number;
}

export async function run({ out }: Session, action: 'ls' | 'gc', { olderThan }: Options): Promise<void> {
  const cache = cacheFolder(out.world.env);
  const rows = action === 'ls' ? await listCache(cache) : await clearCache(cache, olderThan, out.world.now());
  if (out.json) return out.data(rows);
  out.print(await renderTable(rowTable(CacheRow, rows, out), out));
  const total = rows.reduce((sum, { size }) => sum + size, 0);
  out.note(
    `${rows.length} ${rows.length === 1 ? 'entry' : 'entries'}, ${total} bytes, ${action === 'gc' ? 'removed from' : 'in'} ${cache}`,
  );
}
