import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { PACKAGE_FOLDER } from './package-folder.ts';

/**
 * Keeps compiled code between starts: half of a start is compiling. Import it first, and what it should help later, by
 * `import()`. Beside our dependencies and not in a shared temporary folder, where others could leave code for us.
 */
enableCompileCache(join(PACKAGE_FOLDER, 'node_modules/.cache/signoff'));
