/** The page before a drastic write: its numbers, and a form that keeps all that was asked for. */
import { keptFields } from '../own-pages/ask-first.ts';
import { formBlock } from './admin-forms.ts';
import type { Block, Field, Sheet } from './admin-page-models.ts';
import { bad } from './cells.ts';

/** What stands on that page. Its form keeps all that was sent, and adds `fields`. */
export interface Confirm {
  readonly headline: string;
  readonly blocks: readonly Block[];
  readonly button: string;
  readonly fields?: readonly Field[];
  /** True where it does not say: most of what is asked about cannot be undone. */
  readonly drastic?: boolean;
}

/** `word`: what had to be typed; undefined where a click is enough. */
export function isConfirmed(values: ReadonlyMap<string, string>, word: string | undefined): boolean {
  return values.get('confirm')?.trim() === (word ?? 'yes');
}

export function confirmSheet(
  { headline, blocks, button, fields = [], drastic = true }: Confirm,
  asked: {
    readonly action: string;
    readonly values: ReadonlyMap<string, string>;
    readonly word: string | undefined;
    readonly backHref: string;
  },
): { readonly sheet: Sheet; readonly status: number } {
  const { action, values, word, backHref } = asked;
  const typed: readonly Field[] =
    word === undefined ? [] : [{ name: 'confirm', label: `Type ${word} to go on`, input: 'text' }];
  const isWrong = word !== undefined && values.has('confirm');
  const wrong: readonly Block[] = isWrong ? [bad(`That was not ${word}. Nothing was done.`)] : [];
  const form = formBlock({
    action,
    hidden: [
      ...keptFields(values).filter(({ name }) => !fields.some((field) => field.name === name)),
      ...(word === undefined ? [{ name: 'confirm', value: 'yes' }] : []),
    ],
    fields: [...fields, ...typed],
    button,
    drastic,
    backHref,
  });
  return { sheet: { headline, blocks: [...wrong, ...blocks, form] }, status: isWrong ? 422 : 200 };
}
