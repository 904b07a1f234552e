/** What stands in a catalogue: a sentence with `{holes}`, or one for each plural form that the hole `count` decides. */
export type Message = string | PluralForms;

/** By the names of CLDR. English and German have two of them, other languages up to six. */
export type PluralForms = { readonly other: string } & { readonly [Form in Intl.LDMLPluralRule]?: string };

/** The same keys in another language; tsc names what is missing, and what is there for nothing. */
export type Translation<Source> = {
  readonly [Key in keyof Source]: Source[Key] extends string ? string : PluralForms;
};

/** The names of the holes of a message. */
export type HolesOf<Form> = Form extends string ? InText<Form> : 'count' | InText<Form[keyof Form]>;

type InText<Text> = Text extends `${string}{${infer Hole}}${infer Rest}` ? Hole | InText<Rest> : never;

/**
 * Puts something into every hole of a sentence.
 * @param filling asked for each name; throws for one that it does not know
 * @param plain applied to the text between the holes
 */
export function fill(text: string, filling: (hole: string) => string, plain = (part: string) => part): string {
  const parts = text.split(/\{([a-z][A-Za-z]*)\}/u);
  return parts.map((part, at) => (at % 2 === 1 ? filling(part) : plain(part))).join('');
}

/** The names of the holes of a message, each once. */
export function holesIn(message: Message): string[] {
  const texts = typeof message === 'string' ? [message] : Object.values(message);
  const found = texts.flatMap((text) => [...text.matchAll(/\{([a-z][A-Za-z]*)\}/gu)].map(([, hole = '']) => hole));
  return [...new Set(found)].sort();
}
