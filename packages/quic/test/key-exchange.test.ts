import { expect, test } from '@jest/globals';
import { connectedPair, dial, serve } from './endpoints.ts';

test.each([
  ['X25519MLKEM768', undefined, 'X25519MLKEM768'],
  ['X25519MLKEM768:X25519', 'X25519', 'X25519'],
  ['x25519', 'X25519:P-256', 'X25519'],
  ['P-384:prime256v1', 'P-256', 'P-256'],
])('ecdhCurve %s of a client and %s of a server: %s', async (ours, theirs, expected) => {
  const all = 'X25519MLKEM768:X25519:P-256:P-384';
  const { client, server, close } = await connectedPair({ ecdhCurve: ours }, { ecdhCurve: theirs ?? all });
  expect([client, server].map(({ keyExchange }) => keyExchange)).toEqual([expected, expected]);
  await close();
});

test('ecdhCurve names what it knows', async () => {
  const listener = await serve(undefined, { ecdhCurve: 'auto' });
  for (const ecdhCurve of ['P-521', '', 'X25519:', 'X25519,P-256'])
    await expect(dial(listener, { ecdhCurve })).rejects.toMatchObject({
      code: 'ERR_QUIC_INVALID_OPTION',
      message: expect.stringContaining('X25519MLKEM768'),
    });
  await expect(dial(listener, { ecdhCurve: 29 as unknown as string })).rejects.toMatchObject({
    code: 'ERR_QUIC_INVALID_OPTION',
  });
  await listener.close();
});
