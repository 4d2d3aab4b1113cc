import { type OverviewOptions, overview } from '../../registry/overview.js';
import { type VersionsOptions, versions } from '../../registry/show.js';
import { linksOf } from '../links.js';
import { BEHIND, hasBehind, overviewTable } from '../render/overview.js';
import { versionTable } from '../render/rows.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

type Options = OverviewOptions & VersionsOptions;

export async function run(
  { out, open }: Session,
  target: string | undefined,
  options: Options,
): Promise<void> {
  const context = await open();
  if (target !== undefined) {
    const rows = await versions(context, target, options);
    if (out.json) return out.data(rows);
    return out.print(await renderTable(versionTable(rows, out, await linksOf(out, context)), out));
  }
  const rows = await overview(context, options);
  if (out.json) return out.data(rows);
  const { stages = [] } = out.world.isTTY ? await context.config() : {};
  out.print(await renderTable(overviewTable(rows, stages, out, await linksOf(out, context)), out));
  if (out.world.isTTY && hasBehind(rows)) out.note(`${BEHIND} behind the latest version`);
  if (rows.length === 0) out.note('there is no artifact to show');
}
