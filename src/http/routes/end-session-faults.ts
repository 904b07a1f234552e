import { appName } from '../../clients/app-name.ts';
import type { EndSessionRequest } from '../../oidc/end-session-request.ts';
import type { Language } from '../../words/language.ts';
import type { ErrorPage } from '../page-models.ts';

/**
 * The error page for a refused request: what is wrong, and a form that signs out all the same (a kiosk's user expects
 * it). Never a redirect.
 */
export function explainFault(
  { fault, faultDetail, client }: EndSessionRequest,
  action: string,
  language: Language,
): ErrorPage {
  const code = fault ?? 'invalid_request';
  return {
    title: 'title.bad-sign-off',
    says: `fault.${code}`,
    code,
    signOut: { action },
    ...(faultDetail !== undefined && { developer: faultDetail }),
    ...(client?.client_uri !== undefined && {
      startAgain: { href: client.client_uri, name: appName(client, language) },
    }),
  };
}
