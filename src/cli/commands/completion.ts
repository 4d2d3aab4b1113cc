import { BASH_SCRIPT } from '../complete/bash-script.js';
import type { Session } from '../session.js';

/** Scripts of @bomb.sh/tab, put here when the program is built. */
declare const SHELL_SCRIPTS: string;
type Shell = 'bash' | 'zsh' | 'fish' | 'powershell';

export async function run({ out }: Session, shell: Shell): Promise<void> {
  const scripts: Record<Shell, string> = { bash: BASH_SCRIPT, ...JSON.parse(SHELL_SCRIPTS) };
  const script = scripts[shell];
  if (out.json) out.data({ shell, script });
  else out.print(script);
}
