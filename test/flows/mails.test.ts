import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { mailsTo, readMail } from '../support/mails.ts';
import { backToNow, DAY, letPass } from '../support/moving-time.ts';
import { addAccount, describeFlows, startWorld, type World } from '../support/product.ts';

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1';

describeFlows('mails', () => {
  let world: World<'wiki'>;
  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: { file: { client_name: 'The Wiki', 'client_name#de': 'Das Wiki' } } } });
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  const signIn = async (username: string, userAgent?: string) => {
    const browser = createBrowser(userAgent);
    await world.apps.wiki.signIn(browser, { username });
    return browser;
  };

  it('tell of a device that the account was never seen on, not of its first one and of known ones', async () => {
    await addAccount(world.store, 'nora', { name: 'Nora', zoneinfo: 'Europe/Berlin' });
    const first = await signIn('nora');
    await world.apps.wiki.signIn(first, { username: 'nora', parameters: { prompt: 'login' } });
    expect(await mailsTo(world, 'nora@example.test')).toEqual([]);
    await signIn('nora', PHONE);
    const [mail, ...others] = await mailsTo(world, 'nora@example.test');
    expect(others).toEqual([]);
    expect(mail?.subject).toContain('iPhone');
    expect(mail?.text).toMatch(
      /Hello Nora,[\s\S]*Device: +.*iPhone[\s\S]*Time: .*Europe\/Berlin[\s\S]*Apps: +The Wiki/,
    );
    expect(mail?.links.map((href) => new URL(href).pathname.split('/')[1])).toEqual(['not-me', 'devices']);
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.headers.get('message-id')).toMatch(/^<[\w-]+@localhost>$/);
    expect(mail?.html).not.toMatch(/<(img|script|link|iframe)|src=|url\(/i);
  });

  it('are of both kinds, the text first, and say the same', async () => {
    await addAccount(world.store, 'kim');
    await signIn('kim');
    await signIn('kim', PHONE);
    const [mail] = await mailsTo(world, 'kim@example.test');
    for (const link of mail?.links ?? []) expect(mail?.html).toContain(`href="${link}"`);
    const names = await readdir(join(world.folder, 'data', 'outbox'));
    const raw = await readFile(join(world.folder, 'data', 'outbox', names.at(-1) ?? ''), 'latin1');
    expect(raw.indexOf('text/plain')).toBeLessThan(raw.indexOf('text/html'));
  });

  it('speak the language of the pages, and name apps in it', async () => {
    const accountId = await addAccount(world.store, 'lena');
    await world.apps.wiki.signIn(createBrowser(), { username: 'lena' });
    const parameters = { ui_locales: 'de' };
    await world.apps.wiki.signIn(createBrowser(PHONE), { username: 'lena', parameters });
    await world.server.endSessions({ kind: 'account', accountId }, { reason: 'operator', actor: { kind: 'operator' } });
    const mails = await mailsTo(world, 'lena@example.test');
    // Sent side by side: either may be the first.
    expect(mails.map(({ subject }) => subject).toSorted()).toEqual([
      expect.stringMatching(/^Neue Anmeldung bei/u),
      expect.stringMatching(/^Sie wurden bei .* abgemeldet$/u),
    ]);
    for (const { text } of mails) expect(text).toMatch(/^Hallo lena,[\s\S]*Apps: +Das Wiki/u);
  });

  it('say who signed everybody out, and what', async () => {
    const accountId = await addAccount(world.store, 'omar');
    await signIn('omar');
    await world.server.endSessions({ kind: 'account', accountId }, { reason: 'operator', actor: { kind: 'operator' } });
    const [mail] = await mailsTo(world, 'omar@example.test');
    expect(mail?.text).toContain('An operator of');
    expect(mail?.text).toMatch(/ended 1 sign-in[\s\S]*The Wiki/);
  });

  it('go to nobody who has no address, or whose address is not theirs', async () => {
    await addAccount(world.store, 'petra', { email: undefined });
    await addAccount(world.store, 'quin', { email_verified: false });
    await addAccount(world.store, 'rosa', { email: 'a@example.test, b@example.test' });
    for (const name of ['petra', 'quin', 'rosa']) {
      const accountId = await world.accountId(name);
      await world.server.endSessions(
        { kind: 'account', accountId },
        { reason: 'operator', actor: { kind: 'operator' } },
      );
      expect(await world.store.mails.list({ accountId }, { limit: 9 })).toEqual([]);
    }
  });
});

