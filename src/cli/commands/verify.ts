import { type VerifyOptions, verify } from '../../checks/verify.js';
import { moment } from '../render/moment.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

export async function run(
  { out, open }: Session,
  target: string | undefined,
  options: VerifyOptions,
): Promise<number> {
  const found = await verify(await open(), target, options);
  const broken = found.filter(({ problem }) => problem !== null);
  if (out.json) out.data(found);
  else {
    const head = ['tag', 'signature', 'signer', 'key', 'time', 'by', 'problem'];
    const rows = found.map(({ tag, signature, signer, key, time, email, problem }) => [
      tag,
      signature,
      signer ?? '-',
      key ?? '-',
      moment(time, out.world),
      email,
      problem ?? '-',
    ]);
    out.print(await renderTable({ head, rows }, out));
  }
  if (broken.length === 0)
    out.note(`nothing is broken in ${found.length} event${found.length === 1 ? '' : 's'}`);
  return broken.length === 0 ? 0 : 1;
}
