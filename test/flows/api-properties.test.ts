/**
 * The API, driven by its own document: whatever is sent, no answer is a 5xx and every one is what the document says; and
 * nobody gets anywhere without the scope. `SIGNOFF_TEST_API_REQUESTS=10000` sends as many.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { API_SCOPES } from '../../src/admin/roles.ts';
import { type ApiAnswer, type ApiCall, apiClient, aTokenFor } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

const REQUESTS = Number(process.env['SIGNOFF_TEST_API_REQUESTS'] ?? 1_000);

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: object;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: object | undefined;
  readonly security: readonly Record<string, readonly string[]>[];
  readonly responses: Readonly<Record<string, { readonly content?: Record<string, { readonly schema: object }> }>>;
}

describeFlows('the API and its document', () => {
  let world: World<'wiki'>;
  let operations: readonly Operation[];
  let problem: z.ZodType;
  let call: ReturnType<typeof apiClient>;
  let words: readonly string[];

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
    const response = await fetch(`${world.issuer}/api/v1/openapi.json`);
    const document = (await response.json()) as ApiDocument;
    operations = operationsOf(document);
    problem = z.fromJSONSchema(document.components.schemas.Problem as never);
    // An owner that no request names by chance, so that none takes its own role away.
    call = apiClient(world.issuer, await aTokenFor(world.store, await addAccount(world.store, 'root of all'), 'owner'));
    await aTokenFor(world.store, await world.accountId('alice'), 'owner');
    words = await someWords();
  });
  afterAll(() => world.stop());

  /** What exists, so that requests reach more than "there is none". */
  async function someWords(): Promise<readonly string[]> {
    await world.apps.wiki.signIn(createBrowser());
    const [session] = (await call('/sessions')).json.items;
    const logout = await call('/logouts', { body: { session: session.id, wait: '5s' } });
    await world.apps.wiki.signIn(createBrowser());
    const [delivery] = (await call('/deliveries')).json.items;
    const [key] = (await call('/keys')).json.items;
    return ['alice', 'bob', 'wiki', session.id, logout.json.logout_id, delivery.id, key.kid, session.account_id];
  }

  it('has an operation for each address that the surface promises', () => {
    const all = operations.map(({ method, path }) => `${method} ${path}`);
    for (const promised of [
      'GET /sessions',
      'GET /sessions/{id}',
      'POST /logouts',
      'GET /logouts/{id}',
      'GET /logouts/{id}/events',
      'GET /deliveries/{id}',
      'POST /deliveries/replay',
      'PUT /clients/{id}',
      'POST /clients/{id}/secret',
      'PATCH /accounts/{account}',
      'POST /keys/rotate',
      'POST /keys/{kid}/retire',
      'GET /audit',
      'POST /explain',
      'POST /clients/{id}/probe',
      'GET /clients/{id}/health',
    ]) {
      expect(all).toContain(promised);
    }
  });

  it('says 401 everywhere without a token, and 403 with a token that has all scopes but the one', async () => {
    const id = await addAccount(world.store, 'nearly');
    for (const { method, path, parameters, security } of operations) {
      const address = path.replaceAll(/\{\w+\}/g, 'wiki');
      const body = method === 'GET' || method === 'DELETE' ? {} : { body: {} };
      const none = await apiClient(world.issuer, undefined)(address, { method, ...body });
      expect([method, path, none.status]).toEqual([method, path, 401]);
      const [scope] = security.find((one) => 'program' in one)?.['program'] ?? [];
      const others = API_SCOPES.filter((each) => each !== scope);
      const almost = apiClient(world.issuer, await aTokenFor(world.store, id, 'owner', others));
      const refused = await almost(address, { method, ...body });
      expect([method, path, refused.status, parameters.length >= 0]).toEqual([method, path, 403, true]);
      expect(refused.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
    }
  });

  it(
    `answers ${REQUESTS} requests as it says, and none with a 5xx`,
    async () => {
      const statuses = new Map<number, number>();
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...operations).chain((one) => fc.tuple(fc.constant(one), requestOf(one, words))),
          async ([operation, request]) => {
            const isStream = operation.responses[200]?.content?.['text/event-stream'] !== undefined;
            const answer = await call(request.path, { ...request.call, leaves: isStream });
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            assertAsDocumented(operation, answer, problem);
          },
        ),
        { numRuns: REQUESTS, endOnFailure: true },
      );
      expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 404, 409, 422]));
      // Refusals alone would say little.
      expect(statuses.get(200)).toBeGreaterThan(REQUESTS / 10);
      expect((await call('/audit/verify')).json).toMatchObject({ ok: true });
    },
    30_000 + REQUESTS * 200,
  );
});

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>;
  readonly components: { readonly schemas: { readonly Problem: object } };
}

