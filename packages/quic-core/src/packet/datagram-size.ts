/** The UDP payload that every path of QUIC carries, bytes. RFC 9000 §14 */
export const BASE_MTU = 1200;
