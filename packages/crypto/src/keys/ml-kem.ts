/** Length of an encapsulation key of ML-KEM-768, bytes. FIPS 203 table 3 */
export const ML_KEM_KEY_BYTES = 1184;
/** Length of a ciphertext of ML-KEM-768, bytes. */
export const ML_KEM_CIPHERTEXT_BYTES = 1088;

/**
 * ML-KEM-768: one side generates a key, the other encapsulates a secret for it, and the first decapsulates
 * the same secret. FIPS 203
 */
export interface MlKem {
  generateKey(): MlKemKey;
  /**
   * Encapsulate a new secret. Returns undefined for an invalid key: one of a wrong length, or not reduced
   * (FIPS 203 §7.2).
   */
  encapsulate(encapsulationKey: Uint8Array): MlKemAnswer | undefined;
}

/** One ephemeral decapsulation key. */
export interface MlKemKey {
  readonly encapsulationKey: Uint8Array;
  /**
   * The secret in this ciphertext, 32 bytes. A ciphertext made for another key gives bytes that the peer does
   * not know; one of a wrong length gives undefined.
   */
  decapsulate(ciphertext: Uint8Array): Uint8Array | undefined;
}

/** The ciphertext for an encapsulation key, and its secret. */
export interface MlKemAnswer {
  readonly ciphertext: Uint8Array;
  readonly secret: Uint8Array;
}
