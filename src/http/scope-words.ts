import type { Permission } from './page-models.ts';

/** OpenID Connect Core §5.4 and §11 in plain words. `openid` is missing on purpose: it is signing in itself. */
const STANDARD: Readonly<Record<string, Omit<Permission, 'scope'>>> = {
  profile: { words: 'See your name and profile', detail: 'Name, user name, picture, language and the like' },
  email: { words: 'See your email address' },
  address: { words: 'See your postal address' },
  phone: { words: 'See your phone number' },
  offline_access: {
    words: 'Work for you while you are away',
    detail: 'It keeps its access when you sign out here; “Everything, everywhere” ends it too',
  },
};

/**
 * What an app asks for, in plain words, one row per scope.
 * @param extra words for the scopes that the operator added (`signoff.yaml`); an unknown scope shows its own name
 */
export function permissionsOf(scopes: readonly string[], extra: Readonly<Record<string, string>> = {}): Permission[] {
  const asked = [...new Set(scopes)].filter((scope) => scope !== 'openid' && scope !== '');
  return asked.map((scope) => ({ scope, ...wordsFor(scope, extra) }));
}

function wordsFor(scope: string, extra: Readonly<Record<string, string>>): Omit<Permission, 'scope'> {
  if (Object.hasOwn(STANDARD, scope)) return STANDARD[scope] as Omit<Permission, 'scope'>;
  return { words: Object.hasOwn(extra, scope) ? (extra[scope] as string) : `Use “${scope}”` };
}
