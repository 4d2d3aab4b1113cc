import { browse } from '../../registry/browse.js';
import { openBrowser } from '../open-browser.js';
import type { Session } from '../session.js';

export async function run(
  { out, open }: Session,
  targets: string[],
  { print }: { print?: boolean },
): Promise<void> {
  const rows = await browse(await open(), targets);
  const { isTTY, env } = out.world;
  if (out.json) return out.data(rows);
  for (const { url } of rows) out.line(url);
  if (print || !isTTY) return;
  for (const { url } of rows)
    openBrowser(url, env, () => out.note('no browser could be started: set BROWSER'));
}
