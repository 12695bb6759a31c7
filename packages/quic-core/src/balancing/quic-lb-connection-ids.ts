import type { CryptoProvider } from '@tsquic/crypto';
import type { ConnectionIdGenerator, ConnectionIdPurpose } from '../ids/connection-ids.ts';
import { Nonces } from './nonces.ts';
import { QuicLbCipher } from './quic-lb-cipher.ts';
import { checkProvider, checkQuicLbServer, type QuicLbServerConfig, UNROUTABLE } from './quic-lb-config.ts';

/** Length of an unroutable ID, of which seven bytes are random. */
const UNROUTABLE_LENGTH = 8;

/**
 * Connection IDs by which load balancers route: draft-ietf-quic-load-balancers (QUIC-LB). For `connectionIds`
 * of `createQuicContext`, one for each context.
 *
 * A nonce is never used twice. When there are no more, or no configuration, connections begin with an
 * unroutable ID and get no others.
 */
export class QuicLbConnectionIds implements ConnectionIdGenerator {
  private readonly crypto: CryptoProvider;
  /**
   * Lengths of IDs by configuration ID, with those of former configurations, whose IDs may still be in use.
   */
  private readonly lengths: number[] = [];
  private current: Current | undefined;

  /** Throws `QuicUsageError` for a configuration that the draft forbids, and for no provider. */
  constructor(crypto: CryptoProvider, config?: QuicLbServerConfig) {
    checkProvider(crypto);
    this.crypto = crypto;
    this.configure(config);
  }

  /**
   * Make IDs by this configuration from now on, or unroutable ones when it is undefined.
   * `QuicContext.renewConnectionIds` then makes peers retire the older ones. Throws `QuicUsageError` for a
   * configuration that the draft forbids.
   */
  configure(config: QuicLbServerConfig | undefined): void {
    if (config === undefined) {
      this.current = undefined;
      return;
    }
    checkQuicLbServer(config);
    const { crypto } = this;
    const { configId, serverId, nonceLength, key } = config;
    this.lengths[configId] = 1 + serverId.length + nonceLength;
    this.current = {
      config,
      serverId: serverId.slice(),
      nonces: new Nonces(crypto, config),
      cipher: key === undefined ? undefined : new QuicLbCipher(crypto.createBlockCipher(key)),
    };
  }

  /** The next nonce, for `firstNonce` after a restart; undefined when there are no more. */
  get nextNonce(): Uint8Array | undefined {
    return this.current?.nonces.next;
  }

  /** Whether new IDs are routable, because there are a configuration and nonces. */
  get isRoutable(): boolean {
    return this.nextNonce !== undefined;
  }

  readonly length = (firstByte: number): number =>
    firstByte >>> 5 === UNROUTABLE ? UNROUTABLE_LENGTH : (this.lengths[firstByte >>> 5] ?? UNROUTABLE_LENGTH);

  generate(purpose: ConnectionIdPurpose): Uint8Array | undefined {
    const { current } = this;
    const isFurther = purpose === 'further';
    if (isFurther && !(current?.config.furtherIds ?? current?.cipher !== undefined)) return undefined;
    const nonce = current?.nonces.take();
    if (current === undefined || nonce === undefined) return isFurther ? undefined : this.unroutable();
    const { config, serverId, cipher } = current;
    const id = new Uint8Array(1 + serverId.length + nonce.length);
    id[0] = this.firstByte(config.configId, config.encodeLength === true ? id.length : undefined);
    id.set(serverId, 1);
    id.set(nonce, 1 + serverId.length);
    cipher?.encrypt(id.subarray(1));
    return id;
  }

  private unroutable(): Uint8Array {
    const id = new Uint8Array(UNROUTABLE_LENGTH);
    this.crypto.random(id);
    id[0] = this.firstByte(UNROUTABLE, UNROUTABLE_LENGTH);
    return id;
  }

  private firstByte(configId: number, length: number | undefined): number {
    const bits = new Uint8Array(1);
    if (length === undefined) this.crypto.random(bits);
    else bits[0] = length - 1;
    return (configId << 5) | (bits[0]! & 0x1f);
  }
}

interface Current {
  readonly config: QuicLbServerConfig;
  readonly serverId: Uint8Array;
  readonly nonces: Nonces;
  readonly cipher: QuicLbCipher | undefined;
}
