import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clientFile, type DemoApp } from './plan.ts';

/** What a demo keeps between two runs, so that stopping and starting it shows that nothing is lost. */
export interface DemoData {
  /** The provider's `SIGNOFF_DATA`. */
  readonly folder: string;
  /** Where the provider leaves its mails. */
  readonly outbox: string;
  /** The provider's `SIGNOFF_CLIENTS`. */
  readonly clients: string;
  /** The secret of one app: made at first use, kept in a file of mode 0600. */
  secret(id: string): string;
  /** Writes the client files anew. */
  writeClientFiles(apps: readonly DemoApp[]): void;
}

/** Opens the folder, or makes it. */
export function openDemoData(folder: string): DemoData {
  const clients = path.join(folder, 'clients');
  const secretsFile = path.join(folder, 'app-secrets.json');
  mkdirSync(clients, { recursive: true });
  const secrets = readSecrets(secretsFile);
  return {
    folder,
    outbox: path.join(folder, 'outbox'),
    clients,
    secret(id) {
      const secret = secrets[id] ?? randomBytes(32).toString('base64url');
      secrets[id] = secret;
      writeFileSync(secretsFile, JSON.stringify(secrets), { mode: 0o600 });
      return secret;
    },
    writeClientFiles(apps) {
      for (const app of apps) writeFileSync(path.join(clients, `${app.id}.yaml`), clientFile(app));
    },
  };
}

function readSecrets(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch {
    return {};
  }
}
