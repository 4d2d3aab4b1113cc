import { parseArtifactName } from '../../domain/names.js';
import { RegError } from '../../errors.js';
import { importMlem } from '../../exchange/mlem.js';
import type { RegistryContext } from '../../registry/context.js';
import { floatingLinks } from '../../registry/floating.js';
import * as configuring from '../../registry/init.js';
import * as registry from '../../registry/link.js';
import * as outdating from '../../registry/outdated.js';
import { OutdatedRow } from '../../registry/rows.js';
import * as updating from '../../registry/update.js';
import { shellLine } from '../../util/shell.js';
import { commitHint } from '../next-step.js';
import { rowTable } from '../render/rows.js';
import type { Session } from '../session.js';

/** `reg init` */
export async function init(
  { out, open, cwd, remote }: Session,
  { stages }: { stages?: string[] },
): Promise<void> {
  const context = await open();
  const { path, isNew } = await configuring.init(context, stages, remote);
  await out.answer({ path }, () => [path]);
  if (remote !== undefined) out.note(`reg uses the remote ${remote} in this clone (git config reg.remote)`);
  if (isNew) out.hint(await commitHint(context, cwd, path, 'Configure the registry'));
}

/** `reg link` */
export async function link(
  { out, open, cwd }: Session,
  path: string,
  artifact: string,
  options: Omit<registry.LinkOptions, 'from' | 'labels'> & { label: Record<string, string> },
): Promise<void> {
  const context = await open();
  const row = await registry
    .link(context, path, artifact, { ...options, labels: options.label, from: cwd })
    .catch(hintAtPath('link', path, artifact));
  await out.answer(row, () => [row.path]);
  for (const warning of await floatingWarnings(context, [artifact])) out.note(warning);
  out.hint(await commitHint(context, cwd, row.path, `Link ${artifact}`));
}

/** A handler for `catch` of a command that takes a path and an artifact: where the second looks like a path, they were swapped. */
export const hintAtPath =
  (command: string, path: string, artifact: string) =>
  (error: unknown): never => {
    const isSwapped = /[./]/.test(artifact) && !/[./]/.test(path) && parseArtifactName(path) !== undefined;
    if (!isSwapped || !(error instanceof RegError) || !/^(INVALID_NAME|SOURCE_PATH)$/.test(error.code))
      throw error;
    throw new RegError(
      error.code,
      error.message,
      `did you mean: ${shellLine('reg', command, artifact, path)}`,
    );
  };

/** `reg update` */
export async function update(
  { out, open, cwd }: Session,
  artifacts: string[],
  { param, ...options }: updating.UpdateOptions & { param: updating.UpdateOptions['params'] },
): Promise<void> {
  const context = await open();
  const rows = await updating.update(context, artifacts, { ...options, params: param, from: cwd });
  const changed = rows.filter((row) => row.changed);
  await out.answer(rows, () => changed.map(({ path }) => path));
  for (const { artifact, dropped } of changed) {
    const note = droppedNote(artifact, dropped);
    if (note !== undefined) out.note(note);
  }
  const names = changed.map(({ artifact }) => artifact);
  for (const warning of await floatingWarnings(context, names)) out.note(warning);
  const [first] = changed;
  if (first === undefined)
    out.note(rows.length === 0 ? 'there is no link file' : 'every link is pinned to that already');
  else if (changed.length === 1)
    out.hint(await commitHint(context, cwd, first.path, `Update ${first.artifact}`));
  else out.hint("git commit -am 'Update links'");
}

/** The note about values of old bytes that are gone; undefined where there were none. */
export const droppedNote = (artifact: string, dropped: readonly string[]): string | undefined =>
  dropped.length === 0
    ? undefined
    : `${dropped.join(', ')} described the old bytes of ${artifact} and ${dropped.length === 1 ? 'was' : 'were'} dropped; --keep-metadata keeps ${dropped.length === 1 ? 'it' : 'them'}`;

/** `validate` does not accept links that were just pinned to what a branch is now. */
const floatingWarnings = async (context: RegistryContext, artifacts: readonly string[]): Promise<string[]> =>
  (await floatingLinks(context, artifacts)).map(
    ({ artifact, rev }) =>
      `warning: ${artifact} is linked to '${rev}', a branch, and .reg.yaml says revs: fixed: name a tag or a commit id with reg update ${artifact} --rev <rev>`,
  );

/** `reg outdated` */
export async function outdated({ out, open, inPlace }: Session, artifacts: string[]): Promise<number> {
  const rows = await outdating.outdated(await open(), artifacts);
  const short = (commit: string | null): string => commit?.slice(0, 12) ?? '-';
  await out.answer(rows, () =>
    rowTable(OutdatedRow, rows, out, {
      source: ({ source }) => source.rev ?? '-',
      commit: ({ commit }) => short(commit),
      now: ({ now }) => short(now),
    }),
  );
  for (const { artifact, problem } of rows) if (problem !== null) out.note(`${artifact}: ${problem}`);
  const known = rows.filter(({ problem }) => problem === null);
  if (rows.length === 0) out.note('every link is up to date');
  if (known.length > 0) out.hint(inPlace(updates(known)));
  return rows.length === 0 ? 0 : 1;
}

/** What brings all of them up to date: one command for those whose rev moved, and one for each rev that is newer. */
function updates(rows: readonly OutdatedRow[]): string {
  const revs = new Set(rows.map(({ newer }) => newer));
  return [...revs]
    .map((rev) => {
      const names = rows.filter(({ newer }) => newer === rev).map(({ artifact }) => artifact);
      return shellLine('reg', 'update', ...names, ...(rev === null ? [] : ['--rev', rev]));
    })
    .join('; ');
}

/** `reg import` */
export async function importLinks(
  { out, open, inPlace }: Session,
  _tool: 'mlem',
  { force }: { force?: boolean },
): Promise<void> {
  const rows = await importMlem(await open(), force);
  if (out.isData) return out.data(rows);
  for (const { from, path, lost } of rows) {
    if (path !== null) out.line(path);
    for (const sentence of lost) out.note(`${from}: ${sentence}`);
  }
  if (rows.length === 0) out.note('there is no .mlem file in this work tree');
  else out.hint(inPlace('reg validate'));
}
