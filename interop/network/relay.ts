import type { Address } from '@tsquic/quic-core';
import { createRandom, type Datagram, Link, type LinkCounters } from '@tsquic/simulator';
import type { Clock } from './clock.ts';
import type { Front, RelayPlan } from './plan.ts';
import { RebindingSchedule } from './rebinding-schedule.ts';
import type { OpenSocket, RelaySocket } from './socket.ts';
import { type Flow, Translation } from './translation.ts';

/** What a relay needs of the world. */
export interface RelaySurroundings {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  /** A datagram of a watched front passes. */
  onSeen(side: Side, datagram: Datagram, unixUs: number): void;
}

/** Where a datagram was seen: `left` at the client, `right` at the server. */
export type Side = 'left' | 'right';

/** What became of the datagrams of all clients and servers. */
export interface RelayCounts {
  readonly up: DirectionCounts;
  readonly down: DirectionCounts;
  /** How often the clients were given another place. */
  readonly rebindings: number;
}

/** Counts of one direction; those that the queue dropped are not among the lost. */
export type DirectionCounts = Pick<LinkCounters, 'entered' | 'lost' | 'corrupted' | 'delivered'> & {
  readonly dropped: number;
};

/** Carries datagrams between clients and servers over two links, one for each direction, which all flows share. */
export class Relay {
  private readonly plan: RelayPlan;
  private readonly around: RelaySurroundings;
  private readonly up: Link;
  private readonly down: Link;
  private readonly rebindings: RebindingSchedule;
  private readonly translation = new Translation();
  private readonly fronts = new Map<Front, RelaySocket>();
  private readonly sockets: RelaySocket[] = [];
  /** When the first datagram of a client came: time 0 of the plan. */
  private originUs: number | undefined;
  private cancelWake: () => void = () => undefined;
  private isClosed = false;

  constructor(plan: RelayPlan, around: RelaySurroundings) {
    this.plan = plan;
    this.around = around;
    const random = createRandom(plan.network.seed);
    this.up = new Link('up', plan.network.up, random);
    this.down = new Link('down', plan.network.down, random);
    this.rebindings = new RebindingSchedule(plan.network.rebinding);
  }

  /** Opens the fronts and resolves to their addresses, in the plan's order. Rejects with the system's error. */
  async open(): Promise<Address[]> {
    for (const wanted of this.plan.fronts) {
      const socket = await this.openSocket(wanted.listen);
      const front = { ...wanted, listen: socket.address };
      socket.onDatagram = (bytes, client, ecn) => this.onClientDatagram(front, bytes, client, ecn);
      this.fronts.set(front, socket);
    }
    return [...this.fronts.keys()].map((front) => front.listen);
  }

  get counts(): RelayCounts {
    const of = ({ counters, queue }: Link): DirectionCounts => ({ ...counters, dropped: queue.dropped });
    return { up: of(this.up), down: of(this.down), rebindings: this.rebindings.count };
  }

  close(): void {
    this.isClosed = true;
    this.cancelWake();
    for (const socket of this.sockets) socket.close();
  }

  private onClientDatagram(front: Front, bytes: Uint8Array, client: Address, ecn: number): void {
    const unixUs = this.around.clock.nowUs();
    this.originUs ??= unixUs;
    const datagram = { bytes, from: client, to: front.listen, ecn, sentUs: 0 };
    this.see('left', front, datagram, unixUs);
    if (this.translation.find(datagram) === undefined) void this.rebind(this.translation.add(client, front));
    this.enter(this.up, datagram);
  }

  /** Opens a socket that stands for the client from then on. */
  private async rebind(flow: Flow): Promise<void> {
    const { client, front } = flow;
    const socket = await this.openSocket({ ip: this.rebindings.ipOf(client), port: 0 });
    socket.onDatagram = (bytes, from, ecn) => {
      const datagram = { bytes, from, to: socket.address, ecn, sentUs: 0 };
      this.see('right', front, datagram, this.around.clock.nowUs());
      this.enter(this.down, datagram);
    };
    this.translation.bind(flow, socket);
    for (const datagram of flow.waiting.splice(0)) this.sendToServer(flow, socket, datagram);
  }

  private async openSocket(at: Address): Promise<RelaySocket> {
    const socket = await this.around.openSocket(at);
    if (this.isClosed) socket.close();
    this.sockets.push(socket);
    return socket;
  }

  private enter(link: Link, datagram: Datagram): void {
    if (this.isClosed) return;
    link.push(datagram, this.linkTimeUs());
    this.release();
  }

  /** Lets go of everything that is due, and comes back when more is. */
  private release(): void {
    this.cancelWake();
    const nowUs = this.linkTimeUs() + this.around.clock.graceUs;
    if (this.rebindings.advance(nowUs)) for (const flow of this.translation.flows) void this.rebind(flow);
    for (let next = this.up.pop(nowUs); next !== undefined; next = this.up.pop(nowUs)) this.deliverUp(next);
    for (let next = this.down.pop(nowUs); next !== undefined; next = this.down.pop(nowUs))
      this.deliverDown(next);
    const nextUs = Math.min(this.up.nextUs(), this.down.nextUs(), this.rebindings.nextUs());
    if (nextUs === Infinity || this.originUs === undefined) return;
    this.cancelWake = this.around.clock.wakeAt(this.originUs + nextUs, () => this.release());
  }

  /** Translation is at the server's end of the way: what is under way when the client's place changes comes from the new one. */
  private deliverUp(datagram: Datagram): void {
    const flow = this.translation.find(datagram);
    if (flow?.outer === undefined) flow?.waiting.push(datagram);
    else this.sendToServer(flow, flow.outer, datagram);
  }

  private sendToServer({ front }: Flow, outer: RelaySocket, datagram: Datagram): void {
    outer.send(datagram.bytes, front.server, datagram.ecn);
    const sent = { ...datagram, from: outer.address, to: front.server };
    this.see('right', front, sent, this.around.clock.nowUs());
  }

  /** At the client's end: what comes to a place that the client no longer has is lost. */
  private deliverDown(datagram: Datagram): void {
    const flow = this.translation.flowAt(datagram.to);
    if (flow === undefined) return;
    const { front, client } = flow;
    this.fronts.get(front)?.send(datagram.bytes, client, datagram.ecn);
    const seen = { ...datagram, from: front.listen, to: client };
    this.see('left', front, seen, this.around.clock.nowUs());
  }

  private see(side: Side, front: Front, datagram: Datagram, unixUs: number): void {
    if (front.isWatched) this.around.onSeen(side, datagram, unixUs);
  }

  private linkTimeUs(): number {
    return this.around.clock.nowUs() - (this.originUs ?? 0);
  }
}
