import { describe, expect, test } from '@jest/globals';
import { canOpenFfiPort, openFfiPort } from './ffi/open-ffi-port.ts';
import { openUdpPort } from './udp-port.ts';

const LOOPBACK = { ip: '127.0.0.1' };

test('a socket is of the kind that was asked for, or of the best that works here', async () => {
  const [asked, best] = [await openUdpPort({ ...LOOPBACK, kind: 'dgram' }), await openUdpPort(LOOPBACK)];
  expect([asked.kind, best.kind]).toEqual(['dgram', canOpenFfiPort() ? 'ffi' : 'dgram']);
  asked.close();
  best.close();
});

test('an address in use is told by the error of the system, whatever the kind', async () => {
  const first = await openUdpPort(LOOPBACK);
  await expect(openUdpPort({ ...LOOPBACK, port: first.local.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  first.close();
});

// Node from 26.9 on runs what this leaves out: `pnpm ports`.
(canOpenFfiPort() ? describe.skip : describe)('without node:ffi', () => {
  test('a socket through it says what it needs', async () => {
    await expect(openUdpPort({ ...LOOPBACK, kind: 'ffi' })).rejects.toThrow('openFfiPort needs node:ffi');
    await expect(openFfiPort()).rejects.toThrow('elsewhere there is openNodePort');
  });
});
