import { checkExtensionPoints } from './extension-points.ts';
import { type Http3Tracer, NO_TRACE } from './trace/http3-tracer.ts';
import { encodeSettings, SettingId, type Settings } from './settings/settings.ts';

/** Options of an HTTP/3 connection. */
export interface Http3Options {
  /** Bytes of one field section that is accepted, with 32 more for each line. Default: 16384. RFC 9114 §4.2.2 */
  readonly maxFieldSectionSize?: number;
  /** Bytes of the peer's entries that are kept for field compression. Default: 4096. RFC 9204 §3.2.3 */
  readonly qpackMaxTableCapacity?: number;
  /** Streams that may wait for such entries. Default: 16. RFC 9204 §2.1.2 */
  readonly qpackBlockedStreams?: number;
  /** Server: whether CONNECT requests may name a protocol. Default: true. RFC 9220 §3 */
  readonly extendedConnect?: boolean;
  /**
   * Whether datagrams of requests are accepted. Only where the transport accepts datagrams (`maxDatagramFrameBytes`): some peers close
   * a connection that says one without the other. Default: false. RFC 9297 §2.1.1
   */
  readonly datagrams?: boolean;
  /** Settings of extensions by identifier. Default: none. RFC 9114 §9 */
  readonly settings?: Settings;
  /** Types of unidirectional streams that the program reads by itself. Default: none. RFC 9114 §9 */
  readonly streamTypes?: readonly number[];
  /** First integers of bidirectional streams that the program reads by itself, and are no frames. Default: none. */
  readonly bidirectionalTypes?: readonly number[];
  /** Client: settings of an earlier connection with this server, by which early data is sent. RFC 9114 §7.2.4.2 */
  readonly rememberedSettings?: Settings;
  /** Server: requests that a client may give up, less those that complete, before it is too many. Default: 256. */
  readonly maxAbandonedRequests?: number;
  /** Hears of settings, streams, frames and datagrams. Default: nobody does, which costs nothing. */
  readonly tracer?: Http3Tracer;
}

/** The options with their defaults. */
export type Http3Config = Required<Omit<Http3Options, 'rememberedSettings'>> &
  Pick<Http3Options, 'rememberedSettings'>;

/** The options with their defaults. Throws `QuicUsageError('invalid-option')` for what extensions cannot have. */
export function configOf(options: Http3Options): Http3Config {
  const config = { ...DEFAULTS, ...options };
  checkExtensionPoints(config);
  return config;
}

const DEFAULTS: Http3Config = {
  maxFieldSectionSize: 16_384,
  qpackMaxTableCapacity: 4096,
  qpackBlockedStreams: 16,
  extendedConnect: true,
  datagrams: false,
  settings: new Map(),
  streamTypes: [],
  bidirectionalTypes: [],
  maxAbandonedRequests: 256,
  tracer: NO_TRACE,
};

/**
 * The settings of a server by these options, as bytes for `earlyData.applicationSettings` of its context: early data is then accepted by
 * tickets of the same settings alone, so that what clients remember still holds. RFC 9114 §7.2.4.2, RFC 9204 §3.2.3. Throws
 * `QuicUsageError('invalid-option')` for settings that no extension can have.
 */
export function earlySettings(options: Http3Options = {}): Uint8Array {
  return encodeSettings(ownSettings(configOf(options), true));
}

/** What this side tells of itself: all settings, those at their defaults too. RFC 9114 §7.2.4.2 */
export function ownSettings(config: Http3Config, isServer: boolean): Settings {
  return new Map([
    [SettingId.QpackMaxTableCapacity, config.qpackMaxTableCapacity],
    [SettingId.QpackBlockedStreams, config.qpackBlockedStreams],
    [SettingId.MaxFieldSectionSize, config.maxFieldSectionSize],
    ...(isServer && config.extendedConnect ? [[SettingId.EnableConnectProtocol, 1] as const] : []),
    ...(config.datagrams ? [[SettingId.H3Datagram, 1] as const] : []),
    ...config.settings,
  ]);
}
