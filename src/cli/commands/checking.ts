import { text } from 'node:stream/consumers';
import * as accepting from '../../checks/accept.js';
import * as doctoring from '../../checks/doctor.js';
import type { Report } from '../../checks/finding.js';
import { parseRefUpdates, preReceive } from '../../checks/hook.js';
import { REPORTERS, type ReportFormat } from '../../checks/reporters.js';
import { ALL_RULES } from '../../checks/rules.js';
import * as validating from '../../checks/validate.js';
import * as verifying from '../../checks/verify.js';
import { RegError } from '../../errors.js';
import * as approving from '../../registry/approvals.js';
import { isClone, type RegistryContext } from '../../registry/context.js';
import { ApprovedRow, DoctorFinding, type Finding, VerifiedRow } from '../../registry/rows.js';
import { shellLine } from '../../util/shell.js';
import { addToSummary } from '../job-outputs.js';
import { writeNamedFile } from '../named-file.js';
import { pushHint } from '../next-step.js';
import type { Output } from '../output.js';
import { cleanLine } from '../render/clean.js';
import { checkSummary } from '../render/github.js';
import { rowTable } from '../render/rows.js';
import type { Session } from '../session.js';
import { wholeness } from './reading.js';

/** `reg verify` */
export async function verify(
  session: Session,
  target: string | undefined,
  options: verifying.VerifyOptions & accepting.AcceptOptions & { accept?: string[] | undefined },
): Promise<number> {
  const { out, open } = session;
  const context = await open();
  if (options.accept !== undefined) return accept(session, context, target, options.accept, options);
  const { message, push, sign, dryRun } = options;
  if ([message, push, sign, dryRun].some((one) => one !== undefined))
    throw new RegError(
      'USAGE',
      'what is to be accepted?',
      'name the tag objects that are gone with --accept',
    );
  const whole = wholeness();
  const { offline } = options;
  const found = await verifying.verify(context, target, { offline, onMissing: whole.onMissing });
  const broken = found.filter(({ problem }) => problem !== null);
  await out.answer(found, () => rowTable(VerifiedRow, found, out));
  if (broken.length === 0)
    out.note(`nothing is broken in ${found.length} event${found.length === 1 ? '' : 's'}`);
  const gone = [...new Set(broken.flatMap((row) => row.gone ?? []))];
  if (gone.length > 0) out.hint(acceptHint(target, gone, await isClone(context)));
  return broken.length === 0 ? whole.code() : 1;
}

/** More ids than these are not printed in a line. */
const MOST_IDS = 10;

/** @param isPushed whether it counts at a remote */
function acceptHint(target: string | undefined, gone: readonly string[], isPushed: boolean): string {
  const about = target === undefined ? [] : [target];
  const length = lengthOfIds(gone);
  const ids = gone.slice(0, MOST_IDS).map((oid) => oid.slice(0, length));
  const part = gone.length > MOST_IDS ? `, here ${MOST_IDS} of ${gone.length}` : '';
  const line = shellLine(
    'reg',
    'verify',
    ...about,
    '--accept',
    ...ids,
    '-m',
    'why',
    ...(isPushed ? ['--push'] : []),
  );
  return `accept what was done on purpose${part}: ${line}`;
}

/** How many digits tell ids apart. */
function lengthOfIds(oids: readonly string[]): number {
  let length = 12;
  while (new Set(oids.map((oid) => oid.slice(0, length))).size < oids.length) length += 4;
  return length;
}

async function accept(
  session: Session,
  context: RegistryContext,
  target: string | undefined,
  gone: readonly string[],
  options: accepting.AcceptOptions,
): Promise<number> {
  const { out } = session;
  const { rows, note } = await accepting.accept(context, target, gone, options);
  await out.answer(rows, () => rows.map(({ tag }) => tag));
  if (note !== undefined) out.note(note);
  if (options.dryRun) out.note('nothing was written: this is a dry run');
  else await pushHint(session, context, rows);
  return 0;
}

/** `reg approvals` */
export async function approvals(
  { out, open }: Session,
  target: string | undefined,
  options: approving.ApprovalsOptions,
): Promise<number> {
  const whole = wholeness();
  const rows = await approving.approvals(await open(), target, { ...options, onMissing: whole.onMissing });
  await out.answer(rows, () => rowTable(ApprovedRow, rows, out));
  if (rows.length === 0) out.note('nothing is approved, and nothing waits for approvals');
  return whole.code();
}

