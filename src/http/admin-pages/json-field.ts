/** What an area of JSON says. What is no JSON is handed on as it is, for the use case to refuse. */
export function jsonIn(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
