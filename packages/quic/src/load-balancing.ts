export {
  createAwsConnectionIds,
  type QuicLbBalancerConfig,
  QuicLbConnectionIds,
  QuicLbDecoder,
  type QuicLbDecoderOptions,
  type QuicLbRoute,
  type QuicLbServerConfig,
} from '@tsquic/quic-core/load-balancing';
export { createNodeProvider } from '@tsquic/crypto/node';
