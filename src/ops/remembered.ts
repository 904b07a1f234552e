/** Beyond so many it forgets all and begins anew: what is asked often comes back at once. */
const MOST = 10_000;
/** Longer ones are answered anew each time: they must not fill the memory. */
const CHARS_MAX = 300;

/** `work`, which must be pure, but for what it has answered before. */
export function remembered<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, { readonly answer: T }>();
  return (text) => {
    const before = known.get(text);
    if (before) return before.answer;
    const answer = work(text);
    if (text.length > CHARS_MAX) return answer;
    if (known.size >= MOST) known.clear();
    known.set(text, { answer });
    return answer;
  };
}
