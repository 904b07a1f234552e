import { errors, type KoaContextWithOIDC } from 'oidc-provider';

/**
 * Plain OAuth is no sign-in here: without an ID token the app would never learn its `sid`, and could not be told which of
 * its sessions is over. Runs as the validator of an extra parameter.
 */
export function requireOpenid({ oidc }: KoaContextWithOIDC): void {
  if (oidc.requestParamScopes.has('openid')) return;
  throw new errors.InvalidScope('the scope must have openid in it', String(oidc.params?.['scope'] ?? ''));
}
