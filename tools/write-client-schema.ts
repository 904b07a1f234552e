/** Writes `docs/client-file.schema.json` anew: `node tools/write-client-schema.ts`. A test compares it with the schema. */
import { writeFileSync } from 'node:fs';
import { clientFileJsonSchema } from '../src/clients/json-schema.ts';

writeFileSync(new URL('../docs/client-file.schema.json', import.meta.url), clientFileJsonSchema());
