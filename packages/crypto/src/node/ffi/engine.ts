import { Arena } from './arena.ts';
import { Contexts } from './contexts.ts';
import type { CipherName, OpenSsl } from './open-ssl.ts';
import { RecordCipher } from './record.ts';

/** What all keys share. */
export class Engine {
  readonly ssl: OpenSsl;
  readonly arena: Arena;
  readonly records: RecordCipher;
  private readonly known: Map<string, Contexts> = new Map();
  private lastKey = 0;

  constructor(ssl: OpenSsl) {
    this.ssl = ssl;
    this.arena = new Arena(ssl);
    this.records = new RecordCipher(ssl, this.arena);
  }

  /** A number for a key, which no other one has. */
  nextKey(): number {
    return ++this.lastKey;
  }

  contextsFor(cipher: CipherName, seals: boolean): Contexts {
    const name = `${cipher} ${String(seals)}`;
    const contexts = this.known.get(name) ?? new Contexts(this.ssl, this.arena, cipher, seals);
    this.known.set(name, contexts);
    return contexts;
  }
}
