import type { CryptoProvider } from '@tsquic/crypto';
import type { TransportParameters } from '@tsquic/quic-core';
import type { Version } from '@tsquic/quic-core/wire';
import type { Identity, Level, TlsClientOptions, TlsServerOptions } from '@tsquic/tls13';
import type { SeenFrame } from './raw-frames.ts';

/** Options of an adversary's endpoint. */
export interface AdversaryEndpointOptions {
  readonly crypto: CryptoProvider;
  readonly isClient: boolean;
  /** Is called with every datagram that the endpoint sends by itself during its handshake. */
  readonly deliver: (bytes: Uint8Array) => void;
  /** The identity of a server. */
  readonly identity?: Identity;
  /** The protocols that a client offers. Default: 'test'. */
  readonly alpn?: readonly string[];
  /** The protocol that a server chooses, whether it was offered or not. Default: 'test'. */
  readonly chosenAlpn?: string;
  /** The version of its packets, with which a client begins. Default: 1. */
  readonly version?: Version;
  /** The version of the victim's Initial packets. Default: the same. */
  readonly peerVersion?: Version;
  /** Changes the transport parameters, which are valid otherwise; returned bytes replace all of them. */
  readonly parameters?: (parameters: TransportParameters) => Uint8Array | void;
  /** Changes the handshake bytes of a level before they are sent. */
  readonly edit?: (level: Level, bytes: Uint8Array) => Uint8Array;
  /** Further options of a client's TLS engine, such as a session and 0-RTT. */
  readonly tlsClient?: Partial<TlsClientOptions>;
  /** Further options of a server's TLS engine, such as tickets and 0-RTT. */
  readonly tlsServer?: Partial<TlsServerOptions>;
  /**
   * No handshake bytes of this level and above are sent, so that the victim's handshake does not complete.
   */
  readonly silentFrom?: Level;
  /** Its own connection ID. Default: eight bytes, the same for all. */
  readonly source?: Uint8Array;
  /** Destination Connection ID of a client's first packet. Default: eight random bytes. */
  readonly firstDestination?: Uint8Array;
  /** Is told of every packet that is made. */
  readonly onPacket?: (packet: MadePacket) => void;
}

/** What an adversary's packet has besides its frames. */
export interface AdversaryPacketOptions {
  readonly number?: number;
  /** XORed into the first byte before protection, for reserved bits and the key phase. */
  readonly firstByte?: number;
  readonly destination?: Uint8Array;
  readonly source?: Uint8Array;
  readonly token?: Uint8Array;
  /** Seal a 1-RTT packet with the keys before the last update. */
  readonly formerKeys?: boolean;
  /** The path of a 1-RTT packet, which has numbers of its own and enters the nonce. Default 0. draft-ietf-quic-multipath §2.4 */
  readonly pathId?: number;
  /** Length of the packet; without it a client's Initial packets have 1200. */
  readonly bytes?: number;
}

/** A packet that was made to be sent. */
export interface MadePacket {
  readonly level: Level;
  readonly number: number;
  readonly payload: Uint8Array;
  readonly options: AdversaryPacketOptions;
}

/** A packet of the victim that was decrypted. */
export interface SeenPacket {
  readonly level: Level;
  /** The path by whose ID it came, see `AdversaryEndpoint.laterPaths`. */
  readonly pathId: number;
  readonly number: number;
  readonly frames: readonly SeenFrame[];
  /** Its Destination Connection ID. */
  readonly destination: Uint8Array;
  /** Length of its datagram. */
  readonly datagramBytes: number;
}
