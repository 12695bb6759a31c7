import { describe, expect, test } from '@jest/globals';
import { canOpenFfiPort } from '@tsquic/event-adapters/ffi';
import { readContract } from './contract.ts';
import { UnsupportedCase } from './manner.ts';

const CLIENT = {
  ROLE: 'client',
  TESTCASE: 'transfer',
  REQUESTS: 'https://server4:443/a https://server4:443/b',
};

describe('the contract of the runner', () => {
  test('fixes places, which variables replace', () => {
    expect(readContract(CLIENT)).toMatchObject({
      role: 'client',
      www: '/www',
      downloads: '/downloads',
      certificate: '/certs/cert.pem',
      key: '/certs/priv.key',
      authority: '/certs/ca.pem',
      host: undefined,
      port: 443,
      keyLog: '',
      qlogDirectory: '',
    });
    const replaced = {
      ...{ WWW: '/w', DOWNLOADS: '/d', CERTS: '/c', HOST: '127.0.0.1', PORT: '4433' },
      ...{ SSLKEYLOGFILE: '/logs/keys.log', QLOGDIR: '/logs/qlog/' },
    };
    expect(readContract({ ...CLIENT, ...replaced })).toMatchObject({
      www: '/w',
      downloads: '/d',
      authority: '/c/ca.pem',
      host: '127.0.0.1',
      port: 4433,
      keyLog: '/logs/keys.log',
      qlogDirectory: '/logs/qlog/',
    });
  });

  test('names what to fetch', () => {
    expect(readContract(CLIENT).requests.map(String)).toEqual(['https://server4/a', 'https://server4/b']);
  });

  test.each(['', ...(canOpenFfiPort() ? [] : ['ecn']), 'fjgksdpc', 'constructor', 'toString'])(
    'has no case %j',
    (TESTCASE) => {
      for (const ROLE of ['client', 'server'])
        expect(() => readContract({ ROLE, TESTCASE })).toThrow(UnsupportedCase);
    },
  );

  test.each([
    [{ ...CLIENT, ROLE: 'peer' }, 'ROLE is client or server'],
    [{ ...CLIENT, ROLE: undefined }, 'ROLE is client or server, not unset'],
    [{ ...CLIENT, REQUESTS: ' ' }, 'REQUESTS names no URL'],
    [{ ...CLIENT, REQUESTS: 'a' }, 'Invalid URL'],
    [{ ...CLIENT, PORT: '65536' }, 'PORT 65536 is no port'],
    [{ ...CLIENT, CLIENT_PARAMS: '--brisk' }, "Unknown option '--brisk'"],
  ])('does not take %j', (environment, message) => {
    expect(() => readContract(environment)).toThrow(message);
  });
});

describe('a case', () => {
  test('is a set of parameters', () => {
    const manner = (TESTCASE: string): object => readContract({ ...CLIENT, TESTCASE }).manner;
    const plain = manner('handshake');
    expect(manner('transfer')).toEqual(plain);
    expect(manner('zerortt')).toEqual({ ...plain, resume: true, 'early-data': true });
    expect(manner('multiconnect')).toEqual({ ...plain, 'connection-per-file': true, patient: true });
    // 0x6b3343cf, RFC 9369 §3.1
    expect(manner('v2')).toEqual({ ...plain, versions: '0x6b3343cf,1', 'first-version': '1' });
  });

  test('has more of them, for the role alone', () => {
    const more = { CLIENT_PARAMS: '--datagrams  --move-to 127.0.0.2', SERVER_PARAMS: '--patient' };
    const client = readContract({ ...CLIENT, ...more }).manner;
    expect(client).toMatchObject({ datagrams: true, 'move-to': '127.0.0.2', patient: false });
    const server = readContract({ ROLE: 'server', TESTCASE: 'retry', ...more }).manner;
    expect(server).toMatchObject({ retry: true, datagrams: false, patient: true });
  });
});

describe('the suite of WebTransport, which PROTOCOLS tells', () => {
  const SESSION = { PROTOCOLS: 'one two', REQUESTS: 'https://server4:443/wt/a' };

  test('names that other cases have are its own there', () => {
    for (const TESTCASE of ['handshake', 'transfer']) {
      expect(readContract({ ...CLIENT, TESTCASE }).webTransport).toBeUndefined();
      expect(readContract({ ...CLIENT, ...SESSION, TESTCASE }).webTransport).toMatchObject({
        task: TESTCASE,
        protocols: ['one', 'two'],
      });
    }
  });

  test('a server is told paths without a host', () => {
    const REQUESTS = 'wt/a wt/b';
    const server = { ROLE: 'server', PROTOCOLS: 'one', TESTCASE: 'transfer-datagram-send', REQUESTS };
    expect(readContract(server).webTransport).toEqual({
      task: { carrier: 'datagram' },
      protocols: ['one'],
      names: ['wt/a', 'wt/b'],
    });
  });

  test.each([
    ['client', 'transfer-unidirectional-send'],
    ['server', 'transfer-unidirectional-receive'],
    ['client', 'transfer-pigeon-receive'],
    ['client', 'retry'],
    ['server', 'fjgksdpc'],
  ])('a %s has no case %s', (ROLE, TESTCASE) => {
    expect(() => readContract({ ...SESSION, ROLE, TESTCASE })).toThrow(UnsupportedCase);
  });
});
