/** Every address below `/api/v1`. The document is made from this list, and so are the tests. */
import { deleteAccount, disableAccount, resetFactors, setPassword } from '../../admin/account-endings.ts';
import { addAccount, changeAccount, enableAccount, listAccounts, showAccount } from '../../admin/accounts.ts';
import { listAttention } from '../../admin/attention.ts';
import { exportAudit, listAudit, verifyAudit } from '../../admin/audit.ts';
import { changeClient, previewChange, renewSecret } from '../../admin/client-changes.ts';
import { clientHealth } from '../../admin/client-health.ts';
import { removeClient } from '../../admin/client-removal.ts';
import { showSnippet } from '../../admin/client-snippets.ts';
import { addClient, clientDocumentShape, listClients, showClient } from '../../admin/clients.ts';
import { listDeliveries, replayDeliveries, showDelivery } from '../../admin/deliveries.ts';
import { explain } from '../../admin/explain.ts';
import { listKeys, retireKey, rotateKeys } from '../../admin/keys.ts';
import { listenToClient } from '../../admin/listen.ts';
import { endSessions, listLogouts, pauseWalk, previewLogout, resumeWalk, showLogout } from '../../admin/logouts.ts';
import { listMails, retryMail, showMail } from '../../admin/mails.ts';
import { listOperators, newFirstLink, removeRole, setRole } from '../../admin/operators.ts';
import { probeClient } from '../../admin/probe.ts';
import {
  addRegistrationToken,
  listRegistrationTokens,
  revokeRegistrationToken,
} from '../../admin/registration-tokens.ts';
import { listSessions, showSession } from '../../admin/sessions.ts';
import { addToken, listTokens, revokeToken } from '../../admin/tokens.ts';
import type { UseCase } from '../../admin/use-case.ts';
import { type Endpoint, endpoint, type FoundEndpoint } from './endpoint.ts';

const account = '/accounts/{account}';

