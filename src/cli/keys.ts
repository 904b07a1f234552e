import { type Command, Option } from 'commander';
import { rotateCookieKeys } from '../oidc/cookie-keys.ts';
import { type KeyInfo, listKeys, retireKey, rotateKeys } from '../oidc/key-rotation.ts';
import { iso } from '../ops/clock.ts';
import { addGroup, addLeaf, type Context, run } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { printRows } from './listing.ts';
import type { Column, Row } from './terminal.ts';

const COLUMNS: readonly Column[] = [
  ['kid', 'KEY'],
  ['alg', 'ALG'],
  ['state', 'STATE'],
  ['created_at', 'MADE'],
  ['signs_from', 'SIGNS FROM'],
  ['retired_at', 'RETIRED'],
];

interface RotateOptions {
  readonly json?: boolean;
  readonly leaked?: boolean;
  readonly now?: boolean;
  readonly cookies?: boolean;
}

function keyRow({ kid, alg, role, createdAt, signsFrom, retiredAt }: KeyInfo): Row {
  return { kid, alg, state: role, created_at: iso(createdAt), signs_from: iso(signsFrom), retired_at: iso(retiredAt) };
}

export function addKeys(program: Command, context: Context): void {
  const group = addGroup(program, 'keys', 'keys that sign ID tokens and logout tokens');
  addList(group, context);
  addRotate(group, context);
  addRetire(group, context);
}

function addList(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'list',
    summary: 'list signing keys, oldest first',
    examples: ['keys list', 'keys list --json'],
  }).action(
    run(context, (options: { readonly json?: boolean }) =>
      context.withProduct(async (product) => {
        printRows(context.terminal, options.json, COLUMNS, (await listKeys(product)).map(keyRow));
        return EXIT.done;
      }),
    ),
  );
}

function addRotate(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'rotate',
    summary: 'make new keys: published at once, signing after 10 minutes',
    examples: ['keys rotate', 'keys rotate --leaked', 'keys rotate --cookies'],
  })
    .option('--leaked', 'an old one has leaked: sign at once, and believe no older key any more')
    .option('--cookies', 'the key that signs browser cookies instead; with --leaked every browser signs in again')
    // Its first name.
    .addOption(new Option('--now').hideHelp())
    .action(
      run(context, (options: RotateOptions) =>
        context.withProduct(async (product) => {
          const how = { leaked: options.leaked ?? options.now ?? false };
          const rows = options.cookies
            ? [cookieKeyRow(await rotateCookieKeys(product, how))]
            : (await rotateKeys(product, how)).map(keyRow);
          printRows(context.terminal, options.json, COLUMNS, rows);
          return EXIT.done;
        }),
      ),
    );
}

/** A cookie key has no public name. */
function cookieKeyRow({ createdAt, signsFrom }: { readonly createdAt: number; readonly signsFrom: number }): Row {
  const state = signsFrom > createdAt ? 'next' : 'signing';
  const when = { created_at: iso(createdAt), signs_from: iso(signsFrom), retired_at: iso(undefined) };
  return { kid: 'cookies', alg: 'HMAC', state, ...when };
}

function addRetire(group: Command, context: Context): void {
  addLeaf(group, {
    usage: 'retire <kid>',
    summary: 'take a key out of the published set for good',
    examples: ['keys retire rs256-mJ3vQw1x'],
  }).action(
    run(context, (kid: string, options: { readonly json?: boolean }) =>
      context.withProduct(async (product) => {
        printRows(context.terminal, options.json, COLUMNS, [keyRow(await retireKey(product, kid))]);
        return EXIT.done;
      }),
    ),
  );
}
