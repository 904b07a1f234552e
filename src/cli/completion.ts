/** Completion for shells, made from the commands themselves. */
import { Argument, type Command } from 'commander';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function addCompletion(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'completion',
    summary: 'print the completion script of a shell',
    examples: ['completion bash', 'completion zsh', 'completion fish'],
    answers: false,
  })
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action(
      run(context, async (shell: Shell) => {
        // As it is: a line of an answer would be made safe, and a script has many.
        context.terminal.streams.stdout.write(SCRIPTS[shell](wordsOf(program)));
        return EXIT.done;
      }),
    );
}

/** What may follow, by the words before: `accounts` → `add list …`. */
type Words = ReadonlyMap<string, readonly string[]>;

function wordsOf(program: Command): Words {
  const words = new Map<string, readonly string[]>();
  const visit = (command: Command, path: readonly string[]) => {
    const options = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long ?? '');
    const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    const follow = [...command.commands.map((one) => one.name()), ...choices, ...options, '--help'];
    words.set(
      path.join(' '),
      follow.filter((word) => word !== ''),
    );
    for (const one of command.commands) visit(one, [...path, one.name()]);
  };
  visit(program, []);
  return words;
}

/** The deepest command that the words before name decides; what is no command of it is an argument. */
const SCRIPTS: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: (words) => `# signoff completion bash > /etc/bash_completion.d/signoff
_signoff() {
  local word path="" words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${paths(words).map(quoted).join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${[...words].map(([path, follow]) => `    ${quoted(path)}) words=${quoted(follow.join(' '))} ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _signoff signoff
`,
  zsh: (words) => `#compdef signoff
# signoff completion zsh > "\${fpath[1]}/_signoff"
_signoff() {
  local word try where=""
  local -a follow
  for word in "\${words[@]:1:$((CURRENT - 2))}"; do
    try="\${where:+$where }$word"
    case "$try" in
      ${paths(words).map(quoted).join('|')}) where="$try" ;;
    esac
  done
  case "$where" in
${[...words].map(([path, follow]) => `    ${quoted(path)}) follow=(${follow.map(quoted).join(' ')}) ;;`).join('\n')}
  esac
  compadd -a follow || _files
}
compdef _signoff signoff
`,
  fish: (words) => `# signoff completion fish > ~/.config/fish/completions/signoff.fish
function __signoff_words
  set -l where ''
  for word in (commandline -opc)[2..-1]
    set -l try (string trim -- "$where $word")
    contains -- $try ${paths(words).map(quoted).join(' ')}; and set where $try
  end
  switch $where
${[...words].map(([path, follow]) => `    case ${quoted(path)}\n      printf '%s\\n' ${follow.map(quoted).join(' ')}`).join('\n')}
  end
end
complete -c signoff -f -a '(__signoff_words)'
`,
};

function paths(words: Words): readonly string[] {
  return [...words.keys()].filter((path) => path !== '');
}

function quoted(text: string): string {
  return `'${text}'`;
}
