import { type Address, addressText } from '@tsquic/quic-core';
import type { Datagram } from '@tsquic/simulator';
import type { Front } from './plan.ts';
import type { RelaySocket } from './socket.ts';

/** A client at a front. */
export interface Flow {
  readonly client: Address;
  readonly front: Front;
  /** The socket as which the server sees the client now; undefined until the first is open. */
  outer: RelaySocket | undefined;
  /** What has come from the client before that. */
  readonly waiting: Datagram[];
}

/** Flows by either end, as a NAT knows them. */
export class Translation {
  private readonly byClient = new Map<string, Flow>();
  private readonly byOuter = new Map<string, { readonly flow: Flow; readonly socket: RelaySocket }>();

  get flows(): readonly Flow[] {
    return [...this.byClient.values()];
  }

  /** The flow of a datagram from a client to a front, if it has one. */
  find({ from, to }: { readonly from: Address; readonly to: Address }): Flow | undefined {
    return this.byClient.get(clientKey(from, to));
  }

  add(client: Address, front: Front): Flow {
    const flow: Flow = { client, front, outer: undefined, waiting: [] };
    this.byClient.set(clientKey(client, front.listen), flow);
    return flow;
  }

  /** From now on, this socket stands for the client, and no other does. */
  bind(flow: Flow, socket: RelaySocket): void {
    flow.outer = socket;
    this.byOuter.set(addressText(socket.address), { flow, socket });
  }

  /** The flow whose client the server sees at this address now. */
  flowAt(outer: Address): Flow | undefined {
    const found = this.byOuter.get(addressText(outer));
    return found !== undefined && found.flow.outer === found.socket ? found.flow : undefined;
  }
}

function clientKey(client: Address, front: Address): string {
  return `${addressText(client)} at ${addressText(front)}`;
}
