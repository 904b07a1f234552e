/** The form of an app: the fields of a client file that matter, in groups, and all others as JSON. */
import { SHOWN_ONLY } from '../../admin/clients.ts';
import { InvalidInput, isSection } from '../../admin/input.ts';
import { clientFileSchema } from '../../clients/client-file.ts';
import { readFields, type Sent } from './admin-forms.ts';
import type { Field, Option } from './admin-page-models.ts';
import { jsonIn } from './json-field.ts';
import { REASON } from './reason-field.ts';

type Section = Readonly<Record<string, unknown>>;

const { shape } = clientFileSchema;
const logout = shape.logout.unwrap().shape;

const ID: Field = {
  name: 'client_id',
  label: 'Id',
  input: 'text',
  group: 'The app',
  hint: 'How it names itself to us. One is made where you say none; it never changes.',
};

/** As JSON, what has no field of its own. */
const MORE: Field = {
  name: 'more',
  label: 'Other fields',
  input: 'area',
  group: 'All else',
  hint: 'As JSON, under the names of client files, like {"contacts": ["admin@example.org"]}.',
};

const FIELDS: readonly Field[] = [
  { name: 'client_name', label: 'Name', input: 'text', hint: 'What people read.' },
  {
    name: 'party',
    label: 'Whose app it is',
    input: 'radio',
    value: 'third',
    options: [
      { value: 'first', label: 'Ours: no consent page' },
      { value: 'third', label: 'Somebody else’s: people are asked for consent' },
    ],
  },
  choice('application_type', 'Kind', shape.application_type.unwrap().options, 'web'),
  { name: 'client_uri', label: 'Home page', input: 'text' },
  {
    name: 'redirect_uris',
    label: 'Redirect addresses',
    input: 'lines',
    group: 'Signing in',
    hint: 'Where people come back to after a sign-in; one a line.',
  },
  choice(
    'token_endpoint_auth_method',
    'How it proves itself',
    shape.token_endpoint_auth_method.unwrap().options,
    'client_secret_basic',
  ),
  {
    name: 'grant_types',
    label: 'Grant types',
    input: 'checks',
    value: 'authorization_code',
    options: plain(shape.grant_types.unwrap().element.options),
  },
  {
    name: 'scope',
    label: 'Scopes',
    input: 'text',
    hint: 'Those it may ask for, separated by blanks; all where it is empty.',
  },
  choice(
    'id_token_signed_response_alg',
    'Signature of its tokens',
    shape.id_token_signed_response_alg.unwrap().options,
    'RS256',
  ),
  choice('subject_type', 'What it calls people', shape.subject_type.unwrap().options, 'public'),
  { name: 'require_pkce', label: 'It uses PKCE', input: 'check', value: 'yes' },
  {
    name: 'backchannel_logout_uri',
    label: 'Logout address',
    input: 'text',
    group: 'Signing off',
    hint: 'Where it is told, from server to server. Without one it cannot be told, and people stay signed in there.',
  },
  { name: 'frontchannel_logout_uri', label: 'Logout address for browsers', input: 'text' },
  {
    name: 'post_logout_redirect_uris',
    label: 'Addresses after a sign-off',
    input: 'lines',
    hint: 'Where people may come back to; one a line.',
  },
  {
    name: 'max_session',
    label: 'Longest session of the app itself',
    input: 'text',
    hint: 'Like 8h: past it, telling the app no longer matters.',
  },
  choice('logout.scope', 'What a sign-off there ends', ['', ...logout.scope.unwrap().options]),
  choice('logout.ask', 'Whether people are asked', ['', ...logout.ask.unwrap().options]),
  {
    name: 'logout.allowed_scopes',
    label: 'What it may ask for by logout_scope',
    input: 'checks',
    options: plain(logout.allowed_scopes.unwrap().element.options),
  },
];

/** Of a new app. */
export const NEW_CLIENT: readonly Field[] = [ID, ...FIELDS, MORE, REASON];

/** Of one that is there, filled in with what it says. */
export function changeFields(client: Section): readonly Field[] {
  const known = FIELDS.map((field) => filledIn(field, memberOf(client, field.name)));
  const rest = withoutFields(client);
  const isEmpty = Object.keys(rest).length === 0;
  const more = { ...MORE, ...(!isEmpty && { value: JSON.stringify(rest, null, 2) }) };
  return [...known, more];
}

function filledIn({ value: _preset, ...field }: Field, said: unknown): Field {
  if (said === null || said === undefined || said === false) return field;
  if (said === true) return { ...field, value: 'yes' };
  return { ...field, value: Array.isArray(said) ? said.join('\n') : String(said) };
}

/** `logout.scope` is a member of a section. */
function memberOf(client: Section, name: string): unknown {
  return name.split('.').reduce<unknown>((at, step) => (isSection(at) ? at[step] : undefined), client);
}

/** By the address, and by the grant types. */
const SAID_OTHERWISE = ['client_id', 'response_types'];

function withoutFields(client: Section, prefix = ''): Section {
  const rest = Object.entries(client).flatMap(([name, value]): (readonly [string, unknown])[] => {
    const field = `${prefix}${name}`;
    if (
      value === null ||
      SAID_OTHERWISE.includes(field) ||
      SHOWN_ONLY.includes(field) ||
      FIELDS.some((each) => each.name === field)
    )
      return [];
    if (!isSection(value) || name !== 'logout') return [[name, value]];
    const section = withoutFields(value, 'logout.');
    return Object.keys(section).length === 0 ? [] : [[name, section]];
  });
  return Object.fromEntries(rest);
}

/** What the form says, as the document of an app; what is no JSON is handed on, for the use case to refuse. */
export function documentIn(fields: readonly Field[], values: ReadonlyMap<string, string>): unknown {
  const { more: typed, [REASON.name]: _reason, ...said } = readFields(fields, values);
  const more = typed === undefined ? {} : jsonIn(typed);
  if (!isSection(more)) return more;
  const isNew = fields.includes(ID);
  // Of a new app, no box at all means what is usual for its party.
  const known = Object.entries(said).filter(([, value]) => !(isNew && Array.isArray(value) && value.length === 0));
  const top = known.filter(([name]) => !name.startsWith('logout.'));
  const section = known.flatMap(([name, value]) => (name.startsWith('logout.') ? [[name.slice(7), value]] : []));
  const ofLogout = isSection(more['logout']) ? more['logout'] : {};
  return { ...Object.fromEntries(top), ...more, logout: { ...Object.fromEntries(section), ...ofLogout } };
}

/** What use cases say of `client` is about its JSON: all else has fields. */
export function aboutMore({ values, invalid }: Sent): Sent {
  const errors = invalid.errors.map((error) => (error.field === 'client' ? { ...error, field: MORE.name } : error));
  return { values, invalid: new InvalidInput(errors) };
}

function choice(name: string, label: string, values: readonly string[], value?: string): Field {
  return { name, label, input: 'select', options: plain(values), ...(value !== undefined && { value }) };
}

function plain(values: readonly string[]): readonly Option[] {
  return values.map((value) => ({ value, label: value === '' ? 'What is usual for its party' : value }));
}
