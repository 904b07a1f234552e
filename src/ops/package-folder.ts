import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

const packageFile = findPackageJSON(import.meta.url);
if (packageFile === undefined)
  throw new Error('the program lies outside of its package: there is no package.json above it');

/** Where this package lies on the disk, whichever file the build puts this one into. */
export const PACKAGE_FOLDER = dirname(packageFile);
