import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

// A check that cannot fail is worse than none: every file below test/fixtures/lint says in its first line which rule it
// breaks, or that it breaks nothing, and Biome must agree under the very configuration that guards the product.

const root = path.resolve(import.meta.dirname, '../..');
const fixtures = path.join(root, 'test/fixtures/lint');
const files = readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort();

interface Diagnostic {
  readonly category: string;
  readonly location: { readonly path: string };
}

let scratch = '';
let findings = new Map<string, Set<string>>();

beforeAll(() => {
  // The fixtures take the places of the folders they speak of: overrides go by path.
  scratch = mkdtempSync(path.join(tmpdir(), 'signoff-lint-'));
  cpSync(fixtures, scratch, { recursive: true });
  for (const file of ['biome.json', 'package.json']) cpSync(path.join(root, file), path.join(scratch, file));
  findings = lint(scratch);
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the linter', () => {
  it.each(files)('judges %s as its first line says', (file) => {
    const expected = /^\/\/ breaks: (\w+)/.exec(readFileSync(path.join(fixtures, file), 'utf8'))?.[1];
    const found = [...(findings.get(file.split(path.sep).join('/')) ?? [])];
    expect(found).toEqual(expected === 'nothing' ? [] : [expected]);
  });

  it('has a rule and a fixture for every folder of src', () => {
    const folders = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const config = readFileSync(path.join(root, 'biome.json'), 'utf8');
    const without = folders.filter(
      ({ name }) => !config.includes(`"src/${name}/`) || !files.some((file) => file.startsWith(`src/${name}/`)),
    );
    expect(without.map(({ name }) => name)).toEqual([]);
  });
});

/** The rules each file breaks. That the imported files do not exist is not the point here, so that rule is left out. */
function lint(folder: string): Map<string, Set<string>> {
  const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
  const argv = ['lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=json', '.'];
  const done = spawnSync(process.execPath, [biome, ...argv], { cwd: folder, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(done.stdout) as { diagnostics: readonly Diagnostic[] };
  const byFile = new Map<string, Set<string>>();
  for (const { category, location } of diagnostics) {
    const rule = category.split('/').at(-1) ?? category;
    if (rule === 'noUnresolvedImports') continue;
    byFile.set(location.path, (byFile.get(location.path) ?? new Set()).add(rule));
  }
  return byFile;
}
