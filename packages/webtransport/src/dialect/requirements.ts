import { SettingId, type Settings } from '@tsquic/http3';
import type { QuicConnection } from '@tsquic/quic-core';
import { type Dialect, announcedDialects, settingNameOf } from './dialect.ts';
import { settingOf } from './setting-id.ts';

/** What is known of a peer once its SETTINGS have come. */
export interface PeerFacts {
  readonly settings: Settings;
  /** Whether it accepts QUIC datagrams. RFC 9221 §3 */
  readonly takesDatagrams: boolean;
  /** Whether it accepts RESET_STREAM_AT. */
  readonly takesResetAt: boolean;
}

/** The facts of a connection's peer. */
export function peerFactsOf(connection: QuicConnection, settings: Settings): PeerFacts {
  const { datagrams, takesResetAt } = connection;
  return { settings, takesDatagrams: datagrams.maxBytes >= 0, takesResetAt };
}

/**
 * What a peer of the newest draft has to announce and does not, as sentences: nothing is forgiven. Tolerances for browsers are in
 * `tolerances.ts`. draft-ietf-webtrans-http3 §3.1
 */
export function missingRequirements(peer: PeerFacts, isServer: boolean): string[] {
  return [
    ...missing(
      announcedDialects(peer.settings).includes('15'),
      `SETTINGS_WT_ENABLED, ${settingNameOf('15')}`,
    ),
    ...(isServer ? missing(hasExtendedConnect(peer.settings), EXTENDED_CONNECT) : []),
    ...missing(settingOf(peer.settings, SettingId.H3Datagram) === 1, H3_DATAGRAM),
    ...missing(peer.takesDatagrams, QUIC_DATAGRAMS),
    ...missing(peer.takesResetAt, 'the transport parameter reset_stream_at'),
  ];
}

/** What no session can do without in any dialect, as sentences. */
export function missingEssentials(dialect: Dialect, peer: PeerFacts, isServer: boolean): string[] {
  return [
    // Draft 02 implies it, but no request can be made by an engine that follows RFC 9220.
    ...(isServer ? missing(hasExtendedConnect(peer.settings), EXTENDED_CONNECT) : []),
    ...missing(settingOf(peer.settings, SettingId.H3Datagram) === 1 || dialect === '02', H3_DATAGRAM),
  ];
}

function hasExtendedConnect(settings: Settings): boolean {
  return settingOf(settings, SettingId.EnableConnectProtocol) === 1;
}

function missing(isThere: boolean, name: string): string[] {
  return isThere ? [] : [name];
}

const EXTENDED_CONNECT = 'SETTINGS_ENABLE_CONNECT_PROTOCOL, 0x8';
const H3_DATAGRAM = 'SETTINGS_H3_DATAGRAM, 0x33';
const QUIC_DATAGRAMS = 'the transport parameter max_datagram_frame_size';
