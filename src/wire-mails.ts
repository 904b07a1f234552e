/** The part of the composition root that sends mails; only a process that makes deliveries loads it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { type Carrier, createFolderCarrier, createSmtpCarrier, NO_CARRIER } from './mails/carry-mail.ts';
import { createComposer } from './mails/compose-mail.ts';
import { createOutbox, type Outbox } from './mails/outbox.ts';
import { createOutbound } from './ops/outbound.ts';
import type { Foundation } from './wire.ts';

/** What sends the mails that wait; the process that makes deliveries does it. */
export function createMailOutbox(foundation: Foundation): Outbox {
  const { config, box } = foundation;
  const compose = createComposer({ issuer: config.issuer, serviceName: config.name, box });
  return createOutbox({ ...foundation, carrier: wireCarrier(config), compose });
}

/** Whoever names a mail server means it, wherever it is. Without TLS only in development, or where it is listed as allowed. */
function wireCarrier(config: Config): Carrier {
  const { issuer, mailFrom: from, outboundAllow, outboundCa, production } = config;
  const sender = { from, host: new URL(issuer).hostname };
  const url = config.smtp ?? config.smtpFile;
  if (url === undefined) {
    return production ? NO_CARRIER : createFolderCarrier(sender, join(config.data, 'outbox'));
  }
  const host = new URL(url).hostname;
  const listed = createOutbound({ allow: outboundAllow }).refusal(`http://${host}/`) === undefined;
  return createSmtpCarrier(sender, {
    url,
    outbound: createOutbound({ allow: [...outboundAllow, host.replace(/^\[|\]$/g, '')] }),
    ca: outboundCa === undefined ? undefined : readFileSync(outboundCa, 'utf8'),
    mayBePlain: !production || listed || /^(localhost$|127\.|\[::1\])/.test(host),
  });
}
