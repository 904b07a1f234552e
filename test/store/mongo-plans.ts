/**
 * How MongoDB means to reach the documents of every command that was sent: each shape once, explained with what it would read
 * beside a crowd. An index that is missing, or the wrong one, is slow only where there is a crowd.
 */
import type { Db, Document } from 'mongodb';
import type { Command } from './mongo-commands.ts';

/** Documents, or keys of an index, that one command may look at: a page of 1,000 with its apps. The crowd is larger. */
const READS_MAX = 5_500;

/** A document for each app, process or sick origin: reading all of them is no walk. */
const SMALL = new Set(['breakers', 'clients', 'cut_offs', 'gates', 'heartbeats', 'meta', 'operators', 'signing_keys']);

/** What is undefined is left out, as the store's own client does. */
const AS_THE_STORE = { ignoreUndefined: true };

const KINDS = ['find', 'aggregate', 'distinct', 'count', 'findAndModify', 'update', 'delete'] as const;

/** What is wrong with how `commands` would be run in `db`. */
export async function readFaultsOf(db: Db, commands: readonly Command[]): Promise<readonly string[]> {
  const shapes = new Map(commands.flatMap(single).map((command) => [shapeOf(command), command]));
  const faults: string[] = [];
  for (const command of shapes.values()) {
    const explanation = await db.command({ explain: command, verbosity: 'executionStats' }, AS_THE_STORE);
    const fault = faultOf(explanation, SMALL.has(collectionOf(command)));
    if (fault !== undefined) faults.push(`${fault}\n    ${JSON.stringify(command).slice(0, 600)}`);
  }
  return faults;
}

/** As it can be explained: without its transaction, one statement each. */
function single(sent: Command): readonly Document[] {
  const kind = KINDS.find((each) => each in sent);
  if (kind === undefined || typeof sent[kind] !== 'string') return [];
  const { lsid, txnNumber, startTransaction, autocommit, readConcern, writeConcern, $db, $clusterTime, ...rest } = sent;
  if (kind === 'update') return rest['updates'].map((each: Document) => ({ update: rest['update'], updates: [each] }));
  if (kind === 'delete') return rest['deletes'].map((each: Document) => ({ delete: rest['delete'], deletes: [each] }));
  const isStream = kind === 'aggregate' && rest['pipeline'].some((stage: Document) => '$changeStream' in stage);
  return isStream || sent['$db'] === 'admin' ? [] : [rest];
}

function collectionOf(command: Document): string {
  return String(KINDS.map((kind) => command[kind]).find((name) => name !== undefined));
}

/** Its words without its values; a list counts once, however long it is. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))]}]`;
  // Words of ours, as states are, choose the index; ids of a test have numbers in them.
  if (typeof value === 'string') return /\d/.test(value) ? 'string' : value;
  if (typeof value !== 'object' || value === null || value instanceof Date) return typeof value;
  return `{${Object.entries(value).map(([name, each]) => `${name}:${shapeOf(each)}`)}}`;
}

function faultOf(explanation: Document, isSmall: boolean): string | undefined {
  const reads = { docs: 0, keys: 0, scans: false };
  visit(explanation, reads);
  if (isSmall) return undefined;
  if (reads.scans) return 'reads a whole collection';
  return Math.max(reads.docs, reads.keys) > READS_MAX ? `reads ${reads.docs} documents, ${reads.keys} keys` : undefined;
}

/** Explanations differ by the kind of command; these names are the same in all. */
function visit(value: unknown, reads: { docs: number; keys: number; scans: boolean }): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    if (name === 'rejectedPlans' || name === 'command' || name === 'serverParameters') continue;
    if (name === 'totalDocsExamined') reads.docs += Number(each);
    if (name === 'totalKeysExamined') reads.keys += Number(each);
    if (name === 'stage' && each === 'COLLSCAN') reads.scans = true;
    if (name === 'collectionScans' && Number(each) > 0) reads.scans = true;
    visit(each, reads);
  }
}
