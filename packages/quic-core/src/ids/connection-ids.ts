import type { CryptoProvider } from '@tsquic/crypto';
import { QuicUsageError } from '../errors/usage-error.ts';
import { type IdLengths, idLengthAt, MAX_CONNECTION_ID_LENGTH } from '../packet/header.ts';

/**
 * The use of a connection ID: the first one of a connection, that of a Retry, or a further one of a
 * connection.
 */
export type ConnectionIdPurpose = 'first' | 'retry' | 'further';

/** Makes the connection IDs of a context: a program supplies one so that load balancers can route by them. */
export interface ConnectionIdGenerator {
  /**
   * Length of its IDs, 4 to 20 bytes, of all or by their first byte, because short headers carry no length
   * (RFC 9000 §17.3.1). A function is called with all 256 first bytes when the context is made, and again
   * when an ID has another length.
   */
  readonly length: number | ((firstByte: number) => number);
  /**
   * Make an ID that was never made before: two connections with the same ID would get each other's packets,
   * and could derive each other's reset token. The bytes are copied. Undefined when there are no more IDs:
   * for 'further', the connection gets no more; for 'first' and 'retry', that is an error of the generator.
   */
  generate(purpose: ConnectionIdPurpose): Uint8Array | undefined;
}

/** Shortest length of an ID that is needed to keep connections apart, bytes. */
export const MIN_ID_LENGTH = 4;
/** A generator that returns used IDs so many times in a row is not asked again. */
const MAX_ATTEMPTS = 8;

/**
 * Issues connection IDs, from the program's generator or at random, and knows their lengths. RFC 9000 §5.1
 */
export class ConnectionIds {
  /** Is changed in place, so that readers of packets may keep it. */
  readonly lengths: IdLengths;
  private readonly crypto: CryptoProvider;
  private readonly generator: ConnectionIdGenerator | undefined;

  /**
   * Throws `QuicUsageError` for a generator with invalid lengths.
   *
   * @param generator - the generator, or the length of random IDs.
   */
  constructor(crypto: CryptoProvider, generator: ConnectionIdGenerator | number) {
    this.crypto = crypto;
    this.generator = typeof generator === 'number' ? undefined : generator;
    if (this.generator === undefined) this.lengths = generator as number;
    else if (typeof this.generator.length === 'function') this.lengths = new Uint8Array(256);
    else this.lengths = checkedLength(this.generator.length);
    this.learnLengths();
  }

  /**
   * An ID that no connection uses; undefined when the generator has no more. Throws what the generator
   * throws, and `QuicUsageError` when it returns an invalid ID.
   */
  issue(purpose: ConnectionIdPurpose, isTaken: (id: Uint8Array) => boolean): Uint8Array | undefined {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const id = this.generator === undefined ? this.random() : this.generate(purpose);
      if (id === undefined || !isTaken(id)) return id;
    }
    throw fault(`gave an ID in use, ${MAX_ATTEMPTS} times`);
  }

  private random(): Uint8Array {
    const id = new Uint8Array(this.lengths as number);
    this.crypto.random(id);
    return id;
  }

  private generate(purpose: ConnectionIdPurpose): Uint8Array | undefined {
    const given: unknown = this.generator!.generate(purpose);
    if (given === undefined && purpose === 'further') return undefined;
    if (!ArrayBuffer.isView(given) || Object.prototype.toString.call(given) !== '[object Uint8Array]')
      throw fault('gave no Uint8Array');
    const id = (given as Uint8Array).slice();
    const first = id[0] ?? 0;
    // The generator's configuration may have changed.
    if (id.length !== idLengthAt(this.lengths, first)) this.learnLengths();
    const expected = idLengthAt(this.lengths, first);
    if (id.length !== expected)
      throw fault(`gave an ID of ${id.length} bytes, where its length says ${expected}`);
    return id;
  }

  private learnLengths(): void {
    const { lengths, generator } = this;
    if (typeof lengths === 'number' || typeof generator?.length !== 'function') return;
    const learned = Uint8Array.from({ length: 256 }, (_, first) =>
      checkedLength((generator.length as (firstByte: number) => number)(first)),
    );
    lengths.set(learned);
  }
}

function checkedLength(length: unknown): number {
  if (
    Number.isInteger(length) &&
    (length as number) >= MIN_ID_LENGTH &&
    (length as number) <= MAX_CONNECTION_ID_LENGTH
  )
    return length as number;
  throw fault(
    `must have IDs of ${MIN_ID_LENGTH} to ${MAX_CONNECTION_ID_LENGTH} bytes, not ${String(length)}`,
  );
}

function fault(what: string): QuicUsageError {
  return new QuicUsageError('invalid-option', `connectionIds ${what}`);
}
