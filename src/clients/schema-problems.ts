import type { z } from 'zod';
import { suggestion } from '../ops/did-you-mean.ts';
import { clientFileSchema } from './client-file.ts';
import { type Problem, problem } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** How each kind of value is called, and how it is written in YAML. */
const KINDS: Readonly<Record<string, readonly [string, string]>> = {
  string: ['must be text', 'put it in quotes'],
  array: ['must be a list', 'put each value on its own line after a dash, or all between [ and ]'],
  boolean: ['must be true or false', 'write true or false without quotes'],
  int: ['must be a whole number', 'write it without quotes and without a unit'],
  number: ['must be a whole number', 'write it without quotes and without a unit'],
  object: ['must be a section', 'put its fields on the lines below, indented by two spaces'],
  record: ['must be a section', 'put its fields on the lines below, indented by two spaces'],
};

/** What zod found, as problems of ours: plain words, and a way out for each. */
export function schemaProblems(error: z.ZodError): readonly Problem[] {
  return error.issues.flatMap(ofIssue);
}

function ofIssue(issue: Issue): readonly Problem[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownName([...issue.path, key]));
    case 'invalid_type':
      return [wrongKind(issue.path, issue.expected, issue.input)];
    case 'invalid_value':
      return [wrongValue(issue.path, issue.values.map(String), issue.input)];
    case 'too_big':
      return [problem(issue.path, 'is too long or too large', `at most ${issue.maximum} is allowed`)];
    case 'too_small':
      return [problem(issue.path, 'is empty or too small', 'give it a value or take the line out')];
    default:
      return [problem(issue.path, ...ofFormat(issue))];
  }
}

function unknownName(path: readonly PropertyKey[]): Problem {
  const name = String(path.at(-1));
  const near = suggestion(name, namesAt(path.slice(0, -1))).trim();
  return problem(path, 'is not a known name', near || 'take it out; names are listed in docs/client-file.schema.json');
}

function namesAt(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(clientFileSchema.shape);
  return path[0] === 'logout' ? Object.keys(clientFileSchema.shape.logout.unwrap().shape) : [];
}

function wrongKind(path: readonly PropertyKey[], expected: string, input: unknown): Problem {
  if (input === undefined || input === null)
    return problem(path, 'is missing', 'add it, or take its line out where it is optional');
  const [message, fix] = KINDS[expected] ?? [`must be ${expected}`, 'write it in that form'];
  return problem(path, message, fix);
}

function wrongValue(path: readonly PropertyKey[], allowed: readonly string[], input: unknown): Problem {
  const message = `must be ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}`;
  if (path[0] === 'id_token_signed_response_alg' && input === 'none') {
    return problem(
      path,
      message,
      'choose a signature: without one anybody could sign people in or out (Back-Channel Logout §2.6)',
    );
  }
  return problem(path, message, suggestion(String(input), allowed).trim() || 'choose one of these');
}

function ofFormat(issue: Issue): [string, string] {
  if (issue.path[0] === 'contacts') return ['must be an e-mail address', 'write it like admin@example.org'];
  if (issue.path[0] === 'client_id')
    return [issue.message, 'choose a plain name, like wiki, and name the file after it'];
  if (issue.path[0] === 'client_secret_hash') return [issue.message, 'make one with: signoff clients secret'];
  if (issue.path[0] === 'tls_ca') return [issue.message, 'write only its name, like wiki-ca.pem'];
  if (issue.path[0] === 'tls_pin') {
    return [
      'must be sha256/ and 44 characters of base64, or up to ten of them',
      'docs/relying-parties.md has the command',
    ];
  }
  return [issue.message, 'write a number and a unit without a space'];
}
