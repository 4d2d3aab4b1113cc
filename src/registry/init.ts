import { stringify } from 'yaml';
import { CONFIG_FILE, GTO_FILE, readGto } from '../documents/config.js';
import { stageName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { requireWriter } from '../git/port.js';
import { type RegistryContext, requireWorkTree } from './context.js';
import { noRemote } from './remote.js';

/**
 * Writes `.reg.yaml`. Without stages, those of gto's configuration are taken over; without that, any stage is allowed. A remote is
 * written to git's configuration of this clone, as `reg.remote`; then a `.reg.yaml` that is there stays as it is, unless stages
 * are given.
 * @returns the path, and whether the file is new
 * @throws RegError FILE_EXISTS, INVALID_STAGE, NO_WORK_TREE, NO_CLONE without that remote
 */
export async function init(
  context: RegistryContext,
  given: readonly string[] | undefined,
  remote?: string,
): Promise<{ path: string; isNew: boolean }> {
  const { repository } = context;
  if (remote !== undefined && !(await repository.hasRemote(remote))) throw noRemote(remote);
  const isThere = remote !== undefined && given === undefined && (await hasConfig(context));
  if (!isThere) await writeConfig(context, given);
  if (remote !== undefined) await requireWriter(repository).chooseRemote(remote);
  return { path: CONFIG_FILE, isNew: !isThere };
}

const hasConfig = async (context: RegistryContext): Promise<boolean> =>
  (await (await context.workTree())?.read(CONFIG_FILE)) !== undefined;

async function writeConfig(context: RegistryContext, given: readonly string[] | undefined): Promise<void> {
  const workTree = await requireWorkTree(context, `${CONFIG_FILE} is written into the work tree`);
  if (await workTree.read(CONFIG_FILE))
    throw new RegError('FILE_EXISTS', `${CONFIG_FILE} is already there`, 'edit it, or delete it first');
  const gto = await workTree.read(GTO_FILE);
  const ofGto = gto && readGto(gto, {});
  const stages = (given && [...new Set(given.map((name) => stageName(name.trim())))]) ?? ofGto?.stages;
  const slashed = stages?.find((stage) => stage.includes('/'));
  if (slashed)
    throw new RegError('INVALID_STAGE', `a stage has no '/': '${slashed}'`, 'list the stages without it');
  const body =
    stages === undefined
      ? '# stages: [dev, staging, prod]   # allowed stages, in order of promotion\n'
      : stringify({ stages }, { collectionStyle: 'flow' }).replace(/^\{ (.*) \}\n$/s, '$1\n');
  const lost = ofGto?.types
    ? `# ${GTO_FILE} allows the types ${ofGto.types.join(', ')}; it is not read beside this file\n`
    : '';
  await workTree.write(CONFIG_FILE, `# The registry in the tags of this repository.\n${body}${lost}`);
}