/** `reg doctor` */
export async function doctor(
  { out, open, repo, inPlace }: Session,
  options: doctoring.DoctorOptions,
): Promise<number> {
  const context = await open();
  // a fix is to be pasted where the user stands, which need not be the repository that was looked at
  const isElsewhere = repo !== '.' && context.repository.address === undefined;
  const found = (await doctoring.doctor(context, options)).map((one) => ({
    ...one,
    message: inPlace(one.message),
    fix: one.fix && inPlace(isElsewhere ? inRepository(one.fix, repo) : one.fix),
  }));
  await out.answer(found, () => rowTable(DoctorFinding, found, out));
  if (found.length === 0) out.note('nothing is wrong');
  return found.every(({ level }) => level === 'info') ? 0 : 1;
}

const inRepository = (fix: string, repo: string): string =>
  fix.replace(/^git /, `${shellLine('git', '-C', repo)} `);

/** `reg validate` */
export async function validate(
  { out, open, cwd }: Session,
  paths: string[],
  options: Omit<validating.ValidateOptions, 'paths' | 'from'> & {
    format?: ReportFormat | 'text' | 'json';
    sarif?: string;
  },
): Promise<number> {
  const { format = out.isData ? 'json' : 'text', sarif, ...which } = options;
  const context = await open();
  const report = await validating.validate(context, { ...which, paths, from: cwd });
  if (report.note !== undefined) out.note(report.note);
  printReport(report, format, out);
  if (sarif !== undefined) await writeNamedFile(cwd, sarif, reportIn('sarif', report, out), context);
  if (format === 'github') {
    out.note(countsOf(report));
    await addToSummary(checkSummary(report, countsOf(report)), out.world.env);
  }
  return report.ok ? 0 : 1;
}

/** How many findings of each level there are, as a line. */
function countsOf({ findings, checked }: Report): string {
  if (findings.length === 0) return checked.length === 0 ? 'there is nothing to check' : rightNote(checked);
  const levels = LEVELS.map((level) => findings.filter((one) => one.level === level).length);
  const counts = levels.flatMap((count, index) =>
    count === 0 ? [] : `${count} ${NOUNS[index]}${count === 1 ? '' : 's'}`,
  );
  const isCut = levels.some((count) => count > MOST_ANNOTATIONS);
  return `${counts.join(', ')}${isCut ? `; GitHub shows ${MOST_ANNOTATIONS} annotations of a kind, and the log has all` : ''}`;
}

const LEVELS = ['error', 'warning', 'info'] as const;
const NOUNS = ['error', 'warning', 'notice'] as const;

/** Of a step, of each kind (GitHub Docs, "Workflow commands", annotations). */
const MOST_ANNOTATIONS = 10;

/** Prints a report: in JSON, for another program, or one line a finding. */
function printReport(report: Report, format: ReportFormat | 'text' | 'json', out: Output): void {
  const { ok, findings, checked } = report;
  if (format === 'json') out.data({ ok, findings });
  else if (format !== 'text') out.print(reportIn(format, report, out));
  else {
    for (const { file, line, level, message, rule } of findings)
      out.line(`${atStart(file)}:${line}: ${level}: ${message} [${rule}]`);
    if (findings.length === 0 && checked.length > 0) out.note(rightNote(checked));
    else if (findings.length === 0 && report.note === undefined) out.note('there is nothing to check');
  }
}

/** A report in a format for another program. */
const reportIn = (format: ReportFormat, report: Report, { world: { version } }: Output): string =>
  REPORTERS[format](
    {
      ...report,
      findings: report.findings.map(cleanedFinding),
      checked: report.checked.map(cleanLine),
    },
    { version, rules: ALL_RULES },
  );

/** A path that begins a line: in the log of a workflow, `::` there would be a command (GitHub Docs, "Workflow commands"). */
const atStart = (file: string): string => (/^\s*(::|##\[)/.test(file) ? `./${file}` : file);

const cleanedFinding = (finding: Finding): Finding => ({
  ...finding,
  file: cleanLine(finding.file),
  message: cleanLine(finding.message),
});

function rightNote(checked: readonly string[]): string {
  const areAll = (kind: (file: string) => boolean): boolean => checked.every(kind);
  const what = areAll((file) => file.startsWith('refs/'))
    ? 'tag'
    : areAll((file) => /\.model\.ya?ml$/i.test(file))
      ? 'link'
      : 'file';
  return `${checked.length} ${what}${checked.length === 1 ? ' is' : 's are'} right`;
}

/** `reg hook` */
export async function hook({ out, open }: Session, _hook: 'pre-receive'): Promise<number> {
  const refusals = await preReceive(await open(), parseRefUpdates(await text(out.world.stdin)));
  await out.answer(refusals, () => refusals.map(({ tag, message }) => `reg: ${tag}: ${message}`));
  return refusals.length === 0 ? 0 : 1;
}
