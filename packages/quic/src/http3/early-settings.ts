import { earlySettings as settingsOf } from '@tsquic/http3';
import { use } from '../usage.ts';
import type { Http3SessionOptions } from './session.ts';
import { engineOptions } from './session-options.ts';

/**
 * The settings that a server of HTTP/3 tells by these options, as bytes for `earlyData: { applicationSettings }` of `listen`, where a
 * program makes its `Http3Session`s by itself: what clients remember then holds wherever their early data is accepted. `serve` does so
 * without it. RFC 9114 §7.2.4.2. Throws `ERR_QUIC_INVALID_OPTION` for settings that no extension can have.
 */
export function earlySettings(options: Pick<Http3SessionOptions, 'http3' | 'extensions'> = {}): Uint8Array {
  const { http3 = {}, extensions = [] } = options;
  return use(() => settingsOf(engineOptions(http3, extensions)));
}
