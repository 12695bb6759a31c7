import { describe, expect, test } from '@jest/globals';
import { fromHex } from '@tsquic/bytes';
import fc from 'fast-check';
import { caught, covers } from '@tsquic/testing';
import { checkConnectionIds, checkValues } from './parameter-rules.ts';
import {
  decodeParameters,
  defaultParameters,
  encodeParameters,
  type TransportParameters,
} from './parameters.ts';
import { preferredId } from './preferred-address.ts';

const SEED = 9000_18;
const TRANSPORT_PARAMETER_ERROR = 0x08;
const id = (byte: number, length = 8): Uint8Array => new Uint8Array(length).fill(byte);

/** Two addresses with ports, an ID with its length, a token. */
function preferredAddress(idLength: number, declared = idLength): Uint8Array {
  const bytes = new Uint8Array(24 + 1 + idLength + 16).fill(0xaa);
  bytes[24] = declared;
  bytes.fill(0x1d, 25, 25 + idLength);
  return bytes;
}

const error = expect.objectContaining({ name: 'TransportError', code: TRANSPORT_PARAMETER_ERROR });

/** Decode one parameter. */
const decodeOne = (type: number, value: string): TransportParameters => {
  const bytes = fromHex(value);
  return decodeParameters(Uint8Array.from([type, bytes.length, ...bytes]));
};

