import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Keeps compiled code between starts: half of a start is compiling. Import it first, and what it should help later, by
 * `import()`. Beside our dependencies and not in a shared temporary folder, where others could leave code for us.
 */
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/signoff', import.meta.url)));
