import type { Connection } from '../connection/connection.ts';
import type { ConnectionIdRegistry } from '../ids/registry.ts';
import type { Router } from './router.ts';

/** One connection's access to the router. IDs issued while it is still being built are entered by `adopt`. */
export class Registration implements ConnectionIdRegistry {
  private readonly router: Router;
  private readonly waiting: Uint8Array[] = [];
  private connection: Connection | undefined;

  constructor(router: Router) {
    this.router = router;
  }

  /** The connection exists now; `extraIds` lead to it as well. */
  adopt(connection: Connection, extraIds: readonly Uint8Array[]): void {
    this.connection = connection;
    for (const id of this.waiting) this.router.add(id, connection);
    for (const id of extraIds) this.router.add(id, connection);
    this.waiting.length = 0;
  }

  issue(): Uint8Array {
    const connectionId = this.router.freshId();
    if (this.connection === undefined) this.waiting.push(connectionId);
    else this.router.add(connectionId, this.connection);
    return connectionId;
  }

  resetToken(connectionId: Uint8Array): Uint8Array {
    return this.router.resetToken(connectionId);
  }

  retire(connectionId: Uint8Array): void {
    this.router.remove(connectionId);
  }

  watchToken(token: Uint8Array): void {
    if (this.connection !== undefined) this.router.watchToken(token, this.connection);
  }

  forgetToken(token: Uint8Array): void {
    this.router.forgetToken(token);
  }
}
