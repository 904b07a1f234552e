import type { Language } from '../words/language.ts';

/** What may be there once more in each language: `client_name#de` (Registration §2.1). */
type Translated = 'client_name' | 'client_uri' | 'logo_uri' | 'policy_uri' | 'tos_uri';

/** The parts of a client record that people see. */
export type ClientFaceFields = {
  readonly client_id: string;
  readonly redirect_uris?: readonly string[] | undefined;
} & { readonly [Field in Translated | `${Translated}#${Language}`]?: string | undefined };

/** What people who read this language call an app. */
export function appName(client: ClientFaceFields, language: Language): string {
  return inLanguage(client, 'client_name', language) || client.client_id;
}

/** A field as readers of this language are to see it. */
export function inLanguage(client: ClientFaceFields, field: Translated, language: Language): string | undefined {
  return client[`${field}#${language}`] ?? client[field];
}
