import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { RegError } from '../../errors.js';
import { listArtifact, requireRemote } from '../../git/port.js';
import * as actions from '../../registry/actions.js';
import * as approvals from '../../registry/approve.js';
import type { RegistryContext } from '../../registry/context.js';
import * as naming from '../../registry/rename.js';
import * as renaming from '../../registry/rename-stage.js';
import type { WriteRow } from '../../registry/rows.js';
import type { WriteOptions, Written } from '../../registry/write.js';
import { pushHint } from '../next-step.js';
import { clean } from '../render/clean.js';
import type { Session } from '../session.js';
import type { World } from '../world.js';

/** `reg register` */
export const register = (
  session: Session,
  target: string,
  rev: string | undefined,
  options: actions.RegisterOptions,
): Promise<void> => {
  if (rev !== undefined && options.rev !== undefined)
    throw new RegError('USAGE', `two commits are named, '${rev}' and '${options.rev}'`, 'name one of them');
  return runWrite(session, options, (context, asked) =>
    actions.register(context, target, { ...asked, rev: rev ?? asked.rev }),
  );
};

/** `reg assign` */
export const assign = (
  session: Session,
  target: string,
  stage: string,
  options: actions.AssignOptions & { register: boolean },
): Promise<void> =>
  runWrite(session, options, (context, asked) =>
    actions.assign(context, target, stage, { ...asked, noRegister: !asked.register }),
  );

/** `reg unassign` */
export const unassign = (
  session: Session,
  target: string,
  stage: string,
  options: actions.WithdrawOptions,
): Promise<void> =>
  runWrite(session, options, (context, asked) => actions.unassign(context, target, stage, asked));

/** `reg deregister` */
export const deregister = (
  session: Session,
  target: string,
  options: actions.WithdrawOptions,
): Promise<void> =>
  runWrite(session, options, (context, asked) => actions.deregister(context, target, asked));

/** `reg deprecate` */
export const deprecate = (
  session: Session,
  artifact: string,
  options: actions.DeprecateOptions,
): Promise<void> =>
  runWrite(session, options, (context, asked) => actions.deprecate(context, artifact, asked));

/** `reg rollback` */
export const rollback = (
  session: Session,
  artifact: string,
  stage: string,
  options: actions.WithdrawOptions,
): Promise<void> =>
  runWrite(session, options, (context, asked) => actions.rollback(context, artifact, stage, asked));

/** `reg rename` */
export const rename = (
  session: Session,
  from: string,
  to: string,
  options: naming.RenameOptions,
): Promise<void> => runWrite(session, options, (context, asked) => naming.rename(context, from, to, asked));

/** `reg stages rename` */
export async function renameStage(
  session: Session,
  from: string | undefined,
  to: string | undefined,
  options: WriteOptions,
): Promise<void> {
  if (from === undefined || to === undefined)
    throw new RegError('USAGE', 'which stage, and its new name?', 'write: reg stages rename OLD NEW');
  await runWrite(session, options, (context, asked) => renaming.renameStage(context, from, to, asked));
}

/** `reg approve` */
export async function approve(
  session: Session,
  target: string,
  stage: string,
  options: approvals.ApproveOptions,
): Promise<void> {
  const { out, open } = session;
  const context = await open();
  const { row, note } = await approvals.approve(context, target, stage, options);
  await out.answer([row], () => [row.tag]);
  if (note !== undefined) out.note(note);
  if (options.dryRun) return out.note('nothing was written: this is a dry run');
  await pushHint(session, context, [row]);
}

type Options = WriteOptions & { yes?: boolean | undefined };

/** Runs a write: opens the registry, asks before anything is deleted, and prints what came of it. */
async function runWrite<T extends Options>(
  session: Session,
  options: T,
  call: (context: RegistryContext, options: T) => Promise<Written>,
): Promise<void> {
  const { out, inPlace } = session;
  const context = await session.open();
  const confirm = (rows: readonly WriteRow[]) => isAgreed(rows, options, out.world);
  const { rows, along, note } = await call(context, { ...options, confirm });
  await out.answer(rows, () => rows.map(({ tag }) => tag).filter((tag) => !along.includes(tag)));
  if (note !== undefined) out.note(inPlace(note));
  if (options.dryRun && rows.some((row) => !row.pushed))
    return out.note(`no event was ${options.delete ? 'deleted' : 'written'}: this is a dry run`);
  const left = options.delete ? await leftThere(context, rows, options) : rows;
  await pushHint(session, context, left, { along, isDeleting: options.delete });
}

/** The deleted tags that the remote still has, as far as it can be asked: git refuses to delete others there. */
async function leftThere(
  { repository, remote: chosen }: RegistryContext,
  rows: readonly WriteRow[],
  { offline }: Options,
): Promise<readonly WriteRow[]> {
  const [first] = rows;
  if (first === undefined || offline || first.pushed) return rows;
  const remote = await chosen('write');
  if (!(await repository.hasRemote(remote))) return rows;
  const listed = await listArtifact(requireRemote(repository, remote), first.artifact);
  return rows.filter(({ tag }) => listed.tags.some(({ name }) => name === tag));
}

/** Asks before tags are deleted: `--yes` agrees beforehand, a terminal is asked, anything else is a no. */
async function isAgreed(rows: readonly WriteRow[], { yes }: Options, world: World): Promise<boolean> {
  if (yes) return true;
  if (!world.canAsk) return false;
  for (const { tag } of rows) world.stderr.write(`  ${clean(tag)}\n`);
  const tags = rows.length === 1 ? 'this tag' : `these ${rows.length} tags`;
  return /^y(es)?$/i.test((await askLine(world, `Delete ${tags}? [y/N] `)).trim());
}

/** One line of an answer; empty when the input ends, or is interrupted, without one. */
async function askLine({ stdin, stderr, signal }: World, question: string): Promise<string> {
  const prompt = createInterface({ input: stdin, output: stderr });
  // the promise of question() stays open when the input ends, and fails at Ctrl-C
  const ended = once(prompt, 'close').then(() => '');
  const answer = await Promise.race([prompt.question(question, { signal }).catch(() => ''), ended]);
  prompt.close();
  if (answer === '') stderr.write('\n');
  return answer;
}
