/* Knows how each shell asks for completions. The scripts are thin: `peerup __complete` prints
 * one candidate per line with its help after a tab, or ":files" or ":dirs". */
#include <string.h>

#include "complete.h"

static const char bash_script[] =
    "# bash completion for peerup; load it with: source <(peerup completion bash)\n"
    "_peerup() {\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} line\n"
    "\tCOMPREPLY=()\n"
    "\twhile IFS= read -r line; do\n"
    "\t\tcase $line in\n"
    "\t\t:files) compopt -o default; return ;;\n"
    "\t\t:dirs) compopt -o dirnames; return ;;\n"
    "\t\tesac\n"
    "\t\tline=${line%%$'\\t'*}\n"
    "\t\t[[ $line == \"$cur\"* ]] && COMPREPLY+=(\"$line\")\n"
    "\tdone < <(peerup __complete -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _peerup peerup\n";

static const char zsh_script[] =
    "#compdef peerup\n"
    "# zsh completion for peerup; load it with: source <(peerup completion zsh)\n"
    "_peerup() {\n"
    "\tlocal line\n"
    "\tlocal -a found\n"
    "\twhile IFS= read -r line; do\n"
    "\t\tcase $line in\n"
    "\t\t:files) _files; return ;;\n"
    "\t\t:dirs) _files -/; return ;;\n"
    "\t\tesac\n"
    "\t\tline=${line//:/\\\\:}\n"
    "\t\tfound+=(\"${line/$'\\t'/:}\")\n"
    "\tdone < <(peerup __complete -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
    "\t_describe peerup found\n"
    "}\n"
    "if [ \"$funcstack[1]\" = _peerup ]; then _peerup \"$@\"; else compdef _peerup peerup; "
    "fi\n";

static const char fish_script[] =
    "# fish completion for peerup; load it with: peerup completion fish | source\n"
    "function __peerup_complete\n"
    "\tset -l words (commandline -opc) (commandline -ct)\n"
    "\tset -l lines (peerup __complete -- $words[2..-1] 2>/dev/null)\n"
    "\tswitch \"$lines[1]\"\n"
    "\t\tcase ':files'\n"
    "\t\t\t__fish_complete_path (commandline -ct)\n"
    "\t\tcase ':dirs'\n"
    "\t\t\t__fish_complete_directories (commandline -ct)\n"
    "\t\tcase '*'\n"
    "\t\t\tprintf '%s\\n' $lines\n"
    "\tend\n"
    "end\n"
    "complete -c peerup -f -a '(__peerup_complete)'\n";

const char *cli_complete_script(const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		return bash_script;
	if (strcmp(shell, "zsh") == 0)
		return zsh_script;
	return strcmp(shell, "fish") == 0 ? fish_script : NULL;
}
