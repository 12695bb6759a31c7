import type { CryptoProvider } from '@tsquic/crypto';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { ConnectionIdGenerator, ConnectionIdPurpose } from '../ids/connection-ids.ts';
import { HalfSipHash } from './half-sip-hash.ts';
import { checkProvider, type QuicLbServerConfig } from './quic-lb-config.ts';
import { QuicLbConnectionIds } from './quic-lb-connection-ids.ts';
import { QuicLbDecoder } from './quic-lb-decoder.ts';

/** Options of `WorkerIds`, the same in all workers of a server. */
export interface WorkerIdsOptions {
  /** 8 bytes that only the workers know. */
  readonly key: Uint8Array;
  /**
   * The server's configuration of QUIC-LB, where balancers route by that. Its nonce must have 5 bytes or more: for the
   * balancer, the number of the worker is the first byte of the nonce.
   */
  readonly quicLb?: QuicLbServerConfig;
}

/**
 * Connection IDs that tell which worker of a server a connection belongs to, when threads or processes share one UDP
 * port: draft-ietf-quic-load-balancers, "Server Process Demultiplexing". Workers are numbers from 0 to 255.
 *
 * Without QUIC-LB, an ID has ten bytes: four random ones, the number of the worker, a check of two bytes, and three
 * random ones. Number and check are hidden by a hash of the first four bytes, so that nobody else can tell which IDs
 * belong together (RFC 9000 §5.1). With QUIC-LB, the number of the worker stands behind the server ID.
 */
export class WorkerIds {
  private readonly crypto: CryptoProvider;
  private readonly hash: HalfSipHash;
  private readonly quicLb: QuicLbServerConfig | undefined;
  private readonly decoder: QuicLbDecoder | undefined;

  /** Throws `QuicUsageError` for a key of another length, and for a configuration of QUIC-LB that leaves workers no room. */
  constructor(crypto: CryptoProvider, { key, quicLb }: WorkerIdsOptions) {
    checkProvider(crypto);
    if (key.length !== KEY_LENGTH)
      throw new QuicUsageError('invalid-option', `the key of worker IDs must have ${KEY_LENGTH} bytes`);
    this.crypto = crypto;
    this.hash = new HalfSipHash(key);
    this.quicLb = quicLb;
    if (quicLb === undefined) return;
    checkRoom(quicLb);
    const config = ofWorker(quicLb, 0);
    const { configId, serverId, nonceLength } = config;
    const keyed = quicLb.key === undefined ? {} : { key: quicLb.key };
    this.decoder = new QuicLbDecoder({
      crypto,
      configs: [{ configId, serverIdLength: serverId.length, nonceLength, ...keyed }],
    });
  }

  /** The IDs of one worker. */
  generatorOf(worker: number): ConnectionIdGenerator {
    if (!Number.isInteger(worker) || worker < 0 || worker > MAX_WORKER)
      throw new QuicUsageError('invalid-option', `a worker must be an integer from 0 to ${MAX_WORKER}`);
    const { quicLb, crypto } = this;
    if (quicLb !== undefined) return new QuicLbConnectionIds(crypto, ofWorker(quicLb, worker));
    return { length: LENGTH, generate: (_purpose: ConnectionIdPurpose) => this.generate(worker) };
  }

  /**
   * The worker that issued the Destination Connection ID of a datagram's first packet, or -1 when none did: a client chose
   * it, or it is damaged. One of 2^16 IDs of ten bytes that clients choose looks issued, which harms nobody: it leads to
   * one worker like any other. Never throws. RFC 8999 §5
   */
  workerOf(datagram: Uint8Array): number {
    const isLong = (datagram[0]! & 0x80) !== 0;
    const at = isLong ? 6 : 1;
    if (datagram.length < at + 1) return -1;
    const length = isLong ? datagram[5]! : datagram.length - at;
    if (at + length > datagram.length) return -1;
    if (this.decoder !== undefined) return this.decode(datagram.subarray(at, at + length), isLong);
    if (isLong ? length !== LENGTH : length < LENGTH) return -1;
    const mask = this.hash.of(datagram, at, NONCE_LENGTH);
    const check = datagram[at + CHECK_AT]! | (datagram[at + CHECK_AT + 1]! << 8);
    if (check !== ((mask >>> 8) & 0xffff)) return -1;
    return datagram[at + WORKER_AT]! ^ (mask & 0xff);
  }

  private decode(id: Uint8Array, isWhole: boolean): number {
    const { serverId } = this.decoder!.route(id, isWhole) ?? {};
    const own = this.quicLb!.serverId;
    if (serverId === undefined || own.some((byte, index) => byte !== serverId[index])) return -1;
    return serverId[own.length]!;
  }

  private generate(worker: number): Uint8Array {
    const id = new Uint8Array(LENGTH);
    this.crypto.random(id);
    const mask = this.hash.of(id, 0, NONCE_LENGTH);
    id[WORKER_AT] = worker ^ (mask & 0xff);
    id[CHECK_AT] = mask >>> 8;
    id[CHECK_AT + 1] = mask >>> 16;
    return id;
  }
}

/** The number of the worker takes a byte of the nonce, so that balancers need not know of workers. */
function ofWorker(config: QuicLbServerConfig, worker: number): QuicLbServerConfig {
  const serverId = Uint8Array.of(...config.serverId, worker);
  return { ...config, serverId, nonceLength: config.nonceLength - 1 };
}

function checkRoom({ serverId, nonceLength, firstNonce }: QuicLbServerConfig): void {
  if (!(nonceLength > MIN_NONCE))
    throw new QuicUsageError(
      'invalid-option',
      `QUIC-LB with workers: nonceLength must be ${MIN_NONCE + 1} or more, for one byte names the worker`,
    );
  if (!(serverId?.length < MAX_SERVER_ID))
    throw new QuicUsageError('invalid-option', 'QUIC-LB with workers: serverId must have 1 to 14 bytes');
  if (firstNonce !== undefined)
    throw new QuicUsageError(
      'invalid-option',
      'QUIC-LB with workers: firstNonce would be that of each worker',
    );
}

const KEY_LENGTH = 8;
const MAX_WORKER = 255;
const LENGTH = 10;
const NONCE_LENGTH = 4;
const WORKER_AT = 4;
const CHECK_AT = 5;
const MIN_NONCE = 4;
const MAX_SERVER_ID = 15;
