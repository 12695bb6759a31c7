import { createCipheriv, createHmac } from 'node:crypto';
import type { Observation, WireDatagram } from './observation.ts';

/** 1-RTT packets with key phase 1, by sender. */
export interface UpdatedPackets {
  readonly client: number;
  readonly server: number;
}

/**
 * Counts the 1-RTT packets with key phase 1 in a capture of one connection, with the header protection keys that
 * follow from an NSS key log. Undefined when the log lacks the connection's secrets. RFC 9001 §5.4, §6.
 */
export function updatedPackets(
  datagrams: readonly WireDatagram[],
  seen: Observation,
  keyLog: string,
): UpdatedPackets | undefined {
  const suite = SUITES.find(({ number }) => number === seen.chosenSuite);
  const secrets = {
    client: loggedSecret(keyLog, 'CLIENT_TRAFFIC_SECRET_0'),
    server: loggedSecret(keyLog, 'SERVER_TRAFFIC_SECRET_0'),
  };
  if (suite === undefined || secrets.client === undefined || secrets.server === undefined) return undefined;
  const masks = {
    client: headerMask(suite, secrets.client),
    server: headerMask(suite, secrets.server),
  };
  // A packet carries a connection ID that its receiver chose.
  const idBytes = { client: seen.serverIdBytes, server: seen.clientIdBytes };
  const updated = { client: 0, server: 0 };
  for (const { sender, bytes } of datagrams) {
    const sampleAt = 1 + idBytes[sender] + 4;
    if (bytes.length < sampleAt + SAMPLE_BYTES || bytes.readUInt8(0) >= 0x80) continue;
    const mask = masks[sender](bytes.subarray(sampleAt, sampleAt + SAMPLE_BYTES));
    if (((bytes.readUInt8(0) ^ mask) & KEY_PHASE) !== 0) updated[sender]++;
  }
  return updated;
}

const SAMPLE_BYTES = 16;
const KEY_PHASE = 0x04;

interface Suite {
  readonly number: number;
  readonly hash: 'sha256' | 'sha384';
  readonly keyBytes: number;
  readonly isChaCha20: boolean;
}

const SUITES: readonly Suite[] = [
  { number: 0x1301, hash: 'sha256', keyBytes: 16, isChaCha20: false },
  { number: 0x1302, hash: 'sha384', keyBytes: 32, isChaCha20: false },
  { number: 0x1303, hash: 'sha256', keyBytes: 32, isChaCha20: true },
];

function loggedSecret(keyLog: string, label: string): Buffer | undefined {
  const line = keyLog.split('\n').find((one) => one.startsWith(`${label} `));
  const secret = line?.trim().split(' ')[2];
  return secret === undefined ? undefined : Buffer.from(secret, 'hex');
}

/** A function from a sample to the first byte of the header protection mask. */
function headerMask(suite: Suite, secret: Buffer): (sample: Buffer) => number {
  const label = Buffer.from('tls13 quic hp', 'latin1');
  const info = Buffer.concat([Buffer.from([0, suite.keyBytes, label.length]), label, Buffer.from([0, 1])]);
  const key = createHmac(suite.hash, secret).update(info).digest().subarray(0, suite.keyBytes);
  if (suite.isChaCha20)
    return (sample) => createCipheriv('chacha20', key, sample).update(Buffer.alloc(1)).readUInt8(0);
  const cipher = suite.keyBytes === 16 ? 'aes-128-ecb' : 'aes-256-ecb';
  return (sample) => createCipheriv(cipher, key, null).update(sample).readUInt8(0);
}
