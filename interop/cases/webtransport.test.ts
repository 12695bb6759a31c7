import { expect, test } from '@jest/globals';
import { WEBTRANSPORT_SUITE } from './webtransport.ts';

test('the seven cases of the runner, with its files and letters; the first has a name of its own here', () => {
  expect(WEBTRANSPORT_SUITE.map(({ name, letter, files }) => `${name} ${letter} ${files.length}`)).toEqual([
    'webtransport-handshake WH 0',
    'transfer-unidirectional-receive UR 5',
    'transfer-unidirectional-send US 5',
    'transfer-bidirectional-receive BR 5',
    'transfer-bidirectional-send BS 5',
    'transfer-datagram-receive DR 200',
    'transfer-datagram-send DS 200',
  ]);
  const sizesOf = (name: string): number[] =>
    WEBTRANSPORT_SUITE.find((one) => one.name === name)!.files.map(({ bytes }) => bytes);
  expect(sizesOf('transfer-unidirectional-send')).toEqual([102_400, 512_000, 256_000, 1_048_576, 2_097_152]);
  const datagrams = sizesOf('transfer-datagram-receive');
  expect([datagrams[0], datagrams[1], datagrams.at(-1)]).toEqual([600, 602, 998]);
});

test('two protocols are known to both sides, and each prefers another one', () => {
  const { client, server, expected } = WEBTRANSPORT_SUITE[0]!.webTransport!.protocols;
  expect(client.filter((one) => server.includes(one))).toEqual(['amber', 'birch']);
  expect(server.filter((one) => client.includes(one))).toEqual(['birch', 'amber']);
  expect(expected).toBe('amber');
});
