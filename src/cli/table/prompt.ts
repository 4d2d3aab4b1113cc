import { CompletionRow, HelpRow } from '../../registry/rows.js';
import { type CommandSpec, command } from './command.js';

/** The commands about the prompt itself. */
export const PROMPT: readonly CommandSpec[] = [
  command(
    'completion <shell>',
    'print the script that completes commands, artifacts, versions and stages in a shell',
    {
      more:
        'bash: add `source <(reg completion bash)` to ~/.bashrc · zsh: add `source <(reg completion zsh)` to ~/.zshrc, behind ' +
        'compinit · fish: reg completion fish > ~/.config/fish/conf.d/reg.fish · PowerShell: add ' +
        '`reg completion powershell | Out-String | Invoke-Expression` to $PROFILE. Where git itself completes, so does ' +
        '`git reg` in bash, zsh and fish.',
      examples: ['completion bash', 'completion fish > ~/.config/fish/conf.d/reg.fish'],
      choices: { shell: ['bash', 'zsh', 'fish', 'powershell'] },
      answer: CompletionRow,
      run: async () => (await import('../commands/prompt.js')).completion,
    },
  ),
  command('help [topic]', 'show the help of a command, or explain tags or links', {
    examples: ['help tags', 'help which'],
    answer: HelpRow,
    run: async () => (await import('../commands/prompt.js')).help,
  }),
];
