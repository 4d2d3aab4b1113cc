import type { Session } from '../session.js';

/** Scripts of @bomb.sh/tab, put here when the program is built. */
declare const SHELL_SCRIPTS: string;
type Shell = 'bash' | 'zsh' | 'fish' | 'powershell';

/** `reg completion` */
export async function completion({ out }: Session, shell: Shell): Promise<void> {
  const scripts: Record<Shell, string> = { bash: BASH_SCRIPT, ...JSON.parse(SHELL_SCRIPTS) };
  const script = scripts[shell];
  if (out.isData) out.data({ shell, script });
  else out.print(script);
}

/**
 * What bash runs at a tab. The library's script evaluates what was typed, asks for the package bash-completion, and does not
 * know that bash ends a word at `@`; this one gives the line to the program, which knows all three.
 */
const BASH_SCRIPT = `# bash completion for reg
_reg_completion() {
  local line directive=4
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) directive=\${line#:} ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(reg complete bash "\${COMP_LINE:0:COMP_POINT}" "\${COMP_WORDS[COMP_CWORD]}" 2>/dev/null)
  if ((directive & 32)); then compopt -o nosort 2>/dev/null; fi
  if ! ((directive & 4)); then compopt -o default 2>/dev/null; fi
  return 0
}
complete -F _reg_completion reg
`;

/** `reg help` */
export async function help({ out, helpOn }: Session, topic: string | undefined): Promise<void> {
  const text = helpOn(topic);
  if (out.isData) out.data({ topic: topic ?? null, text });
  else out.print(text);
}
