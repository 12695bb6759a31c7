/** AES-128 of single blocks, without a mode of operation, for the connection IDs of QUIC-LB. FIPS 197 */
export interface BlockCipher {
  /** Encrypt these 16 bytes in place. Throws a RangeError for any other length. */
  encrypt(block: Uint8Array): void;
  /** The inverse of `encrypt`. */
  decrypt(block: Uint8Array): void;
}
