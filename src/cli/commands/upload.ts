import { type UploadOptions, upload } from '../../registry/upload.js';
import { commitHint } from '../commit-hint.js';
import { progressBar } from '../render/progress.js';
import { pushHint } from '../run-write.js';
import type { Session } from '../session.js';

type Options = Omit<UploadOptions, 'from' | 'onStart'>;

export async function run(session: Session, path: string, artifact: string, options: Options): Promise<void> {
  const { out, open, cwd } = session;
  const context = await open();
  const progress = progressBar(out, artifact);
  const { note, ...row } = await upload(context, path, artifact, {
    ...options,
    from: cwd,
    onStart: progress.start,
  }).finally(progress.stop);
  if (out.json) out.data(row);
  else for (const line of [row.path, ...row.tags.map(({ tag }) => tag)]) out.line(line);
  if (!row.uploaded) out.note(`the store has these bytes already: ${row.url}`);
  if (note !== undefined) out.note(note);
  if (row.url.startsWith('./'))
    out.note(
      'the store is a folder of this clone, which others do not have: --store and store: in .reg.yaml name another',
    );
  if (row.commit === null) out.hint(await commitHint(context, cwd, row.path, `Link ${artifact}`));
  else await pushHint(session, context, row.tags);
}
