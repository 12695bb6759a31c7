import type { Http3Options } from '@tsquic/http3';
import type { TransportOptions } from '@tsquic/quic-core';
import type { ListenOptions } from '../options.ts';
import type { Http3Extension } from './handlers.ts';

/** The engine's options: those of the program with what its extensions need. */
export function engineOptions(options: Http3Options, extensions: readonly Http3Extension[]): Http3Options {
  const { settings = [], streamTypes = [], bidirectionalTypes = [], datagrams = false } = options;
  return {
    ...options,
    settings: new Map([...settings, ...extensions.flatMap((extension) => [...(extension.settings ?? [])])]),
    streamTypes: [...streamTypes, ...extensions.flatMap((extension) => extension.streamTypes ?? [])],
    bidirectionalTypes: [
      ...bidirectionalTypes,
      ...extensions.flatMap((extension) => extension.bidirectionalTypes ?? []),
    ],
    datagrams: datagrams || extensions.some((extension) => extension.datagrams === true),
  };
}

/**
 * Early data by tickets that were made under the same `settings` of HTTP/3, from `earlySettings`, besides those of the program: its clients keep to what they
 * remember. RFC 9114 §7.2.4.2
 */
export function earlyDataFor(
  earlyData: ListenOptions['earlyData'],
  settings: Uint8Array,
): Pick<ListenOptions, 'earlyData'> {
  if (earlyData === undefined || earlyData === false) return {};
  const options = earlyData === true ? {} : earlyData;
  const { applicationSettings = new Uint8Array(0) } = options;
  // What is no bytes is refused where it is checked.
  if (!(applicationSettings instanceof Uint8Array)) return { earlyData };
  return {
    earlyData: {
      ...options,
      applicationSettings: Uint8Array.of(...applicationSettings, ...settings),
    },
  };
}

/** Transport options with room for datagrams, where HTTP/3 announces them and the program has not decided. RFC 9297 §2.1.1 */
export function transportFor(transport: TransportOptions, engine: Http3Options): TransportOptions {
  return engine.datagrams === true ? { maxDatagramFrameBytes: LARGEST_FRAME, ...transport } : transport;
}

/** Whatever fits into a packet. */
const LARGEST_FRAME = 65_535;
