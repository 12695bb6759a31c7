/**
 * A function that takes any bytes: it may refuse them in its own way, but must neither throw otherwise nor
 * hang.
 */
export interface FuzzTarget {
  readonly name: string;
  /** Share of the time, relative to other targets. */
  readonly weight: number;
  /** Run the target; throws only because of a defect. */
  readonly run: (input: Uint8Array) => void;
  /** Valid inputs, from which mutation begins. */
  readonly seeds: () => readonly Uint8Array[];
}

/** The time of a context when a target begins. */
export const NOW_US = 1_000_000;
/** Unix time of TLS engines. */
export const UNIX_MS: number = Date.UTC(2030, 0, 1);

/** Call a function and catch refusals of this kind; other exceptions are thrown again. */
export function refusing(kind: new (...parameters: never[]) => Error, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
  }
}

/** A function that calls `make` once and remembers the result. */
export function once<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= make());
}

/** The pieces of an input; each is preceded by its length in two bytes. */
export function* piecesOf(input: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at + 1 < input.length;) {
    const length = (input[at]! << 8) | input[at + 1]!;
    yield input.slice(at + 2, at + 2 + length);
    at += 2 + length;
  }
}

/** The input that has these pieces. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set([piece.length >> 8, piece.length & 0xff], at);
    out.set(piece, at + 2);
    at += 2 + piece.length;
  }
  return out;
}
