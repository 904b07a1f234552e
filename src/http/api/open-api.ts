import { z } from 'zod';
import { API_PREFIX, type Endpoint, pathMembers } from './endpoint.ts';

type Json = Record<string, unknown>;

/** The document of the API (OpenAPI 3.1), made from the schemas that check requests. */
export function openApiDocument(endpoints: readonly Endpoint[], issuer: string): Json {
  const paths: Record<string, Json> = {};
  for (const each of endpoints) {
    const path = paths[each.path] ?? {};
    paths[each.path] = { ...path, [each.method.toLowerCase()]: operationOf(each) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Signoff', version: '1', description: 'Who is signed in where, and the end of it.' },
    servers: [{ url: `${issuer}${API_PREFIX}` }],
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: {
        personal: { type: 'http', scheme: 'bearer', description: 'A personal access token of an operator.' },
        program: {
          type: 'oauth2',
          flows: { clientCredentials: { tokenUrl: `${issuer}/token`, scopes: scopesOf(endpoints) } },
        },
      },
    },
  };
}

const PROBLEM = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { field: { type: 'string' }, message: { type: 'string' } },
        required: ['field', 'message'],
        additionalProperties: false,
      },
    },
    request_id: { type: 'string' },
  },
  required: ['type', 'title', 'status', 'code', 'detail', 'errors', 'request_id'],
  additionalProperties: false,
};

function scopesOf(endpoints: readonly Endpoint[]): Json {
  return Object.fromEntries([...new Set(endpoints.map(({ useCase }) => useCase.scope))].map((scope) => [scope, scope]));
}

function operationOf(each: Endpoint): Json {
  const { useCase, method, path } = each;
  return {
    operationId: operationId(each),
    summary: useCase.summary,
    tags: [path.split('/')[1]],
    security: [{ personal: [] }, { program: [useCase.scope] }],
    'x-role': useCase.role,
    parameters: parametersOf(each),
    ...(hasBody(method) && { requestBody: bodyOf(each) }),
    responses: { ...successOf(each), default: PROBLEM_RESPONSE },
  };
}

const PROBLEM_RESPONSE = {
  description: 'What went wrong.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function operationId({ useCase, stream }: Endpoint): string {
  return stream === 'logout' ? `${useCase.name}.events` : useCase.name;
}

function hasBody(method: Endpoint['method']): boolean {
  return method !== 'GET' && method !== 'DELETE';
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
}

interface ObjectSchema extends Json {
  readonly properties: Record<string, Json>;
  readonly required?: readonly string[];
}

function inputOf({ useCase, fixed, ifMatchAs }: Endpoint): ObjectSchema {
  const { properties = {}, required = [], ...rest } = schemaOf(useCase.input, 'input') as Partial<ObjectSchema>;
  const hidden = new Set([...Object.keys(fixed ?? {}), ...(ifMatchAs === undefined ? [] : [ifMatchAs])]);
  return {
    ...rest,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !hidden.has(name))),
    required: required.filter((name) => !hidden.has(name)),
  };
}

function parametersOf(each: Endpoint): readonly Json[] {
  const { properties, required = [] } = inputOf(each);
  const inPath = pathMembers(each.path);
  const ofPath = inPath.map((name) => ({ name, in: 'path', required: true, schema: properties[name] ?? {} }));
  const ofQuery = Object.entries(properties)
    .filter(([name]) => isInQuery(each, name, inPath))
    .map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }));
  const dryRun = { name: 'dry_run', in: 'query', required: false, schema: { type: 'boolean' } };
  return [
    ...ofPath,
    ...ofQuery,
    ...(each.dryRun ? [dryRun] : []),
    ...(each.ifMatchAs === undefined ? [] : [header('If-Match', 'The version (ETag) that was seen.', true)]),
    ...(each.method === 'POST'
      ? [header('Idempotency-Key', 'The same key gives the first answer for a day.', false)]
      : []),
  ];
}

/** Beside a body that is one member, the other members are in the query. */
function isInQuery({ method, bodyAs }: Endpoint, name: string, inPath: readonly string[]): boolean {
  if (inPath.includes(name)) return false;
  return hasBody(method) ? bodyAs !== undefined && name !== bodyAs : true;
}

function header(name: string, description: string, required: boolean): Json {
  return { name, in: 'header', required, description, schema: { type: 'string' } };
}

function bodyOf(each: Endpoint): Json {
  const { properties, required = [], ...rest } = inputOf(each);
  const inPath = pathMembers(each.path);
  const isInBody = (name: string) => !inPath.includes(name);
  const whole = {
    ...rest,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => isInBody(name))),
    required: required.filter(isInBody),
  };
  const schema = each.bodyShape ? schemaOf(each.bodyShape, 'input') : whole;
  return { required: whole.required.length > 0, content: { 'application/json': { schema } } };
}

const STREAMED = {
  logout: 'An event `logout` each time it moves, until it is settled.',
  client:
    'An event `listening`, then `logout_token` for each with a fresh copy (`delivery_id`, `logout_id`, `reason`, ' +
    '`made_at`, `logout_token`), and `missed` where there were too many. It ends after 15 minutes: come again.',
} as const;

const EITHER = 'Done; with dry_run, what it would do.';

function successOf({ useCase, dryRun, created, stream }: Endpoint): Json {
  if (stream) {
    const content = { 'text/event-stream': { schema: { type: 'string' } } };
    return { 200: { description: STREAMED[stream], content } };
  }
  const json = (schema: z.ZodType) => ({ 'application/json': { schema: schemaOf(schema, 'output') } });
  const done = { description: 'Done.', content: json(useCase.output) };
  if (!created)
    return { 200: dryRun ? { description: EITHER, content: json(z.union([useCase.output, dryRun.output])) } : done };
  const preview = dryRun && { 200: { description: 'What it would do.', content: json(dryRun.output) } };
  return { ...preview, 201: { ...done, headers: { Location: { schema: { type: 'string' } } } } };
}
