import type { Key } from '../words/catalogues.ts';
import { fill } from '../words/message.ts';
import type { Filling, Words } from '../words/words.ts';
import { escapeExact, visible } from './page-words.ts';

/** Text that is html already, and the only thing that templates print as it is. Made here alone. */
class Markup {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

/** Escapes for html and drops what people cannot see: the escape function of every `<%= %>`. */
export function escapeText(value: unknown): string {
  return value instanceof Markup ? value.html : escapeExact(visible(String(value ?? '')));
}

/** An element for the hole of a sentence: `tag('b', {}, name)`. Attributes and text are escaped. */
export function tag(name: string, attributes: Readonly<Record<string, string>>, content: unknown): Markup {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeExact(value)}"`);
  return new Markup(`<${name}${written.join('')}>${escapeText(content)}</${name}>`);
}

/**
 * What templates call for every sentence: the one under a key, whose holes may be elements. Throws for a key or hole that
 * is not there.
 */
export function createSay(words: Words): (key: Key, holes?: Readonly<Record<string, Filling | Markup>>) => Markup {
  return (key, holes = {}) => {
    const { count } = holes;
    const text = words.sentence(key, count instanceof Markup ? undefined : count);
    return new Markup(fill(text, (hole) => written(key, holes[hole], words), escapeText));
  };
}

function written(key: Key, filling: Filling | Markup | undefined, words: Words): string {
  if (filling === undefined) throw new Error(`${key} has a hole that nothing fills`);
  return escapeText(typeof filling === 'number' ? words.number(filling) : filling);
}
