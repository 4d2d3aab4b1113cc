import {
  CONFIG_FILE,
  type Config,
  DEFAULT_CONFIG,
  type RuleLevels,
  readConfig,
} from '../../documents/config.js';
import type { Oid } from '../../domain/event.js';
import type { Policy } from '../../domain/policy/policy.js';
import { RegError } from '../../errors.js';
import type { RefTips, RegistryRepository } from '../../git/port.js';
import { once } from '../../util/async.js';
import { bringMissing } from '../bring-missing.js';
import type { RegistryContext } from '../context.js';
import { readerAt } from '../load-config.js';
import type { Vantage } from './vantage.js';

/**
 * The rules that hold for a registry, taken from its protected branch: the default branch of where it is shared. What a pull
 * request or a tagged commit says of them never counts.
 */
export interface RulesInForce {
  policy: Policy;
  /** Levels of the rules of `validate`, where their own do not suit. */
  levels: RuleLevels;
  /** The file of who may sign; undefined where there is none, and then git's configuration knows. */
  signers(): Promise<Uint8Array | undefined>;
  /** The commit that a branch leads to there; undefined when there is no such branch. */
  tip(branch: string): Promise<Oid | undefined>;
}

/**
 * Reads the rules in force.
 * @param tips the branches of the remote, where it was asked already
 * @throws RegError REMOTE_FAILED, INVALID_CONFIG
 */
export async function rulesInForce(
  context: RegistryContext,
  vantage: Vantage,
  tips?: RefTips,
): Promise<RulesInForce> {
  const branches = branchesAt(context, vantage, tips);
  const { repository, workTree } = context;
  const files = await workTree();
  if (vantage.kind === 'here' && files !== undefined) {
    const config = await context.config();
    const { policy, rules: levels } = config;
    return { policy, levels, signers: once(() => files.read(config.signers)), tip: branches };
  }
  const head = await branches(undefined);
  const read = readerAt(repository, head);
  const bytes = await read(CONFIG_FILE).catch(async (error: unknown) => {
    // the remote may have gone on
    if (vantage.kind !== 'remote' || head === undefined || !isMissing(error)) throw error;
    await bringCommit(repository, vantage.remote, head);
    return read(CONFIG_FILE);
  });
  const { policy, signers, rules: levels }: Config = bytes ? readConfig(bytes) : DEFAULT_CONFIG;
  return { policy, levels, signers: once(() => read(signers)), tip: branches };
}

const isMissing = (error: unknown): boolean => error instanceof RegError && error.code === 'GIT_FAILED';

/** Finds the tip of a branch, or of the default one. */
type Branches = (branch: string | undefined) => Promise<Oid | undefined>;

/** Branches are taken by their full names: what git makes of a short one may be a tag, which anybody may have pushed. */
function branchesAt({ repository }: RegistryContext, vantage: Vantage, tips: RefTips | undefined): Branches {
  const start = vantage.kind === 'memory' ? `refs/remotes/${vantage.remote}/` : 'refs/heads/';
  const remote = vantage.kind === 'remote' ? vantage.remote : '.';
  const refs = once(async () => tips ?? repository.listRemoteRefs(remote, ['HEAD', `${start}*`]));
  // not every clone remembers which branch is the default one, and HEAD of a server may name one that nobody pushed
  const defaults = [
    vantage.kind === 'memory' ? `${start}HEAD` : 'HEAD',
    `${start}main`,
    `${start}master`,
    'HEAD',
  ];
  return async (branch) => {
    const held = await refs();
    const names = branch === undefined ? defaults : [start + branch];
    return names.flatMap((name) => held.get(name) ?? [])[0];
  };
}

/** Brings a commit of a remote here, where it is not. */
const bringCommit = (repository: RegistryRepository, remote: string, commit: Oid): Promise<void> =>
  bringMissing(repository, remote, [{ name: 'HEAD', oid: commit, peeledOid: undefined }]);

/**
 * The tip of a branch that a policy names; the commit is here then.
 * @throws RegError UNKNOWN_REV, REMOTE_FAILED
 */
export async function requireTip(
  repository: RegistryRepository,
  vantage: Vantage,
  rules: RulesInForce,
  branch: string,
): Promise<Oid> {
  const tip = await rules.tip(branch);
  if (tip === undefined)
    throw new RegError(
      'UNKNOWN_REV',
      `the policy names the branch ${branch}, and there is none`,
      'push that branch, or change policy: in .reg.yaml',
    );
  if (vantage.kind === 'remote') await bringCommit(repository, vantage.remote, tip);
  return tip;
}
