import type { Role } from '../../src/accounts/account.ts';
import { API_SCOPES } from '../../src/admin/roles.ts';
import { randomId, sha256 } from '../../src/ops/ids.ts';
import type { Store } from '../../src/store/store.ts';
import { anAuditEntry } from './builders.ts';

/** An answer of the API, its body read. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what it is, is what tests find out
  readonly json: any;
  readonly text: string;
}

export interface ApiCall {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Leaves when the head of a success is there: a stream may go on for long. */
  readonly leaves?: boolean;
}

/** Calls `/api/v1` with a token. */
export function apiClient(issuer: string, token: string | undefined) {
  return async (path: string, { method, body, headers, leaves }: ApiCall = {}): Promise<ApiAnswer> => {
    const response = await fetch(`${issuer}/api/v1${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (leaves && response.ok) await response.body?.cancel();
    const text = leaves && response.ok ? '' : await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
}

/** Gives an account a role and a token that lasts an hour. */
export async function aTokenFor(
  store: Store,
  accountId: string,
  role: Role,
  scopes: readonly string[] = API_SCOPES,
): Promise<string> {
  const token = `signoff_pat_${randomId(32)}`;
  const now = Date.now();
  await store.operators.setRole(accountId, role, now, anAuditEntry({ at: now }));
  const row = { id: randomId(), hash: sha256(token), accountId, name: 'test', scopes, createdAt: now };
  await store.operators.addToken({ ...row, expiresAt: now + 3_600_000 }, anAuditEntry({ at: now }));
  return token;
}
