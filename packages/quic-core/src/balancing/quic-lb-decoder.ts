import type { CryptoProvider } from '@tsquic/crypto';
import { QuicUsageError } from '../errors/usage-error.ts';
import { QuicLbCipher } from './quic-lb-cipher.ts';
import { checkProvider, checkQuicLbConfig, type QuicLbBalancerConfig } from './quic-lb-config.ts';

/** The server that a connection ID leads to. */
export interface QuicLbRoute {
  readonly configId: number;
  readonly serverId: Uint8Array;
}

/** Options of a balancer that routes by QUIC-LB. */
export interface QuicLbDecoderOptions {
  readonly crypto: CryptoProvider;
  /**
   * One configuration for each configuration ID in use, so that a new key can be introduced beside the old
   * one.
   */
  readonly configs: readonly QuicLbBalancerConfig[];
  /**
   * Whether all servers encode the length of connection IDs: an ID of a long header with another length is
   * then unroutable. Default false.
   */
  readonly lengthEncoded?: boolean;
}

/** The balancer's side of QUIC-LB. */
export class QuicLbDecoder {
  private readonly configs: (Known | undefined)[] = [];
  private readonly lengthEncoded: boolean;

  /** Throws `QuicUsageError` for configurations that the draft forbids, for two with the same ID, and for no provider. */
  constructor({ crypto, configs, lengthEncoded = false }: QuicLbDecoderOptions) {
    checkProvider(crypto);
    this.lengthEncoded = lengthEncoded;
    if (!Array.isArray(configs))
      throw new QuicUsageError(
        'invalid-option',
        'QUIC-LB: a decoder needs configs, a list of configurations',
      );
    for (const config of configs) {
      checkQuicLbConfig(config);
      if (this.configs[config.configId] !== undefined)
        throw new QuicUsageError('invalid-option', `QUIC-LB: two configurations with ID ${config.configId}`);
      const { key, serverIdLength, nonceLength } = config;
      this.configs[config.configId] = {
        serverIdLength,
        length: serverIdLength + nonceLength,
        cipher: key === undefined ? undefined : new QuicLbCipher(crypto.createBlockCipher(key)),
      };
    }
  }

  /**
   * The server that a connection ID leads to. Undefined for an unroutable ID: its configuration is unknown,
   * or it is too short. A route to a server that does not exist is unroutable as well, which the caller has
   * to check. Packets with unroutable IDs are routed by their addresses.
   *
   * @param connectionId - the whole ID of a long header; for a short header, which has no length field, up to
   * 20 bytes from where the ID begins.
   * @param isWhole - false for a short header. Default true.
   */
  route(connectionId: Uint8Array, isWhole = true): QuicLbRoute | undefined {
    const first = connectionId[0];
    if (first === undefined) return undefined;
    const configId = first >>> 5;
    const config = this.configs[configId];
    if (config === undefined || connectionId.length < 1 + config.length) return undefined;
    if (this.lengthEncoded && !lengthFits(first, connectionId.length, config.length, isWhole))
      return undefined;
    const text = connectionId.slice(1, 1 + config.length);
    config.cipher?.decrypt(text, config.serverIdLength);
    return { configId, serverId: text.slice(0, config.serverIdLength) };
  }
}

function lengthFits(first: number, length: number, needed: number, isWhole: boolean): boolean {
  const encoded = first & 0x1f;
  return encoded >= needed && (isWhole ? encoded === length - 1 : encoded < length);
}

interface Known {
  readonly serverIdLength: number;
  /** Length of server ID and nonce together. */
  readonly length: number;
  readonly cipher: QuicLbCipher | undefined;
}
