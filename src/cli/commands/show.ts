import { overview, versions } from '../../registry/queries.js';
import { overviewTable, versionTable } from '../render/rows.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

interface Options {
  at?: Date;
  deprecated?: boolean;
}

export async function run(
  { out, open }: Session,
  artifact: string | undefined,
  options: Options,
): Promise<void> {
  const context = await open();
  if (artifact !== undefined) {
    const rows = await versions(context, artifact, options);
    return out.json ? out.data(rows) : out.print(await renderTable(versionTable(rows, out), out));
  }
  const rows = await overview(context, options);
  if (out.json) return out.data(rows);
  const { stages = [] } = out.world.isTTY ? await context.config() : {};
  out.print(await renderTable(overviewTable(rows, stages, out), out));
  if (rows.length === 0) out.note('no artifact is registered here yet');
}
