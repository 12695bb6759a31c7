import { BASE_MTU } from '../packet/datagram-size.ts';
import { DEFAULT_PRIORITY, MAX_PRIORITY } from '../streams/priority.ts';
import type { DropPolicy } from '../datagrams/datagram-queue.ts';
import type { SpinPolicy } from '../path/spin-bit.ts';
import type { TransportParameters } from '../parameters/parameters.ts';

/** What one endpoint allows and asks of the other. Times in milliseconds where RFC 9000 has them so. */
export interface TransportOptions {
  /** Silence that ends a connection, ms; 0 never. Default 30000. */
  readonly idleTimeoutMs?: number;
  /** Time for the handshake, ms, at least 1. Default 10000. */
  readonly handshakeTimeoutMs?: number;
  /** Receive window of the connection at first, bytes; grows by need up to `maxConnectionWindowBytes`. Default 524288. */
  readonly connectionWindowBytes?: number;
  /** Default 16 MiB; a path that holds more, bandwidth times round trip, wants more. */
  readonly maxConnectionWindowBytes?: number;
  /** Receive window of each stream at first, bytes; grows up to `maxStreamWindowBytes`. Default 262144. */
  readonly streamWindowBytes?: number;
  /** Default 8 MiB. */
  readonly maxStreamWindowBytes?: number;
  /** Bidirectional streams the peer may have open at once. Default 100. */
  readonly maxBidirectionalStreams?: number;
  /** Unidirectional streams the peer may have open at once. Default 100. */
  readonly maxUnidirectionalStreams?: number;
  /**
   * Priority of streams that are given none, 0 to 255; see `StreamPriority`. Default 8: they take turns. With 9, the
   * default of picoquic, each sends all it has before the next one.
   */
  readonly defaultStreamPriority?: number;
  /**
   * What a connection holds of what its program gave it to send and the peer has not acknowledged, bytes; besides, each
   * stream may hold 4 KiB. `write` takes less beyond. A stream that may not send takes at most 64 KiB. Default 48 MiB.
   */
  readonly maxSendBufferBytes?: number;
  /** Bytes in flight at most, whatever the congestion controller allows. Default 32 MiB. */
  readonly maxCongestionWindowBytes?: number;
  /** Longest delay of our acknowledgements, ms. Default 25. */
  readonly maxAckDelayMs?: number;
  /**
   * Let the peer say how often it wants to be acknowledged, and say so to a peer that lets us, where that saves work.
   * draft-ietf-quic-ack-frequency. Default false.
   */
  readonly ackFrequency?: boolean;
  /** Largest UDP payload we send, bytes, 1200 to 65527. Default 1452. */
  readonly maxUdpPayloadBytes?: number;
  /** Initial estimate of the round-trip time, microseconds, 1 to 60000000. Default 333000 (RFC 9002 §6.2.2). */
  readonly initialRttUs?: number;
  /**
   * Send a PING after this much silence, ms; 0 never. Default 0. Where that is more than half of the timeout that
   * both sides agree on (`ConnectionStatistics.idleTimeoutMs`), half of it counts. RFC 9000 §10.1.2
   */
  readonly keepAliveMs?: number;
  /**
   * Understand resets that let the beginning of a stream arrive, RESET_STREAM_AT: see `QuicStream.resetAt`.
   * draft-ietf-quic-reliable-stream-reset. Default true.
   */
  readonly reliableReset?: boolean;
  /**
   * Ask the peer to stay at the address that it began at, as servers behind some load balancers must; a peer that was
   * moved by its network is followed all the same. RFC 9000 §18.2. Default false.
   */
  readonly disableActiveMigration?: boolean;
  /**
   * Paths that a connection may use at once, 1 to 32: offers multipath, which is on where the peer offers it too. With 1
   * there is no second path, and the peer may still be asked for more. draft-ietf-quic-multipath. Default 0: not offered.
   */
  readonly maxPaths?: number;
  /**
   * Multipath: send the data of all streams on every available path, so that none of it waits for a loss on one of them; it
   * costs its bytes on each. `QuicStream.setPath` does so for one stream. Default false.
   */
  readonly redundantPaths?: boolean;
  /**
   * Multipath: send a PING on each path after this much silence on it, ms; 0 never. `keepAliveMs` keeps the connection alive, by
   * whichever path is used; this keeps those that are not, and finds out when they end. Default 0.
   */
  readonly pathKeepAliveMs?: number;
  /**
   * Multipath: abandon a path on which nothing came for so long, ms, at least three probe timeouts, where another one is usable; 0
   * never. The last path is never abandoned so. Default 0.
   */
  readonly pathIdleTimeoutMs?: number;
  /** Mark packets for ECN where the path and the congestion controller allow it. RFC 9000 §13.4. Default true. */
  readonly ecn?: boolean;
  /**
   * The spin bit, by which an observer of the packets can measure round trips. RFC 9000 §17.4. 'on': it spins,
   * except on one of 16 paths, chosen at random, which are as with 'random'. 'random': each packet has a random
   * value. 'off': it is 0. Default 'on'.
   */
  readonly spinBit?: SpinPolicy;
  /**
   * Whether to accept packets with any value of the QUIC bit, announce that by grease_quic_bit, and set the bit
   * at random for peers that announce it, so that the network cannot come to rely on it. RFC 9287. Default false,
   * because some software distinguishes QUIC from other protocols by the bit.
   */
  readonly greaseQuicBit?: boolean;
  /**
   * Packets that we send under one key of the connection, after which we go on to new keys; half of the AEAD's confidentiality
   * limit at most. RFC 9001 §6.6. Default 1048576.
   */
  readonly keyUpdatePackets?: number;
  /**
   * Packets that one key may protect at most: a lower limit than that of the AEAD. A connection that reaches it, for the peer
   * follows no key update, ends in AEAD_LIMIT_REACHED. RFC 9001 §6.6. Default: that of the AEAD.
   */
  readonly confidentialityLimitPackets?: number;
  /**
   * Packets that fail to open, after which a connection ends in AEAD_LIMIT_REACHED: a lower limit than that of the AEAD.
   * RFC 9001 §6.6. Default: that of the AEAD.
   */
  readonly integrityLimitPackets?: number;
  /**
   * Largest DATAGRAM frame that we take, its type and length included, bytes; 0 takes none, 65535 whatever fits into a
   * packet. RFC 9221 §3. Default 0.
   */
  readonly maxDatagramFrameBytes?: number;
  /**
   * Priority of datagrams among streams, 0 to 255, lower ones first; with streams of the same they take turns, packet by
   * packet. RFC 9221 §5.1. Default 8, that of streams.
   */
  readonly datagramPriority?: number;
  /** Datagrams that wait to be sent, at most. Default 1024. */
  readonly maxOutgoingDatagrams?: number;
  /** Bytes of datagrams that wait to be sent, at most. Default 262144. */
  readonly maxOutgoingDatagramBytes?: number;
  /** What is dropped when too many wait to be sent. Default 'newest': `send` then takes no more. */
  readonly outgoingDatagramDrop?: DropPolicy;
  /** Datagrams that came and wait to be read, at most. Default 1024. */
  readonly maxIncomingDatagrams?: number;
  /** Bytes of datagrams that came and wait to be read, at most. Default 262144. */
  readonly maxIncomingDatagramBytes?: number;
  /** What is dropped when too many wait to be read. Default 'oldest'. */
  readonly incomingDatagramDrop?: DropPolicy;
}