export const ENDPOINTS: readonly Endpoint[] = [
  endpoint({ method: 'GET', path: '/attention', useCase: listAttention }),

  endpoint({ method: 'GET', path: '/sessions', useCase: listSessions }),
  endpoint({ method: 'GET', path: '/sessions/{id}', useCase: showSession }),

  endpoint({ method: 'GET', path: '/logouts', useCase: listLogouts }),
  endpoint({
    method: 'POST',
    path: '/logouts',
    useCase: endSessions,
    dryRun: previewLogout as never,
    created: ({ logout_id }) => `/logouts/${logout_id}`,
  }),
  endpoint({ method: 'GET', path: '/logouts/{id}', useCase: showLogout }),
  endpoint({ method: 'GET', path: '/logouts/{id}/events', useCase: showLogout, stream: 'logout' }),

  endpoint({ method: 'POST', path: '/logouts/{id}/pause', useCase: pauseWalk }),
  endpoint({ method: 'POST', path: '/logouts/{id}/resume', useCase: resumeWalk }),

  endpoint({ method: 'GET', path: '/deliveries', useCase: listDeliveries }),
  endpoint({ method: 'POST', path: '/deliveries/replay', useCase: replayDeliveries }),
  endpoint({ method: 'GET', path: '/deliveries/{id}', useCase: showDelivery }),

  endpoint({ method: 'GET', path: '/mails', useCase: listMails }),
  endpoint({ method: 'GET', path: '/mails/{id}', useCase: showMail }),
  endpoint({ method: 'POST', path: '/mails/{id}/retry', useCase: retryMail }),

  endpoint({ method: 'GET', path: '/clients', useCase: listClients }),
  endpoint({
    method: 'POST',
    path: '/clients',
    useCase: addClient,
    bodyAs: 'client',
    bodyShape: clientDocumentShape,
    fixed: { source: 'api' },
    created: ({ client_id }) => `/clients/${encodeURIComponent(client_id)}`,
  }),
  endpoint({ method: 'GET', path: '/clients/{id}', useCase: showClient }),
  endpoint({
    method: 'PUT',
    path: '/clients/{id}',
    useCase: changeClient,
    dryRun: previewChange as never,
    bodyAs: 'client',
    bodyShape: clientDocumentShape,
    ifMatchAs: 'version',
  }),
  endpoint({ method: 'DELETE', path: '/clients/{id}', useCase: removeClient }),
  endpoint({ method: 'POST', path: '/clients/{id}/secret', useCase: renewSecret }),
  endpoint({ method: 'POST', path: '/clients/{id}/probe', useCase: probeClient }),
  endpoint({ method: 'GET', path: '/clients/{id}/health', useCase: clientHealth }),
  endpoint({ method: 'GET', path: '/clients/{id}/listen', useCase: listenToClient, stream: 'client' }),
  endpoint({ method: 'GET', path: '/clients/{id}/snippet', useCase: showSnippet }),

  endpoint({ method: 'GET', path: '/accounts', useCase: listAccounts }),
  endpoint({
    method: 'POST',
    path: '/accounts',
    useCase: addAccount,
    created: ({ id }) => `/accounts/${id}`,
  }),
  endpoint({ method: 'GET', path: account, useCase: showAccount }),
  endpoint({ method: 'PATCH', path: account, useCase: changeAccount }),
  endpoint({ method: 'DELETE', path: account, useCase: deleteAccount }),
  endpoint({ method: 'POST', path: `${account}/disable`, useCase: disableAccount }),
  endpoint({ method: 'POST', path: `${account}/reset-factors`, useCase: resetFactors }),
  endpoint({ method: 'POST', path: `${account}/enable`, useCase: enableAccount }),
  endpoint({ method: 'POST', path: `${account}/password`, useCase: setPassword }),

  endpoint({ method: 'POST', path: '/explain', useCase: explain }),

  endpoint({ method: 'GET', path: '/keys', useCase: listKeys }),
  endpoint({ method: 'POST', path: '/keys/rotate', useCase: rotateKeys }),
  endpoint({ method: 'POST', path: '/keys/{kid}/retire', useCase: retireKey }),

  endpoint({ method: 'GET', path: '/audit', useCase: listAudit }),
  endpoint({ method: 'GET', path: '/audit/export', useCase: exportAudit }),
  endpoint({ method: 'GET', path: '/audit/verify', useCase: verifyAudit }),

  endpoint({ method: 'GET', path: '/operators', useCase: listOperators }),
  endpoint({ method: 'POST', path: '/operators/link', useCase: newFirstLink }),
  endpoint({ method: 'PUT', path: '/operators/{account}', useCase: setRole }),
  endpoint({ method: 'DELETE', path: '/operators/{account}', useCase: removeRole }),

  endpoint({ method: 'GET', path: '/tokens', useCase: listTokens }),
  endpoint({ method: 'POST', path: '/tokens', useCase: addToken, created: ({ id }) => `/tokens/${id}` }),
  endpoint({ method: 'DELETE', path: '/tokens/{id}', useCase: revokeToken }),

  endpoint({ method: 'GET', path: '/registration-tokens', useCase: listRegistrationTokens }),
  endpoint({
    method: 'POST',
    path: '/registration-tokens',
    useCase: addRegistrationToken,
    created: ({ id }) => `/registration-tokens/${id}`,
  }),
  endpoint({ method: 'DELETE', path: '/registration-tokens/{id}', useCase: revokeRegistrationToken }),
];

/** Undefined for what commands do alone. */
export function endpointOf(useCase: UseCase): FoundEndpoint | undefined {
  for (const one of ENDPOINTS.filter(({ stream }) => !stream)) {
    if (one.useCase === useCase) return { endpoint: one, dryRun: false };
    if (one.dryRun === useCase) return { endpoint: one, dryRun: true };
  }
  return undefined;
}