/** A mail server that does what a test says: takes mails, refuses a mailbox, or is not there. */
function startMailServer(port: number, answerTo: (line: string) => string | undefined) {
  const taken: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    let inData = false;
    socket.write('220 mail.test\r\n');
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (;;) {
        const end = inData ? text.indexOf('\r\n.\r\n') : text.indexOf('\r\n');
        if (end < 0) return;
        const part = text.slice(0, end);
        text = text.slice(end + (inData ? 5 : 2));
        if (inData) {
          taken.push(Buffer.from(part, 'latin1'));
          inData = false;
          socket.write('250 taken\r\n');
        } else {
          const answer =
            answerTo(part) ??
            (part.startsWith('DATA') ? '354 go on' : part.startsWith('QUIT') ? '221 bye' : '250 fine');
          inData = answer.startsWith('354');
          socket.write(`${answer}\r\n`);
        }
      }
    });
    socket.on('error', () => undefined);
  });
  return {
    taken,
    listen: () => new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve)),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describeFlows('a mail server', () => {
  let world: World<'wiki'>;
  let port = 0;
  let refused = '';
  const server = () =>
    startMailServer(port, (line) => (refused !== '' && line.includes(refused) ? '550 no such mailbox' : undefined));

  beforeAll(async () => {
    port = await freePort();
    world = await startWorld({ apps: { wiki: {} }, settings: { SIGNOFF_SMTP: `smtp://127.0.0.1:${port}` } });
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  const everywhere = async (username: string) => {
    const accountId = await world.accountId(username);
    await world.server.endSessions({ kind: 'account', accountId }, { reason: 'operator', actor: { kind: 'operator' } });
    return async () => (await world.store.mails.list({ accountId }, { limit: 9 }))[0];
  };

  it('that is away gets its mail when it is back', async () => {
    const mail = await everywhere('alice');
    await world.server.sendMails();
    expect(await mail()).toMatchObject({
      state: 'waiting',
      attempts: 1,
      lastError: expect.stringContaining('ECONNREFUSED'),
    });
    const smtp = server();
    await smtp.listen();
    letPass(60_000);
    await world.server.sendMails();
    await smtp.stop();
    expect(await mail()).toMatchObject({ state: 'sent', attempts: 2 });
    expect(readMail(smtp.taken[0] ?? Buffer.alloc(0)).to).toBe('alice@example.test');
  });

  it('that is away leaves a mail its token, sealed; it is gone once the mail was sent', async () => {
    const accountId = await addAccount(world.store, 'sven');
    await world.apps.wiki.signIn(createBrowser(), { username: 'sven' });
    await world.apps.wiki.signIn(createBrowser(PHONE), { username: 'sven' });
    const mail = async () => (await world.store.mails.list({ accountId }, { limit: 9 }))[0];
    await world.server.sendMails();
    expect(await mail()).toMatchObject({ state: 'waiting', sealedToken: expect.stringMatching(/^v1\./) });
    const smtp = server();
    await smtp.listen();
    letPass(60_000);
    await world.server.sendMails();
    await smtp.stop();
    const sent = await mail();
    expect(sent).toMatchObject({ state: 'sent', sealedToken: undefined, attempts: 2 });
    expect(world.logged).toContainEqual(
      expect.objectContaining({ event: 'mail.sent', mail_id: sent?.id, kind: 'new-device' }),
    );
  });

  it('that refuses the mailbox for good is not asked again; a day of trying is enough for the others', async () => {
    const smtp = server();
    await smtp.listen();
    refused = 'bob@example.test';
    const mail = await everywhere('bob');
    await world.server.sendMails();
    await smtp.stop();
    expect(await mail()).toMatchObject({ state: 'given-up', lastError: expect.stringContaining('550') });
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'mail.given_up', attempt: 1 }));
    refused = '';
    await addAccount(world.store, 'carol');
    const late = await everywhere('carol');
    await world.server.sendMails();
    letPass(DAY);
    await world.server.sendMails();
    expect(await late()).toMatchObject({ state: 'given-up', attempts: 2 });
  });
});
