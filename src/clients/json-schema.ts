import { z } from 'zod';
import { clientFileSchema } from './client-file.ts';

/** The JSON Schema that editors check client files with (`docs/client-file.schema.json`), as text. */
export function clientFileJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(clientFileSchema, { io: 'input', target: 'draft-7' });
  const titled = {
    $schema,
    title: 'Signoff client file',
    description: 'One registered app: clients/<client_id>.yaml',
    ...schema,
  };
  return `${JSON.stringify(titled, undefined, 2)}\n`;
}