describe('encoding', () => {
  const integers = fc.oneof(fc.nat({ max: 100 }), fc.integer({ min: 0, max: 2 ** 53 - 1 }));
  const versionNumbers = fc.integer({ min: 1, max: 0xffff_ffff });
  const ids = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined });

  test('brings every parameter back, each at most once', () => {
    covers('rfc9000-7.4-2');
    fc.assert(
      fc.property(
        fc.record({
          originalDestinationConnectionId: ids,
          maxIdleTimeoutMs: integers,
          statelessResetToken: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined }),
          maxUdpPayloadSize: integers,
          initialMaxData: integers,
          initialMaxStreamDataBidiLocal: integers,
          initialMaxStreamDataBidiRemote: integers,
          initialMaxStreamDataUni: integers,
          initialMaxStreamsBidi: integers,
          initialMaxStreamsUni: integers,
          ackDelayExponent: integers,
          maxAckDelayMs: integers,
          disableActiveMigration: fc.boolean(),
          preferredAddress: fc.constantFrom(undefined, preferredAddress(1), preferredAddress(20)),
          activeConnectionIdLimit: integers,
          initialSourceConnectionId: ids,
          retrySourceConnectionId: ids,
          greaseQuicBit: fc.boolean(),
          versionInformation: fc.option(
            fc.record({ chosen: versionNumbers, available: fc.array(versionNumbers, { maxLength: 5 }) }),
            { nil: undefined },
          ),
          maxDatagramFrameSize: integers,
          resetStreamAt: fc.boolean(),
          minAckDelayUs: integers,
          initialMaxPathId: integers,
        }),
        fc.nat({ max: 255 }),
        (parameters, grease) => {
          // Decoding refuses what comes twice, so a round trip proves that nothing does.
          expect(decodeParameters(encodeParameters(parameters, grease))).toEqual(parameters);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('leaves out defaults, and greases', () => {
    covers('rfc9000-7.4.2-1');
    const bytes = encodeParameters(defaultParameters(), 2);
    // 31 * 2 + 27 = 89, two bytes as a varint; one byte of value.
    expect(bytes).toEqual(fromHex('4059 01 02'));
    expect(decodeParameters(bytes)).toEqual(defaultParameters());
    expect(decodeParameters(new Uint8Array(0))).toEqual(defaultParameters());
  });
});

describe('decoding', () => {
  test.each([
    ['reset_stream_at', '1d'],
    ['that of picoquic', 'c017f7586d2cb571'],
  ])('%s says all by being there', (_name, id) => {
    expect(decodeParameters(fromHex(`${id} 00`)).resetStreamAt).toBe(true);
    expect(caught(() => decodeParameters(fromHex(`${id} 01 00`)))).toEqual(error);
    expect(caught(() => decodeParameters(fromHex(`${id} 00 ${id} 00`)))).toEqual(error);
  });

  test('ignores what it does not know', () => {
    covers('rfc9000-7.4.2-1');
    // Unknown with and without value, one of eight bytes of type, then max_data 5.
    const bytes = fromHex('7fff 03 010203 405b 00 ffffffffffffffff 01 00 04 01 05');
    expect(decodeParameters(bytes)).toEqual({ ...defaultParameters(), initialMaxData: 5 });
  });

  test('ignores reserved parameters that differ beyond 2^53', () => {
    covers('rfc9000-7.4.2-1');
    // 31 * N + 27 (RFC 9000 §18.1) for three N from 2^56 on: a number has no room for them.
    const reserved = [1n, 2n, 3n].map((n) => 31n * (2n ** 56n + n) + 27n);
    const hex = reserved.map((type) => (type | (3n << 62n)).toString(16)).join(' 00 ');
    expect(decodeParameters(fromHex(`${hex} 00 04 01 05`))).toMatchObject({ initialMaxData: 5 });
  });

  test.each([
    ['known', '04 01 05 04 01 05'],
    ['unknown', '405b 00 405b 00'],
    ['unknown, in more bytes than it needs', '405b 00 8000005b 00'],
    ['above 2^53', 'e000000000000001 00 04 01 05 e000000000000001 00'],
  ])('refuses what comes twice: %s', (_name, hex) => {
    covers('rfc9000-7.4-3');
    expect(caught(() => decodeParameters(fromHex(hex)))).toEqual(error);
  });

  test.each([
    ['a cut type', 'c0'],
    ['no length', '04'],
    ['a cut value', '04 04 8000'],
    ['an integer with a byte behind it', '04 02 0500'],
    ['an empty integer', '04 00'],
    ['an integer longer than its value', '04 01 40'],
    ['a reset token of 15 bytes', `02 0f ${'00'.repeat(15)}`],
    ['a reset token of 17 bytes', `02 11 ${'00'.repeat(17)}`],
    ['an ID of 21 bytes', `0f 15 ${'00'.repeat(21)}`],
    ['a flag with a value', '0c 01 00'],
  ])('refuses %s', (_name, hex) => {
    covers('rfc9000-7.4-1');
    expect(caught(() => decodeParameters(fromHex(hex)))).toEqual(error);
  });

  test.each([
    [preferredAddress(0), false],
    [preferredAddress(1), true],
    [preferredAddress(20), true],
    [preferredAddress(21), false],
    [preferredAddress(8, 7), false],
    [preferredAddress(8, 9), false],
    [new Uint8Array(24), false],
  ])('a preferred address has an ID of 1 to 20 bytes', (value, fine) => {
    covers('rfc9000-18.2-7');
    const bytes = encodeParameters({ ...defaultParameters(), preferredAddress: value }, 0);
    if (!fine) expect(caught(() => decodeParameters(bytes))).toEqual(error);
    else expect(decodeParameters(bytes).preferredAddress).toEqual(value);
  });

  test('a preferred address yields its ID and reset token', () => {
    expect(preferredId(preferredAddress(5))).toEqual({ connectionId: id(0x1d, 5), resetToken: id(0xaa, 16) });
  });

  test('integers beyond 2^53 saturate, as limits may', () => {
    expect(decodeOne(4, 'ffffffffffffffff').initialMaxData).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('values', () => {
  const good: TransportParameters = { ...defaultParameters(), initialSourceConnectionId: id(1) };

  test.each<Partial<TransportParameters>>([
    { maxUdpPayloadSize: 1200 },
    { ackDelayExponent: 20 },
    { maxAckDelayMs: 2 ** 14 - 1 },
    { maxAckDelayMs: 25, minAckDelayUs: 25_000 },
    { maxAckDelayMs: 0, minAckDelayUs: 0 },
    { activeConnectionIdLimit: 2 },
    { initialMaxStreamsBidi: 2 ** 60 },
    { initialSourceConnectionId: id(1, 0) },
  ])('at the edge are fine: %j', (values) => {
    checkValues({ ...good, ...values }, true);
    checkValues({ ...good, ...values }, false);
    expect(good.activeConnectionIdLimit).toBe(2);
  });

  test.each<Partial<TransportParameters>>([
    { maxUdpPayloadSize: 1199 },
    { ackDelayExponent: 21 },
    { maxAckDelayMs: 2 ** 14 },
    // draft-ietf-quic-ack-frequency §3: milliseconds and microseconds.
    { maxAckDelayMs: 25, minAckDelayUs: 25_001 },
    { activeConnectionIdLimit: 1 },
    { initialMaxStreamsBidi: Infinity },
    { initialMaxStreamsUni: Infinity },
    { initialSourceConnectionId: undefined },
  ])('beyond it are not: %j', (values) => {
    covers('rfc9000-7.4-1', 'rfc9000-18.2-9', 'rfc9000-7.3-3');
    expect(caught(() => checkValues({ ...good, ...values }, true))).toEqual(error);
    expect(caught(() => checkValues({ ...good, ...values }, false))).toEqual(error);
  });

  test.each([
    ['08', 'd000000000000000', true],
    ['08', 'd000000000000001', false],
    ['09', 'd000000000000000', true],
    ['09', 'e000000000000000', false],
  ])('stream counts end at 2^60: parameter %s of %s', (type, value, fine) => {
    const parameters = { ...decodeOne(Number.parseInt(type, 16), value), initialSourceConnectionId: id(1) };
    expect(caught(() => checkValues(parameters, true))).toEqual(fine ? undefined : error);
  });

  test.each<Partial<TransportParameters>>([
    { originalDestinationConnectionId: id(1) },
    { preferredAddress: preferredAddress(8) },
    { retrySourceConnectionId: id(1) },
    { statelessResetToken: id(1, 16) },
  ])('only a server may send: %j', (values) => {
    covers('rfc9000-18.2-11');
    checkValues({ ...good, ...values }, false);
    expect(caught(() => checkValues({ ...good, ...values }, true))).toEqual(error);
  });
});

describe('connection IDs', () => {
  const seen = { peerSource: id(1), originalDestination: id(2), retrySource: undefined };
  const good: TransportParameters = {
    ...defaultParameters(),
    initialSourceConnectionId: id(1),
    originalDestinationConnectionId: id(2),
  };

  test('that match are fine, with a Retry and without', () => {
    checkConnectionIds(good, seen, false);
    checkConnectionIds({ ...good, retrySourceConnectionId: id(3) }, { ...seen, retrySource: id(3) }, false);
    const client = { ...good, originalDestinationConnectionId: undefined };
    expect(caught(() => checkConnectionIds(client, seen, true))).toBeUndefined();
  });

  test.each<[string, Partial<TransportParameters>, Uint8Array | undefined]>([
    ['another source', { initialSourceConnectionId: id(9) }, undefined],
    ['a shorter source', { initialSourceConnectionId: id(1, 7) }, undefined],
    ['another original destination', { originalDestinationConnectionId: id(9) }, undefined],
    ['no original destination', { originalDestinationConnectionId: undefined }, undefined],
    ['a Retry that was not', { retrySourceConnectionId: id(3) }, undefined],
    ['no word of the Retry', {}, id(3)],
    ['another Retry', { retrySourceConnectionId: id(4) }, id(3)],
  ])('that do not match are refused: %s', (_name, values, retrySource) => {
    covers('rfc9000-7.3-1', 'rfc9000-7.3-2', 'rfc9000-7.3-3', 'rfc9000-7.3-4');
    const parameters = { ...good, ...values };
    expect(caught(() => checkConnectionIds(parameters, { ...seen, retrySource }, false))).toEqual(error);
  });

  test('a server without connection IDs has no preferred address', () => {
    covers('rfc9000-18.2-7');
    const parameters = {
      ...good,
      initialSourceConnectionId: id(1, 0),
      preferredAddress: preferredAddress(8),
    };
    const withoutId = { ...seen, peerSource: id(1, 0) };
    expect(caught(() => checkConnectionIds(parameters, withoutId, false))).toEqual(error);
    expect(
      caught(() => checkConnectionIds({ ...parameters, preferredAddress: undefined }, withoutId, false)),
    ).toBeUndefined();
  });
});
