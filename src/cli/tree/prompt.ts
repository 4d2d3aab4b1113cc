import { CompletionRow, HelpRow } from '../../registry/rows.js';
import type { CommandSpec } from './spec.js';

/** The commands about the prompt itself. */
export const PROMPT: readonly CommandSpec[] = [
  {
    usage: 'completion <shell>',
    summary: 'print the script that completes commands, artifacts, versions and stages in a shell',
    more:
      'bash: add `source <(reg completion bash)` to ~/.bashrc · zsh: add `source <(reg completion zsh)` to ~/.zshrc, behind ' +
      'compinit · fish: reg completion fish > ~/.config/fish/completions/reg.fish · PowerShell: add ' +
      '`reg completion powershell | Out-String | Invoke-Expression` to $PROFILE',
    examples: ['completion bash', 'completion fish > ~/.config/fish/completions/reg.fish'],
    choices: { shell: ['bash', 'zsh', 'fish', 'powershell'] },
    answer: CompletionRow,
    load: () => import('../commands/completion.js'),
  },
  {
    usage: 'help [topic]',
    summary: 'show the help of a command, or explain tags or links',
    examples: ['help tags', 'help which'],
    answer: HelpRow,
    load: () => import('../commands/help.js'),
  },
];
