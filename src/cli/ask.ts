import type { Readable } from 'node:stream';
import { passwordProblem } from '../accounts/password-rules.ts';
import { UsageError } from './exit-codes.ts';
import { safeText } from './safe-text.ts';
import type { Terminal } from './terminal.ts';

/** Questions, asked only where somebody can answer, and loaded there; scripts never wait. Standard output stays clean. */
export interface Ask {
  /** Before what cannot be undone. `yes`: it was said on the command line. Where nobody can be asked, it must be. */
  isSure(question: string, yes: boolean | undefined): Promise<boolean>;
  /** The same, for what is so large that a yes is typed too easily: the word itself has to be. */
  isWord(word: string, question: string, yes: boolean | undefined): Promise<boolean>;
  /** Undefined where nobody can be asked, or nothing was answered. */
  text(question: string, placeholder?: string): Promise<string | undefined>;
  /** From standard input when told so, else by a prompt, typed twice. Never from an argument: other users could read it. */
  newPassword(fromStdin: boolean): Promise<string>;
}

export function createAsk(terminal: Terminal): Ask {
  const { stdin, stderr } = terminal.streams;
  const streams = { input: stdin, output: stderr };
  return {
    async isSure(question, yes) {
      if (yes) return true;
      if (!terminal.canAsk) throw new UsageError('Nobody can be asked here whether you are sure: say --yes.');
      const { confirm } = await import('@clack/prompts');
      return (await confirm({ message: safeText(question), initialValue: false, ...streams })) === true;
    },
    async isWord(word, question, yes) {
      if (yes) return true;
      if (!terminal.canAsk) throw new UsageError('Nobody can be asked here whether you are sure: say --yes.');
      const { isCancel, text } = await import('@clack/prompts');
      const answer = await text({ message: `${safeText(question)} Type the word ${word}.`, ...streams });
      return !isCancel(answer) && answer?.trim() === word;
    },
    async text(question, placeholder) {
      if (!terminal.canAsk) return undefined;
      const { isCancel, text } = await import('@clack/prompts');
      const answer = await text({ message: question, ...(placeholder && { placeholder }), ...streams });
      if (isCancel(answer)) throw new UsageError('Cancelled; nothing was changed.');
      return answer?.trim() || undefined;
    },
    async newPassword(fromStdin) {
      const given = fromStdin ? await firstText(stdin) : await promptTwice();
      const problem = await passwordProblem(given);
      if (problem !== undefined) throw new UsageError(`The password ${problem}.`);
      if (given.trim() !== given) terminal.note('The password begins or ends with a blank, and must be typed with it.');
      return given;
    },
  };

  async function promptTwice(): Promise<string> {
    if (!terminal.canAsk) throw new UsageError('There is nobody to ask for a password; send it with --password-stdin.');
    const { isCancel, password } = await import('@clack/prompts');
    const once = await password({ message: 'Password', ...streams });
    const again = await password({ message: 'The same again', ...streams });
    if (isCancel(once) || isCancel(again)) throw new UsageError('Cancelled; nothing was changed.');
    if (once !== again) throw new UsageError('The two passwords are not the same; nothing was changed.');
    return once;
  }
}

/** All of it, without the line ends that `echo` and editors put behind it. */
async function firstText(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/(\r?\n)+$/, '');
}
