import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { QuicUsageError } from '../errors/usage-error.ts';
import { createQuicContext } from '../context/context.ts';
import { checkOptionNames } from './option-names.ts';

const GOOD = { crypto: createNodeProvider(), alpn: ['x'], dangerouslySkipCertificateCheck: true };

describe('names that are no options', () => {
  test.each([
    [{ alnp: ['x'] }, 'no option alnp; do you mean alpn?'],
    [{ maxconnections: 1 }, 'do you mean maxConnections?'],
    [{ idleTimeoutMs: 1 }, 'no option idleTimeoutMs; do you mean transport.idleTimeoutMs?'],
    [
      { transport: { idleTimeout: 1 } },
      'no option transport.idleTimeout; do you mean transport.idleTimeoutMs?',
    ],
    [{ transport: { keepAlive: 1 } }, 'do you mean transport.keepAliveMs?'],
    [{ toke: 1 }, 'no option toke; do you mean tokenKey?'],
    [{ tok: 1 }, /no option tok$/],
    [{ transport: 5 }, 'transport must be an object'],
    [{ somethingElseAltogether: 1 }, /no option somethingElseAltogether$/],
    [{ constructor: 1 }, 'no option constructor'],
  ])('createQuicContext(%j)', (wrong, message) => {
    const create = (): unknown => createQuicContext({ ...GOOD, ...(wrong as object) });
    expect(create).toThrow(QuicUsageError);
    expect(create).toThrow(message);
  });

  test('createConnection', () => {
    const context = createQuicContext(GOOD);
    const wrong = { to: { ip: '192.0.2.1', port: 1 }, servername: 'x' };
    expect(() => context.createConnection(wrong, 0)).toThrow('no option servername; do you mean serverName?');
  });

  test('without a value, they mean nothing', () => {
    expect(() => checkOptionNames('', { other: undefined }, { name: true })).not.toThrow();
    expect(() => checkOptionNames('', undefined, { name: true })).not.toThrow();
  });

  test('a name of a megabyte costs no time', () => {
    expect(() => checkOptionNames('', { ['x'.repeat(1e6)]: 1 }, { name: true })).toThrow(/no option x{60}$/);
  });
});