/** The values of options that a program leaves out, and with them the names of all options. */
export const DEFAULT_TRANSPORT: Required<TransportOptions> = {
  idleTimeoutMs: 30_000,
  handshakeTimeoutMs: 10_000,
  connectionWindowBytes: 512 * 1024,
  maxConnectionWindowBytes: 16 * 1024 * 1024,
  streamWindowBytes: 256 * 1024,
  maxStreamWindowBytes: 8 * 1024 * 1024,
  maxBidirectionalStreams: 100,
  maxUnidirectionalStreams: 100,
  defaultStreamPriority: DEFAULT_PRIORITY,
  maxSendBufferBytes: 48 * 1024 * 1024,
  maxCongestionWindowBytes: 32 * 1024 * 1024,
  maxAckDelayMs: 25,
  ackFrequency: false,
  maxUdpPayloadBytes: 1452,
  initialRttUs: 333_000,
  keepAliveMs: 0,
  reliableReset: true,
  disableActiveMigration: false,
  maxPaths: 0,
  redundantPaths: false,
  pathKeepAliveMs: 0,
  pathIdleTimeoutMs: 0,
  ecn: true,
  spinBit: 'on',
  greaseQuicBit: false,
  keyUpdatePackets: 2 ** 20,
  confidentialityLimitPackets: Number.MAX_SAFE_INTEGER,
  integrityLimitPackets: Number.MAX_SAFE_INTEGER,
  maxDatagramFrameBytes: 0,
  datagramPriority: DEFAULT_PRIORITY,
  maxOutgoingDatagrams: 1024,
  maxOutgoingDatagramBytes: 256 * 1024,
  outgoingDatagramDrop: 'newest',
  maxIncomingDatagrams: 1024,
  maxIncomingDatagramBytes: 256 * 1024,
  incomingDatagramDrop: 'oldest',
};

