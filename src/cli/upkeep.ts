/** Backups of the store, rehearsals of a restore, and migrations. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../ops/clock.ts';
import { createLog } from '../ops/log.ts';
import { addLeaf, type Context, run } from './command.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { printRecord } from './listing.ts';

interface Json {
  readonly json?: boolean;
}

export function addUpkeep(program: Command, context: Context): void {
  addBackup(program, context);
  addRestore(program, context);
  addMigrate(program, context);
}

function addBackup(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'backup <dir>',
    summary: 'copy the SQLite store into a new folder while it is used',
    examples: [
      'backup /backups/2026-11-29',
      'backup /backups/2026-11-29 --with-key',
      'backup /backups/2026-11-29 --json',
    ],
  })
    .option('--with-key', 'the master key, too: whoever has both can sign as you')
    .action(
      run(context, async (dir: string, options: Json & { readonly withKey?: boolean }) => {
        const config = context.config();
        if (config.store.kind === 'mongodb') throw new UsageError(MONGODUMP);
        const { backUp } = await import('../wire-upkeep.ts');
        const made = await backUp(config, resolve(context.cwd, dir), options.withKey ?? false);
        printRecord(context.terminal, options.json, { ...made });
        if (!made.with_key)
          context.terminal.note(`It opens with the master key ${made.key_id} only; keep that elsewhere.`);
        context.terminal.note(`Try it: signoff restore --check ${dir}`);
        return EXIT.done;
      }),
    );
}

const MONGODUMP = `A MongoDB replica set is copied by its own tools, of one moment:
  mongodump --uri "$SIGNOFF_STORE" --oplog --gzip --out DIR
and restored into an empty one:
  mongorestore --uri "$SIGNOFF_STORE" --oplogReplay --gzip DIR
Keep SIGNOFF_KEY with neither: whoever has both can sign as you.`;

function addRestore(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'restore <dir>',
    summary: 'rehearse a restore: whether this backup would start here, and what is in it',
    examples: ['restore --check /backups/2026-11-29', 'restore --check /backups/2026-11-29 --json'],
  })
    .option('--check', 'the rehearsal; nothing of yours is touched')
    .action(
      run(context, async (dir: string, options: Json & { readonly check?: boolean }) => {
        if (!options.check) throw new UsageError(howToRestore(dir));
        return rehearse(context, dir, options.json);
      }),
    );
}

function howToRestore(dir: string): string {
  return `Restoring is three steps of your own, so that nothing is written over by a slip:
  signoff restore --check ${dir}
  stop every Signoff, and move the old database and its -wal and -shm files away
  copy ${dir}/signoff.db to the place that SIGNOFF_STORE names, and start
A backup knows the sessions of its day: end what should not live again with logout --account NAME.`;
}

async function rehearse(context: Context, dir: string, json: boolean | undefined): Promise<ExitCode> {
  const { rehearseRestore } = await import('../wire-upkeep.ts');
  const log = createLog({ level: 'silent', format: 'json' });
  const { note, faults, schema, counts } = await rehearseRestore(context.config(), resolve(context.cwd, dir), {
    clock: systemClock,
    log,
  });
  const good = faults.length === 0;
  printRecord(context.terminal, json, {
    good,
    made_at: note?.made_at ?? null,
    issuer: note?.issuer ?? null,
    key_id: note?.key_id ?? null,
    schema: schema.version,
    migrates_to: schema.known,
    faults,
    ...counts,
  });
  context.terminal.note(good ? 'It would start here.' : 'This backup is damaged. Do not count on it.');
  return good ? EXIT.done : EXIT.notAll;
}

function addMigrate(program: Command, context: Context): void {
  addLeaf(program, {
    usage: 'migrate',
    summary: 'bring the store up to this program, as the next start would',
    examples: ['migrate --dry-run', 'migrate', 'migrate --json'],
  })
    .option('--dry-run', 'say how far it is, and change nothing')
    .action(
      run(context, async (options: Json & { readonly dryRun?: boolean }) => {
        const { schemaOf } = await import('../wire-upkeep.ts');
        const config = context.config();
        const before = await schemaOf(config);
        const dryRun = options.dryRun ?? false;
        if (!dryRun) await context.withProduct(async () => undefined);
        const record = {
          from: before.version,
          to: before.known,
          pending: Math.max(0, before.known - before.version),
          dry_run: dryRun,
        };
        if (options.json) context.terminal.printJson(record);
        else context.terminal.print(sentenceOf(record));
        return before.version > before.known ? EXIT.usage : EXIT.done;
      }),
    );
}

function sentenceOf({ from, to, dry_run }: { from: number; to: number; dry_run: boolean }): string {
  if (from === to) return `The store is up to date (version ${to}).`;
  if (from > to) return `The store is of version ${from}, newer than this program, which knows ${to}.`;
  if (!dry_run) return `The store went from version ${from} to ${to}.`;
  return `The store is of version ${from}; a start brings it to ${to}. Back it up first: signoff backup DIR`;
}
