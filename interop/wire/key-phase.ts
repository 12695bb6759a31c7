import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { Observation, WireDatagram } from './observation.ts';
import { packetsOf } from './packets.ts';

/** 1-RTT packets under the second generation of keys, by sender. */
export interface UpdatedPackets {
  readonly client: number;
  readonly server: number;
}

/**
 * Counts the 1-RTT packets in a capture of one connection that authenticate under the keys after the first update,
 * with the secrets of an NSS key log. Undefined when the log lacks them. RFC 9001 §5.4, §6.1
 */
export function updatedPackets(
  datagrams: readonly WireDatagram[],
  seen: Observation,
  keyLog: string,
): UpdatedPackets | undefined {
  const suite = SUITES.find(({ number }) => number === seen.chosenSuite);
  const client = loggedSecret(keyLog, 'CLIENT_TRAFFIC_SECRET_0');
  const server = loggedSecret(keyLog, 'SERVER_TRAFFIC_SECRET_0');
  if (suite === undefined || client === undefined || server === undefined) return undefined;
  const prefix = seen.serverVersions.includes(VERSION_2) ? 'quicv2' : 'quic';
  // A packet carries a connection ID that its receiver chose.
  const directions = {
    client: new Direction(suite, prefix, client, seen.serverIdBytes),
    server: new Direction(suite, prefix, server, seen.clientIdBytes),
  };
  for (const { sender, bytes } of datagrams) {
    for (const packet of packetsOf(bytes))
      if (packet.kind === 'short') directions[sender].packet(packet.bytes);
  }
  return { client: directions.client.updated, server: directions.server.updated };
}

interface Suite {
  readonly number: number;
  readonly hash: 'sha256' | 'sha384';
  readonly keyBytes: number;
  readonly aead: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
}

const SUITES: readonly Suite[] = [
  { number: 0x1301, hash: 'sha256', keyBytes: 16, aead: 'aes-128-gcm' },
  { number: 0x1302, hash: 'sha384', keyBytes: 32, aead: 'aes-256-gcm' },
  { number: 0x1303, hash: 'sha256', keyBytes: 32, aead: 'chacha20-poly1305' },
];

const VERSION_2 = 0x6b3343cf;
const SAMPLE_BYTES = 16;
const TAG_BYTES = 16;
const KEY_PHASE = 0x04;

/** The 1-RTT packets of one sender. */
class Direction {
  updated = 0;
  readonly #suite: Suite;
  readonly #idBytes: number;
  readonly #protection: Buffer;
  readonly #generations: readonly { readonly key: Buffer; readonly iv: Buffer }[];
  #largest = -1;

  /** @param prefix - of the labels, which version 2 has its own of. RFC 9369 §3.3.2 */
  constructor(suite: Suite, prefix: string, secret: Buffer, idBytes: number) {
    this.#suite = suite;
    this.#idBytes = idBytes;
    this.#protection = expandLabel(suite, secret, `${prefix} hp`, suite.keyBytes);
    const updated = expandLabel(suite, secret, `${prefix} ku`, secret.length);
    this.#generations = [secret, updated].map((generation) => ({
      key: expandLabel(suite, generation, `${prefix} key`, suite.keyBytes),
      iv: expandLabel(suite, generation, `${prefix} iv`, 12),
    }));
  }

  packet(bytes: Buffer): void {
    const numberAt = 1 + this.#idBytes;
    if (bytes.length < numberAt + 4 + SAMPLE_BYTES) return;
    const packet = Buffer.from(bytes);
    const mask = this.#mask(packet.subarray(numberAt + 4, numberAt + 4 + SAMPLE_BYTES));
    const first = packet.readUInt8(0) ^ (mask.readUInt8(0) & 0x1f);
    packet[0] = first;
    const numberBytes = (first & 0x03) + 1;
    for (let i = 0; i < numberBytes; i++) {
      packet[numberAt + i] = packet.readUInt8(numberAt + i) ^ mask.readUInt8(1 + i);
    }
    const number = expandNumber(packet.readUIntBE(numberAt, numberBytes), numberBytes, this.#largest);
    const phase = (first & KEY_PHASE) === 0 ? 0 : 1;
    if (!this.#authenticates(packet, numberAt + numberBytes, number, phase)) return;
    this.#largest = Math.max(this.#largest, number);
    this.updated += phase;
  }

  #mask(sample: Buffer): Buffer {
    const { aead, keyBytes } = this.#suite;
    if (aead === 'chacha20-poly1305')
      return createCipheriv('chacha20', this.#protection, sample).update(Buffer.alloc(5));
    return createCipheriv(`aes-${keyBytes * 8}-ecb`, this.#protection, null).update(sample);
  }

  #authenticates(packet: Buffer, payloadAt: number, number: number, phase: number): boolean {
    const generation = this.#generations[phase];
    if (generation === undefined) return false;
    const nonce = Buffer.from(generation.iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ (number % 2 ** 32)) >>> 0, 8);
    nonce.writeUInt32BE((nonce.readUInt32BE(4) ^ Math.floor(number / 2 ** 32)) >>> 0, 4);
    const { aead } = this.#suite;
    const tagAt = packet.length - TAG_BYTES;
    const decipher =
      aead === 'chacha20-poly1305'
        ? createDecipheriv(aead, generation.key, nonce, { authTagLength: TAG_BYTES })
        : createDecipheriv(aead, generation.key, nonce);
    decipher.setAAD(packet.subarray(0, payloadAt), { plaintextLength: tagAt - payloadAt });
    decipher.setAuthTag(packet.subarray(tagAt));
    decipher.update(packet.subarray(payloadAt, tagAt));
    try {
      decipher.final();
      return true;
    } catch {
      return false;
    }
  }
}

/** The full packet number nearest to the one expected next. RFC 9000 §A.3 */
function expandNumber(truncated: number, bytes: number, largest: number): number {
  const window = 2 ** (8 * bytes);
  const expected = largest + 1;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2) return candidate + window;
  return candidate > expected + window / 2 && candidate >= window ? candidate - window : candidate;
}

function loggedSecret(keyLog: string, label: string): Buffer | undefined {
  const line = keyLog.split('\n').find((one) => one.startsWith(`${label} `));
  const secret = line?.trim().split(' ')[2];
  return secret === undefined ? undefined : Buffer.from(secret, 'hex');
}

/** HKDF-Expand-Label with an empty context for at most one hash block of output. RFC 8446 §7.1. */
function expandLabel(suite: Suite, secret: Buffer, label: string, bytes: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`, 'latin1');
  const info = Buffer.concat([Buffer.from([0, bytes, name.length]), name, Buffer.from([0, 1])]);
  return createHmac(suite.hash, secret).update(info).digest().subarray(0, bytes);
}