/** The least and the most that an option which is a number may be; from 0 to 2^53-1 where none stands here. */
export const TRANSPORT_RANGES: Readonly<Partial<Record<keyof TransportOptions, readonly [number, number]>>> =
  {
    // With no time for it, no handshake could succeed.
    handshakeTimeoutMs: [1, Number.MAX_SAFE_INTEGER],
    maxCongestionWindowBytes: [2 * BASE_MTU, Number.MAX_SAFE_INTEGER],
    maxPaths: [0, 32],
    // RFC 9000 §18.2
    maxAckDelayMs: [0, 2 ** 14 - 1],
    maxUdpPayloadBytes: [BASE_MTU, 65_527],
    defaultStreamPriority: [0, MAX_PRIORITY],
    datagramPriority: [0, MAX_PRIORITY],
    keyUpdatePackets: [1, Number.MAX_SAFE_INTEGER],
    // Fewer packets under one key are too few for a handshake, an update and CONNECTION_CLOSE.
    confidentialityLimitPackets: [256, Number.MAX_SAFE_INTEGER],
    integrityLimitPackets: [1, Number.MAX_SAFE_INTEGER],
    // A minute: later than that, even the first repetition would be of no use. RFC 9002 §6.2.2
    initialRttUs: [1, 60_000_000],
  };

/** What timers of hosts can do, and no more than our max_ack_delay: min_ack_delay. draft-ietf-quic-ack-frequency §3 */
export function minAckDelayUs({ maxAckDelayMs }: Required<TransportOptions>): number {
  return Math.min(MIN_ACK_DELAY_US, maxAckDelayMs * 1000);
}

const MIN_ACK_DELAY_US = 1000;

/** The options that the peer reads, as its parameters. RFC 9000 §18.2 */
export function parametersOf(transport: Required<TransportOptions>): Partial<TransportParameters> {
  return {
    greaseQuicBit: transport.greaseQuicBit,
    maxIdleTimeoutMs: transport.idleTimeoutMs,
    initialMaxData: transport.connectionWindowBytes,
    initialMaxStreamDataBidiLocal: transport.streamWindowBytes,
    initialMaxStreamDataBidiRemote: transport.streamWindowBytes,
    initialMaxStreamDataUni: transport.streamWindowBytes,
    initialMaxStreamsBidi: transport.maxBidirectionalStreams,
    initialMaxStreamsUni: transport.maxUnidirectionalStreams,
    maxAckDelayMs: transport.maxAckDelayMs,
    maxDatagramFrameSize: transport.maxDatagramFrameBytes,
    resetStreamAt: transport.reliableReset,
    disableActiveMigration: transport.disableActiveMigration,
    initialMaxPathId: transport.maxPaths - 1,
    minAckDelayUs: transport.ackFrequency ? minAckDelayUs(transport) : -1,
  };
}
