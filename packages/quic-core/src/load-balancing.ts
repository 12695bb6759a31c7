/** Connection IDs by which load balancers route: `@tsquic/quic-core/load-balancing`. */
export { createAwsConnectionIds } from './balancing/aws.ts';
export type { QuicLbBalancerConfig, QuicLbServerConfig } from './balancing/quic-lb-config.ts';
export { QuicLbConnectionIds } from './balancing/quic-lb-connection-ids.ts';
export { QuicLbDecoder, type QuicLbDecoderOptions, type QuicLbRoute } from './balancing/quic-lb-decoder.ts';
export { WorkerIds, type WorkerIdsOptions } from './balancing/worker-ids.ts';
export { HalfSipHash } from './balancing/half-sip-hash.ts';
