/**
 * An app as its author would write it with express-openid-connect, in a process of its own (the library is loaded by
 * Node, not by the test runner). Settings come as JSON in `APP`; says `ready` when it listens.
 */
import express from 'express';
import { auth } from 'express-openid-connect';

/** What `APP` holds. */
export interface ExpressAppSettings {
  readonly issuer: string;
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
}

const { issuer, port, clientId, clientSecret } = JSON.parse(process.env['APP'] ?? '{}') as ExpressAppSettings;
const app = express();

app.use(
  auth({
    issuerBaseURL: issuer,
    baseURL: `http://127.0.0.1:${port}`,
    clientID: clientId,
    clientSecret,
    secret: 'a secret that seals the cookies of this app',
    authRequired: false,
    authorizationParams: { response_type: 'code', scope: 'openid profile' },
    session: { name: `session-${clientId}` },
    backchannelLogout: { store: createMemoryStore() },
  }),
);
app.get('/who', ({ oidc }, response) => {
  response.json(oidc.isAuthenticated() ? { sub: oidc.user?.['sub'], sid: oidc.user?.['sid'] } : {});
});
app.listen(port, '127.0.0.1', () => console.log('ready'));

type Settings = NonNullable<Parameters<typeof auth>[0]>;
type MarkStore = NonNullable<Exclude<Settings['backchannelLogout'], boolean | undefined>['store']>;

/** The store of logout marks that the library asks for, as in its own examples. */
function createMemoryStore(): MarkStore {
  type Row = Parameters<MarkStore['set']>[1];
  const rows = new Map<string, Row>();
  const store: MarkStore = {
    get: (id, done) => done(undefined, rows.get(id)),
    set: (id, row, done) => {
      rows.set(id, row);
      done?.();
    },
    destroy: (id, done) => {
      rows.delete(id);
      done?.();
    },
  };
  return store;
}
