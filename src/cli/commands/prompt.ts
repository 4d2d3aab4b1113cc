import type { Session } from '../session.js';

/** Scripts of @bomb.sh/tab, put here when the program is built. */
declare const SHELL_SCRIPTS: string;
type Shell = 'bash' | 'zsh' | 'fish' | 'powershell';

/** `reg completion` */
export async function completion({ out }: Session, shell: Shell): Promise<void> {
  const scripts: Record<Shell, string> = { bash: '', ...JSON.parse(SHELL_SCRIPTS) };
  const script = `${scripts[shell]}${OWN[shell]}`;
  if (out.isData) out.data({ shell, script });
  else out.print(script);
}

/**
 * What bash runs at a tab. The library's script evaluates what was typed, asks for the package bash-completion, and does not
 * know that bash ends a word at `@`; this one gives the line to the program, which knows all three. The completion of git calls
 * `_git_reg` for `git reg`, and adds no space of its own.
 */
const BASH_SCRIPT = `# bash completion for reg
_reg_completion() {
  local line directive=4 how=bash
  if [[ $1 == git ]]; then how=git; fi
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) directive=\${line#:} ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(reg complete "$how" "\${COMP_LINE:0:COMP_POINT}" "\${COMP_WORDS[COMP_CWORD]}" 2>/dev/null)
  if ((directive & 32)); then compopt -o nosort 2>/dev/null; fi
  if ((directive & 4)); then compopt +o default +o bashdefault 2>/dev/null; else compopt -o default 2>/dev/null; fi
  compopt +o nospace 2>/dev/null
  return 0
}
_git_reg() { _reg_completion git; }
complete -F _reg_completion reg git-reg
`;

/** `git reg` as the completion of git in zsh calls it: with the words behind `git`, and what `-C` names in `opt_args`. */
const ZSH_FOR_GIT = `
_git-reg() {
  if (( $+opt_args[-C] )); then
    words=(reg --repo "$opt_args[-C]" "\${(@)words[2,-1]}")
    (( CURRENT += 2 ))
  fi
  _reg
}
compdef _reg git-reg
`;

/** `git-reg`, and `git reg` beside the completion of git in fish, which may ask for a line of the command `git-reg` too. */
const FISH_FOR_GIT = `
complete -c git-reg -e
complete -c git-reg -w reg

function __reg_behind_git
    set -l results (reg complete git (commandline -cp) (commandline -ct) 2> /dev/null)
    set -l flagPrefix (string match -r -- '^-.*=' (commandline -ct))
    for result in $results[1..-2]
        printf "%s%s\\n" "$flagPrefix" "$result"
    end
    if test "$results[-1]" = :0
        __fish_complete_path (commandline -ct)
    end
end
complete -k -c git -n '__fish_git_using_command reg' -f -a '(__reg_behind_git)'
`;

/** What the scripts of the library lack. */
const OWN: Record<Shell, string> = {
  bash: BASH_SCRIPT,
  zsh: ZSH_FOR_GIT,
  fish: FISH_FOR_GIT,
  powershell: '',
};

/** `reg help` */
export async function help({ out, helpOn }: Session, topic: string | undefined): Promise<void> {
  const text = helpOn(topic);
  if (out.isData) out.data({ topic: topic ?? null, text });
  else out.print(text);
}
