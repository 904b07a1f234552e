/** A letter's parts, as text and as html. Everything in them may come from outside; nothing of it becomes markup. */
export type Block =
  | { readonly kind: 'text' | 'foot'; readonly text: string }
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

/** What a line of a mail may hold without being folded on its way (RFC 5322 §2.1.1). */
const LINE_CHARS = 72;

export function toText(blocks: readonly Block[]): string {
  return `${blocks.map(textOf).join('\n\n')}\n`;
}

function textOf(block: Block): string {
  switch (block.kind) {
    case 'text':
      return wrapped(block.text);
    case 'foot':
      return `-- \n${wrapped(block.text)}`;
    case 'link':
      return `${wrapped(block.text)}\n${block.href}`;
    case 'facts': {
      const width = Math.max(...block.rows.map(([name]) => name.length)) + 2;
      return block.rows.map(([name, value]) => `${`${name}:`.padEnd(width)} ${plain(value)}`).join('\n');
    }
  }
}

function wrapped(text: string): string {
  const lines = [''];
  for (const word of plain(text).split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length >= LINE_CHARS) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

/** A name with line breaks must not write lines of its own. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}

const BODY = 'font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:0 auto;padding:1em';

export function toHtml(blocks: readonly Block[], language: string): string {
  const body = blocks.map(htmlOf).join('\n');
  return `<!doctype html>\n<html lang="${language}">\n<head><meta charset="utf-8"></head>\n<body style="${BODY}">\n${body}\n</body>\n</html>\n`;
}

function htmlOf(block: Block): string {
  switch (block.kind) {
    case 'text':
      return `<p>${escaped(block.text)}</p>`;
    case 'foot':
      return `<hr>\n<p style="font-size:14px;color:#666">${escaped(block.text)}</p>`;
    case 'link':
      return `<p>${escaped(block.text)}<br>\n<a href="${escaped(block.href)}">${escaped(block.href)}</a></p>`;
    case 'facts': {
      const cells = ([name, value]: readonly [string, string]) =>
        `<tr><td style="color:#666;padding-right:1em;vertical-align:top">${escaped(name)}</td><td>${escaped(value)}</td></tr>`;
      return `<table role="presentation">\n${block.rows.map(cells).join('\n')}\n</table>`;
    }
  }
}

const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return plain(text).replace(/[&<>"']/g, (mark) => MARKS[mark] ?? '');
}
