import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createNetworks,
  isLoopbackHost,
  isNetwork,
  isOneAddress,
  limitKeyOf,
  networkOf,
  plainAddress,
} from '../../../src/ops/network.ts';

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.9.9.9/8', '10.1.1.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '11.1.2.3', false],
    ['2001:db8::/32', '2001:DB8:0::1', true],
    ['fe80::/10', 'fe80::1%eth0', true],
    // Each family for itself: allowing all of one says nothing about the other.
    ['::/0', '10.1.2.3', false],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['0.0.0.0/0', 'not an address', false],
  ])('%s has %s: %s', (network, address, has) => {
    expect(createNetworks(['198.51.100.0/24', network]).has(address)).toBe(has);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::1/129',
    '1.2.3',
    '0x7f.1',
    '10.0.0.0/8x',
    'app',
    '',
  ])('"%s" is none, and making one of it throws', (text) => {
    expect(isNetwork(text)).toBe(false);
    expect(() => createNetworks([text])).toThrow(RangeError);
  });

  it('an address stands for itself alone', () => {
    expect([isOneAddress('10.0.0.1'), isOneAddress('10.0.0.1/32'), isOneAddress('::1')]).toEqual([true, true, true]);
    expect([isOneAddress('10.0.0.0/31'), isOneAddress('app')]).toEqual([false, false]);
  });

  it('an IPv4 address is the same one wrapped in IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        expect(plainAddress(`::ffff:${ip}`)).toBe(plainAddress(ip));
        expect(createNetworks([`::ffff:${ip}`]).has(ip)).toBe(true);
      }),
    );
  });
});

describe('what limits count by', () => {
  it('is the /64 of an IPv6 address, since everybody there owns one whole', () => {
    expect(limitKeyOf('2001:db8:1:2:3::4')).toBe(limitKeyOf('2001:db8:1:2:ffff::1'));
    expect(limitKeyOf('2001:db8:1:3::4')).not.toBe(limitKeyOf('2001:db8:1:2::4'));
    expect(limitKeyOf('fe80::1%eth0')).toBe('fe80::/64');
  });

  it('is an IPv4 address, wrapped or not, and text that is none itself', () => {
    expect(limitKeyOf('203.0.113.7')).toBe('203.0.113.7');
    expect(limitKeyOf('::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(limitKeyOf('')).toBe('');
  });

  it('is for turns an IPv4 /24 or an IPv6 /64', () => {
    expect(networkOf('203.0.113.7')).toBe('203.0.113.0/24');
    expect(networkOf('::ffff:203.0.113.9')).toBe('203.0.113.0/24');
    expect(networkOf('2001:db8:1:2:3::4')).toBe('2001:db8:1:2::/64');
    expect(networkOf('')).toBe('');
  });
});

describe('the host of an address', () => {
  it.each(['localhost', '127.0.0.1', '127.9.9.9', '[::1]', '[::ffff:127.0.0.1]'])('%s is this machine', (host) => {
    expect(isLoopbackHost(new URL(`http://${host}/`).hostname)).toBe(true);
  });

  it.each(['localhost.example.org', '10.0.0.1', '[::2]', '127.0.0.1.example.org', '0.0.0.0'])('%s is not', (host) => {
    expect(isLoopbackHost(new URL(`http://${host}/`).hostname)).toBe(false);
  });
});
