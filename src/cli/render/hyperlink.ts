import type { World } from '../world.js';

/** Text that leads to a page when it is clicked on: OSC 8, ended by ST (egmontkob's "Hyperlinks in terminal emulators"). */
export const hyperlink = (text: string, url: string): string =>
  `\u001b]8;;${url.replaceAll(/[^\x21-\x7e]/g, encodeURIComponent)}\u001b\\${text}\u001b]8;;\u001b\\`;

const TERMINALS = /^(iTerm\.app|WezTerm|vscode|ghostty|Hyper|Tabby|rio|zed)$/;

/** Whether a terminal is known to show links; others would show the address, or nonsense. FORCE_HYPERLINK decides. */
export function showsHyperlinks({ env, isTTY }: Pick<World, 'env' | 'isTTY'>): boolean {
  const { FORCE_HYPERLINK: forced, TERM = '', TERM_PROGRAM = '' } = env;
  if (forced !== undefined && forced !== '') return forced !== '0';
  if (!isTTY || TERM === 'dumb' || env.CI || env.TMUX || /^screen/.test(TERM)) return false;
  return (
    TERMINALS.test(TERM_PROGRAM) ||
    Number(env.VTE_VERSION ?? 0) >= 5000 ||
    /kitty|alacritty|foot|ghostty/.test(TERM) ||
    ['WT_SESSION', 'KONSOLE_VERSION', 'DOMTERM'].some((name) => env[name])
  );
}
