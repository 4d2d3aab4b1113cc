import { parseTarget } from '../../domain/target.js';
import { RegError } from '../../errors.js';
import * as registry from '../../registry/check-ref.js';
import { describe as describeVersion } from '../../registry/describe.js';
import { type DiffOptions, diff as differences, diffStage as stageDifferences } from '../../registry/diff.js';
import { diffOutputs } from '../../registry/outputs.js';
import { type ChooseOptions, chosenBy } from '../../registry/queries.js';
import { CheckedRow, type Difference, type StageDifference } from '../../registry/rows.js';
import { shellLine } from '../../util/shell.js';
import { type GlobalOptions, type Output, type OutputFormat, takesPlace } from '../output.js';
import { cleanJson } from '../render/clean.js';
import { renderDiff, renderDiffs } from '../render/diff.js';
import { diffMarkdown, stageMarkdown, unjudgedIn } from '../render/diff-markdown.js';
import { evidenceRows } from '../render/evidence.js';
import { rowTable } from '../render/rows.js';
import type { Session } from '../session.js';
import { notingIn, wholeness } from './reading.js';

/** `reg check-ref` */
export async function checkRef(
  { out, open }: Session,
  ref: string,
  { otherTags, at }: Pick<registry.CheckRefOptions, 'at'> & { otherTags?: 'ok' | 'refuse' },
): Promise<void> {
  if (otherTags === 'ok' && registry.isOtherRef(ref)) {
    await out.answer(null, () => []);
    out.note(`${ref} is no tag of this registry`);
    return;
  }
  const row = await registry.checkRef(await open(), ref, { at });
  await out.answer(row, () =>
    rowTable(CheckedRow, [row], out, {
      version: ({ version }) => version ?? '-',
      current: ({ current }) => (current ? 'current' : 'superseded'),
    }),
  );
}

/** `reg describe` */
export async function describe(
  { out, open }: Session,
  text: string,
  {
    rev,
    at,
    fields,
    fetch,
    ...named
  }: Pick<GlobalOptions, 'fields' | 'fetch'> & Pick<ChooseOptions, 'rev' | 'at' | 'stage' | 'version'>,
): Promise<void> {
  const target = parseTarget(text);
  const address = fields?.includes('source');
  const asked = { rev, at, address, fetch, ...chosenBy(target, named), onDeprecated: notingIn(out) };
  const row = await describeVersion(await open(), target.artifact, asked);
  await out.answer(row, () => ({
    head: ['field', 'value'],
    rows: Object.entries(row).flatMap(([key, value]) => {
      if (key === 'evidence') return row.evidence === null ? [] : evidenceRows(row.evidence);
      if (value === null || (Array.isArray(value) && value.length === 0)) return [];
      return [[key, typeof value === 'object' ? cleanJson(value, true) : String(value)]];
    }),
  }));
}

/** `reg diff` */
export async function diff(
  { out, open }: Session,
  from: string,
  to: string | undefined,
  {
    exitCode,
    format = out.isData ? 'json' : 'text',
    outputFormat,
    ...given
  }: DiffOptions & {
    exitCode?: 'differs' | 'worse';
    format?: 'text' | 'markdown' | 'json';
    outputFormat?: OutputFormat;
  },
): Promise<number> {
  const whole = wholeness();
  // a reviewer reads the verdict of the rules that hold, not of those that a change brings
  const judge = exitCode === 'worse' || format === 'markdown' || outputFormat !== undefined;
  const options = { ...given, onMissing: whole.onMissing, judge };
  const context = await open();
  const print = async <T>(found: T, markdown: (found: T) => string, text: () => Promise<string>) => {
    if (takesPlace(outputFormat)) return;
    if (format === 'json') out.data(found);
    else out.print(format === 'markdown' ? markdown(found) : await text());
  };
  let all: StageDifference[];
  if (from.startsWith('#')) {
    if (to !== undefined)
      throw new RegError(
        'USAGE',
        `'${from}' compares every artifact with what HEAD declares`,
        to.startsWith('#')
          ? `name an artifact: ${shellLine('reg', 'diff', `churn${from}`, `churn${to}`)}`
          : `name the artifact: ${shellLine('reg', 'diff', `${to.split(/[@#]/)[0]}${from}`, to)}`,
      );
    all = await stageDifferences(context, from, options);
    await print(
      all,
      (found) => stageMarkdown(found, from),
      () => renderDiffs(all, out),
    );
    if (whole.code() === 0 && all.every(({ same }) => same)) out.note(`nothing differs from ${from}`);
  } else {
    const found = await differences(context, from, to, options);
    all = [found];
    await print(found, diffMarkdown, () => renderDiff(found, out));
    if (found.same) out.note(sameNote(found));
  }
  noteVerdicts(out, all);
  const one = from.startsWith('#') ? undefined : all[0];
  const isWhole = whole.code() === 0;
  if (outputFormat) out.answered = await diffOutputs(context, all, { one, isWhole });
  if (!isWhole) return 1;
  const fails = exitCode === 'worse' ? all.some(({ worse }) => worse) : !all.every(({ same }) => same);
  return exitCode !== undefined && fails ? 1 : 0;
}

/** Notes what is worse, and what no rule judges. */
function noteVerdicts(out: Output, all: readonly StageDifference[]): void {
  for (const { to: side, worse, reasons, changes, log } of all) {
    const whose = all.length > 1 ? ` of ${side.artifact}` : '';
    for (const [name, one] of Object.entries(log))
      if (one?.problem) out.note(`the commits of the ${name}${whose} are not shown: ${one.problem}`);
    for (const reason of reasons) out.note(`worse${whose}: ${reason}`);
    const unjudged = worse === null ? [] : unjudgedIn(changes);
    if (unjudged.length > 0)
      out.note(`no rule says which way is better${whose}, so it is not judged: ${unjudged.join(', ')}`);
  }
}

/** The note that two models are the same. Commits may still lie between them: those change no fact of the model. */
function sameNote({ from, to, log: { registry: log } }: Difference): string {
  const both = `${from.target} and ${to.target}`;
  const count = log === null ? 0 : log.added.length + log.removed.length;
  if (count === 0) return `${both} do not differ`;
  const number = log?.more ? `more than ${count}` : count;
  return `${both} say the same; ${number} commit${count === 1 ? '' : 's'} of the registry between`;
}
