import { bytesFromLatin1 } from '@tsquic/bytes';
import type { Connection } from '../connection/connection.ts';
import { connectionIdKey } from '../ids/connection-id.ts';
import type { ConnectionIdRegistry } from '../ids/registry.ts';
import type { Router } from './router.ts';

/** One connection's access to the router. IDs issued while it is still being built are entered by `adopt`. */
export class Registration implements ConnectionIdRegistry {
  private readonly router: Router;
  private readonly onFault: (id: number, error: unknown) => void;
  private waiting: Uint8Array[] | undefined = [];
  private extraKey: string | undefined;
  private connection: Connection | undefined;

  /**
   * @param extraId - leads to the connection too, though it did not issue it.
   * @param onFault - is called with the connection's number and what the program's generator of IDs throws.
   */
  constructor(
    router: Router,
    extraId: Uint8Array | undefined,
    onFault: (id: number, error: unknown) => void,
  ) {
    this.router = router;
    this.extraKey = extraId && connectionIdKey(extraId);
    this.onFault = onFault;
  }

  /** The connection exists now: its IDs lead to it. */
  adopt(connection: Connection): void {
    this.connection = connection;
    for (const id of this.waiting!) this.router.add(id, connection);
    if (this.extraKey !== undefined) this.router.add(bytesFromLatin1(this.extraKey), connection);
    this.waiting = undefined;
  }

  issueFirst(): Uint8Array {
    const connectionId = this.router.freshId('first');
    if (this.connection === undefined) this.waiting!.push(connectionId);
    else this.router.add(connectionId, this.connection);
    return connectionId;
  }

  issueFurther(): Uint8Array | undefined {
    try {
      const connectionId = this.router.ids.issue('further', this.router.isTaken);
      if (connectionId !== undefined) this.router.add(connectionId, this.connection!);
      return connectionId;
    } catch (error) {
      // The connection goes on with the IDs that it has.
      this.onFault(this.connection!.id, error);
      return undefined;
    }
  }

  resetToken(connectionId: Uint8Array): Uint8Array {
    return this.router.resetToken(connectionId);
  }

  retire(connectionId: Uint8Array): void {
    this.router.remove(connectionId);
  }

  releaseExtra(): void {
    if (this.extraKey !== undefined) this.router.remove(bytesFromLatin1(this.extraKey));
    this.extraKey = undefined;
  }

  watchToken(token: Uint8Array): void {
    if (this.connection !== undefined) this.router.watchToken(token, this.connection);
  }

  forgetToken(token: Uint8Array): void {
    this.router.forgetToken(token);
  }
}
