import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RegistryContext } from '../registry/context.js';
import type { Output } from './output.js';

/**
 * Prints a long text through the pager of the user, as git does (git-var(1), GIT_PAGER); what fits the terminal, and what goes
 * elsewhere, is printed as it is.
 */
export async function printPaged(
  text: string,
  out: Output,
  context: RegistryContext,
  isWanted: boolean,
): Promise<void> {
  const { isTTY, lines, env, stdout } = out.world;
  if (!isWanted || !isTTY || text.split('\n').length <= lines) return out.print(text);
  const pager =
    env.GIT_PAGER ?? (await context.repository.largeFiles.setting('core.pager')) ?? env.PAGER ?? 'less';
  if (pager === '' || pager === 'cat') return out.print(text);
  const around = { LESS: 'FRX', LV: '-c', ...env };
  const child = spawn(pager, { shell: true, env: around, stdio: ['pipe', 'inherit', 'inherit'] });
  // whoever has seen enough closes it before the end
  child.stdin?.on('error', () => undefined).end(text);
  const [code] = await Promise.race([once(child, 'close'), once(child, 'error').then(() => [NOT_FOUND])]);
  if (code === NOT_FOUND) stdout.write(text);
}

/** What a shell says of a program that it does not find. */
const NOT_FOUND = 127;