interface DocumentOperation extends Pick<Operation, 'parameters' | 'security' | 'responses'> {
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: object } } };
}

function operationsOf({ paths }: ApiDocument): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({
      method: method.toUpperCase(),
      path,
      parameters: one.parameters,
      body: one.requestBody?.content['application/json'].schema,
      security: one.security,
      responses: one.responses,
    })),
  );
}

function assertAsDocumented({ method, path, responses }: Operation, answer: ApiAnswer, problem: z.ZodType): void {
  const where = `${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`;
  if (answer.status >= 500) throw new Error(`a 5xx: ${where}`);
  const type = answer.headers.get('content-type') ?? '';
  if (answer.status >= 400) {
    const read = problem.safeParse(answer.json);
    if (!type.startsWith('application/problem+json') || !read.success) throw new Error(`no problem: ${where}`);
    return;
  }
  const content = responses[answer.status]?.content;
  if (!content) throw new Error(`not in the document: ${where}`);
  if (content['text/event-stream']) return;
  const schema = content['application/json']?.schema;
  const read = z.fromJSONSchema(schema as never).safeParse(answer.json);
  if (!read.success) throw new Error(`not as documented: ${where}\n${read.error.message}`);
}

interface GeneratedRequest {
  readonly path: string;
  readonly call: ApiCall;
}

/** Mostly what the document asks for, sometimes what it does not. */
function requestOf(operation: Operation, words: readonly string[]): fc.Arbitrary<GeneratedRequest> {
  const inPath = operation.parameters.filter((one) => one.in === 'path');
  const inQuery = operation.parameters.filter((one) => one.in === 'query');
  const word = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.string({ minLength: 1 }) },
  );
  // A dot is a step in a path, however it is written: whoever asks for one asks for another address.
  const name = word.filter((text) => !/^\.{1,2}$/.test(text));
  const paths = fc.tuple(...inPath.map(() => name));
  const query = fc.record(Object.fromEntries(inQuery.map(({ name, schema }) => [name, someValue(schema, words)])), {
    requiredKeys: [],
  });
  const stray = fc.oneof(
    { weight: 12, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.tuple(fc.string({ minLength: 1, maxLength: 10 }), fc.string({ maxLength: 10 })) },
  );
  const body = operation.body === undefined ? fc.constant(undefined) : bodyOf(operation.body, words);
  const match = fc.constantFrom('*', '"x"', undefined);
  return fc.tuple(paths, query, stray, body, match).map(([names, asked, more, sent, version]) => {
    const rest = [...names];
    const path = operation.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(rest.shift() ?? ''));
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(asked)) search.append(name, String(value));
    if (more) search.append(...more);
    return {
      path: `${path}?${search}`,
      call: {
        method: operation.method,
        ...(sent !== undefined && { body: sent }),
        ...(version !== undefined && operation.method === 'PUT' && { headers: { 'if-match': version } }),
      },
    };
  });
}

function bodyOf(schema: object, words: readonly string[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 6, arbitrary: someValue(schema, words) },
    { weight: 1, arbitrary: fc.jsonValue() },
    { weight: 1, arbitrary: fc.string().map((text) => `{${text}`) },
  );
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly object[];
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  readonly items?: object;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Now and then of another kind than the schema says. */
function someValue(schema: object, words: readonly string[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 20, arbitrary: rightValue(schema, words) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
  );
}

function rightValue(schema: Schema, words: readonly string[]): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => someValue(one, words)));
  switch (schema.type) {
    case 'object': {
      const { properties = {}, required = [] } = schema;
      const fields = Object.entries(properties).map(([name, one]) => [name, someValue(one, words)]);
      return fc.record(Object.fromEntries(fields), { requiredKeys: required as never });
    }
    case 'array':
      return fc.array(someValue(schema.items ?? {}, words), { maxLength: 3 });
    case 'integer':
      return fc.integer({ min: (schema.minimum ?? -5) - 1, max: Math.min((schema.maximum ?? 300) + 1, 1_000) });
    case 'boolean':
      return fc.boolean();
    case 'string':
      return stringOf(schema, words);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function stringOf({ format }: Schema, words: readonly string[]): fc.Arbitrary<string> {
  if (format === 'date-time') {
    return fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  const durations = ['0s', '10ms', '1s', '90d', 'soon'];
  return fc.oneof(fc.constantFrom(...words), fc.string(), fc.constantFrom(...durations));
}
