/** All that makes one demo app this app. It travels as one JSON value in the environment, `DEMO_APP`. */
export interface AppSettings {
  /** `client_id` at the provider. */
  readonly id: string;
  readonly name: string;
  readonly tagline: string;
  /** Of the tile with its first letter. */
  readonly colour: string;
  /** The address to listen on; `url` is what browsers call it. */
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly issuer: string;
  readonly secret: string;
  /** The folder of the provider's mails, where this app is the one that shows them. */
  readonly outbox?: string;
  readonly links: readonly { readonly name: string; readonly url: string }[];
}

/** Reads `DEMO_APP`; throws when it is not there. */
export function readAppSettings(environment: NodeJS.ProcessEnv): AppSettings {
  const text = environment['DEMO_APP'];
  if (text === undefined) throw new Error('A demo app is started by demo/demo.ts, with its settings in DEMO_APP.');
  return JSON.parse(text) as AppSettings;
}
