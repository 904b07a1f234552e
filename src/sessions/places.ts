import { readFileSync } from 'node:fs';
import { Reader, type Response } from 'mmdb-lib';
import type { Log } from '../ops/log.ts';

/** Where addresses probably are: a country at most, and nothing without a file that says so (`SIGNOFF_GEO`). */
export interface Places {
  /** In two letters (ISO 3166-1); undefined for what the file does not know, like private networks. */
  countryOf(address: string): string | undefined;
  /** Reads the file again. One that is no good is logged, and the one before stays. */
  reload(): void;
}

/** `file`: a database in MaxMind's format (https://maxmind.github.io/MaxMind-DB/), of countries or cities. */
export function createPlaces({ file, log }: { file: string | undefined; log: Pick<Log, 'info' | 'warn'> }): Places {
  let reader: Reader<Response> | undefined;

  function reload(): void {
    if (file === undefined) return;
    try {
      reader = new Reader(readFileSync(file));
      log.info('geo.loaded', { file, type: reader.metadata.databaseType });
    } catch (error) {
      log.warn('geo.rejected', { file, message: (error as Error).message });
    }
  }

  /** A file may be sound at its end and broken in the middle. */
  function look(address: string): Response | null {
    try {
      return reader?.get(address) ?? null;
    } catch {
      return null;
    }
  }

  reload();
  return { countryOf: (address) => isoCode(look(address)), reload };
}

function isoCode(found: Response | null): string | undefined {
  const { country } = (found ?? {}) as { readonly country?: { readonly iso_code?: unknown } };
  const code = country?.iso_code;
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : undefined;
}
