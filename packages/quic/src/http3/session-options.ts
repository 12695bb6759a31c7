import type { Http3Options } from '@tsquic/http3';
import type { TransportOptions } from '@tsquic/quic-core';
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

/** Transport options with room for datagrams, where HTTP/3 announces them and the program has not decided. RFC 9297 §2.1.1 */
export function transportFor(transport: TransportOptions, engine: Http3Options): TransportOptions {
  return engine.datagrams === true ? { maxDatagramFrameBytes: LARGEST_FRAME, ...transport } : transport;
}

/** Whatever fits into a packet. */
const LARGEST_FRAME = 65_535;
