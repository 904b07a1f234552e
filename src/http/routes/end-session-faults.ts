import type { EndSessionFault, EndSessionRequest } from '../../oidc/end-session-request.ts';
import type { ErrorPage } from '../page-models.ts';

/** What a person reads when an app's request to sign out is wrong. Never a redirect; the way out is the form. */
const WORDS: Readonly<Record<EndSessionFault, string>> = {
  duplicate_parameter: 'The app sent a request that says the same thing twice.',
  invalid_hint: 'The app could not prove which sign-in its request is about.',
  client_mismatch: 'The request names one app and proves to be from another.',
  unknown_client: 'The request comes from an app that is not registered here.',
  unregistered_redirect_uri: 'The app wants to go on to an address that is not registered for it.',
  invalid_scope: 'The app asked to sign out of something that does not exist.',
};

/** The error page for a refused request: what is wrong, and a form that signs out all the same (a kiosk's user expects it). */
export function explainFault({ fault, faultDetail, client }: EndSessionRequest): ErrorPage {
  const code = fault ?? 'invalid_request';
  return {
    title: 'This sign-out request is not right',
    message: `${fault === undefined ? 'The app sent a wrong request.' : WORDS[fault]} Nothing was ended.`,
    code,
    signOut: { action: '/session/end/confirm' },
    ...(faultDetail !== undefined && { developer: faultDetail }),
    ...(client?.client_uri !== undefined && { startAgain: { href: client.client_uri, name: client.client_name } }),
  };
}
