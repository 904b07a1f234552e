/** Text that somebody would put into a client file, a profile or a form to see whether it gets out of its place. */
import type { Sample } from './sample-pages.ts';

export const HOSTILE: readonly string[] = [
  '<script>globalThis.pwned = 1</script>',
  '" onmouseover="globalThis.pwned=1" autofocus onfocus="globalThis.pwned=1',
  "' onfocus='globalThis.pwned=1' autofocus='",
  '--></title></textarea></style></noscript><img src=x onerror="globalThis.pwned=1">',
  '<svg onload=globalThis.pwned=1>',
  'javascript:globalThis.pwned=1',
  ' java\tscript:globalThis.pwned=1',
  'data:text/html,<script>globalThis.pwned=1</script>',
  '//evil.example/',
  '/\t/evil.example/',
  'https://evil.example/" onclick="globalThis.pwned=1',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that it might be taken for a template is the point
  '<%= process.env %> <% globalThis.pwned = 1 %> ${globalThis.pwned=1} {{7*7}}',
  '\u0000\u0007\u001b[31mred\u009b\u007f',
  'moor\u202egnp.exe \u2066\u2069\u200e\u200f\ufeff',
  `\ud800 lone, e\u0301${'\u0301'.repeat(300)}`,
  'W'.repeat(10_000),
];

/** What pages branch on; it comes from our own code, never from outside. */
const OURS = new Set([
  'kind',
  'scope',
  'chosen',
  'state',
  'notice',
  'reason',
  'says',
  'title',
  'what',
  'actor',
  'target',
  'fault',
  'purpose',
  'at',
  'tone',
  'input',
]);

/** The same sample with `text` in the place of every string that can come from outside. */
export function poisoned(sample: Sample, text: string): Sample {
  return { ...sample, model: poison(sample.model, text) as Sample['model'] };
}

function poison(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text;
  if (Array.isArray(value)) return value.map((item) => poison(item, text));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, keep(key, item) ? item : poison(item, text)]);
  return Object.fromEntries(entries);
}

function keep(key: string, item: unknown): boolean {
  return OURS.has(key) && typeof item === 'string';
}
