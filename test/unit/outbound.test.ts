import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isAddressAllowed, parseRules, ruleProblem } from '../../src/ops/address-rules.ts';
import { createOutbound } from '../../src/ops/outbound.ts';

const strict = createOutbound({ allow: [] });
const demo = createOutbound({ allow: ['127.0.0.0/8', '::1'] });
const intranet = createOutbound({ allow: ['10.0.0.0/8', 'rp.internal'] });

describe('G6 an address that may be registered', () => {
  it.each([
    'https://rp.example/backchannel',
    'https://rp.example:8443/logout?tenant=a&logout=backchannel',
    'https://8.8.8.8/logout',
    'https://[2606:4700::1111]/logout',
    'https://[::ffff:8.8.8.8]/logout',
    'https://büro.example/logout',
  ])('%s is fine', (url) => expect(strict.refusal(url)).toBeUndefined());

  it.each([
    ['http://rp.example/', /https/],
    ['ftp://rp.example/', /not an absolute https/],
    ['/logout', /not an absolute https/],
    ['https:rp.example/', /not an absolute https/],
    ['https:///rp.example/', /not an absolute https/],
    ['https://rp.example/#x', /fragment/],
    ['https://rp.example/#', /fragment/],
    ['https://u:p@rp.example/', /user name/],
    ['https://@rp.example/', /user name/],
    ['https://rp.example\\@evil.example/', /backslashes/],
    ['https://rp.exa\tmple/', /control characters/],
    [' https://rp.example/', /spaces/],
    [`https://rp.example/${'a'.repeat(2000)}`, /longer/],
    ['https://localhost/', /name of this machine/],
    ['https://LOCALHOST./', /name of this machine/],
    ['https://app.localhost/', /name of this machine/],
    ['https://printer.local/', /name of this machine/],
    ['https://metadata.google.internal/', /name of this machine/],
    ['https://metadata/', /name of this machine/],
  ])('%s is refused', (url, why) => expect(strict.refusal(url)).toMatch(why));
});

describe('G6 a special-use address is refused in every spelling', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '①②⑦.0.0.1',
    '0',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '2852039166',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::1]',
    '[2002:7f00:1::]',
    '[2001::1]',
    '[2001:db8::1]',
    '[3fff::1]',
    '[fe80::1]',
    '[fec0::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
    '[100::1]',
    '[5f00::1]',
  ])('https://%s/', (host) => expect(strict.refusal(`https://${host}/`)).toMatch(/SIGNOFF_OUTBOUND_ALLOW/));

  it('any IPv4 address judged as a decimal number, mapped or dotted is judged alike', () => {
    const rules = parseRules([]);
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        const number = ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
        const allowed = isAddressAllowed(rules, ip);
        expect(isAddressAllowed(rules, `::ffff:${ip}`)).toBe(allowed);
        expect(strict.refusal(`https://${number}/`) === undefined).toBe(allowed);
        expect(strict.refusal(`https://0x${number.toString(16)}/`) === undefined).toBe(allowed);
      }),
    );
  });

  it('no IPv6 address outside of 2000::/3 is public', () => {
    const rules = parseRules([]);
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        if (!isAddressAllowed(rules, ip) || ip.includes('.')) return;
        expect(Number.parseInt(ip.split(':')[0] || '0', 16) >> 13).toBe(1);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the allow-list', () => {
  it('opens its networks, also by http: and in every spelling', () => {
    for (const host of ['127.0.0.1:4001', '2130706433', '127.9.9.9', '[::1]:4001', '[::ffff:127.0.0.1]']) {
      expect(demo.refusal(`http://${host}/`)).toBeUndefined();
    }
    expect(demo.refusal('http://10.0.0.1/')).toMatch(/not a public address/);
    expect(demo.refusal('http://8.8.8.8/')).toMatch(/use https/);
  });

  it('counts localhost as loopback once 127.0.0.0/8 is in, and answers it without asking anybody', async () => {
    expect(demo.refusal('http://localhost:4001/')).toBeUndefined();
    expect(demo.refusal('http://wiki.localhost:4001/')).toBeUndefined();
    expect(await demo.addressesOf('localhost')).toEqual(['127.0.0.1', '::1']);
    expect(await createOutbound({ allow: ['127.0.0.0/8'] }).addressesOf('localhost')).toEqual(['127.0.0.1']);
    expect(intranet.refusal('http://localhost/')).toBeDefined();
    await expect(strict.addressesOf('localhost')).rejects.toMatchObject({ code: 'EOUTBOUND' });
  });

  it('lets a listed name resolve to the intranet, but not to link-local or metadata addresses', async () => {
    expect(intranet.refusal('http://rp.internal:8080/x')).toBeUndefined();
    expect(intranet.refusal('http://other.internal/')).toBeDefined();
    expect(intranet.allowsAddress('192.168.1.1', 'RP.internal.')).toBe(true);
    expect(intranet.allowsAddress('192.168.1.1', 'other.example')).toBe(false);
    expect(intranet.allowsAddress('10.1.1.1', 'other.example')).toBe(true);
    expect(intranet.allowsAddress('169.254.169.254', 'rp.internal')).toBe(false);
    expect(intranet.allowsAddress('169.254.1.1', 'rp.internal')).toBe(false);
  });

  it('opens a metadata address only by a rule for that very address', () => {
    expect(createOutbound({ allow: ['0.0.0.0/0'] }).allowsAddress('169.254.169.254')).toBe(false);
    expect(createOutbound({ allow: ['169.254.169.254'] }).allowsAddress('169.254.169.254')).toBe(true);
  });

  it('names an entry that cannot be read', () => {
    for (const bad of ['http://rp.internal', 'rp.internal:80', '10.0.0.0/99', '1.2.3', 'a b', '']) {
      expect(ruleProblem(bad)).toMatch(/neither a network/);
    }
    expect(() => createOutbound({ allow: ['10.0.0.0/99'] })).toThrow(RangeError);
  });
});

describe('the addresses of a name', () => {
  const naming = (...addresses: string[]) => createOutbound({ allow: [], resolve: async () => addresses });

  it('refuses when any address is not allowed, however many are', async () => {
    await expect(naming('8.8.8.8', '127.0.0.1').addressesOf('rp.example')).rejects.toMatchObject({ code: 'EOUTBOUND' });
    await expect(naming('2606:4700::1111', '::ffff:10.0.0.1').addressesOf('rp.example')).rejects.toThrow(/resolves to/);
  });

  it('answers all addresses', async () => {
    expect(await naming('8.8.8.8', '8.8.4.4').addressesOf('rp.example')).toEqual(['8.8.8.8', '8.8.4.4']);
  });

  it('does not resolve a name of this machine or network at all', async () => {
    let asked = 0;
    const outbound = createOutbound({ allow: [], resolve: async () => [`8.8.8.${++asked}`] });
    await expect(outbound.addressesOf('metadata.google.internal')).rejects.toMatchObject({ code: 'EOUTBOUND' });
    expect(asked).toBe(0);
  });
});
