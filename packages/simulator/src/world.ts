import type { Address } from '@tsquic/quic-core';
import type { Datagram } from './datagram.ts';
import { Host, type HostOptions } from './host.ts';
import { IdleTurns } from './idle-turns.ts';
import { Link, type LinkOptions } from './link.ts';
import { createObservers, type Observer } from './observer.ts';
import { createRandom, type Random } from './random.ts';

/** An IP of a host, with its ports and routes. Outer IPs of a NAT lead to the inner interface. */
interface Interface {
  readonly host: Host;
  readonly inner: Address[];
  readonly routes: Map<Interface, readonly Link[]>;
}

/**
 * Hosts, links and a virtual clock. No real time or randomness is used: the same seed and the same hosts give
 * the same datagrams.
 */
export class World {
  nowUs = 0;
  readonly seed: number;
  readonly random: Random;
  readonly hosts: Host[] = [];
  readonly links: Link[] = [];
  /** Datagrams without a route, and those that a NAT did not let pass. */
  unrouted = 0;
  private readonly observers: Observer[] = [];
  private readonly observer: Observer = createObservers(this.observers);
  private readonly idleTurns = new IdleTurns();
  private readonly interfaces = new Map<string, Interface>();
  private readonly calls: { readonly atUs: number; readonly act: () => void }[] = [];

  constructor(seed: number) {
    this.seed = seed;
    this.random = createRandom(seed);
  }

  addHost(options: HostOptions): Host {
    const host = new Host(options, this.observer);
    this.hosts.push(host);
    for (const inner of host.addresses) {
      const known = this.interfaces.get(inner.ip);
      if (known?.host === host) known.inner.push(inner);
      else this.interfaces.set(inner.ip, { host, inner: [inner], routes: new Map() });
    }
    const first = this.interfaces.get(host.addresses[0]!.ip)!;
    for (const { address } of host.nat?.options.bindings ?? []) this.interfaces.set(address.ip, first);
    return host;
  }

  addLink(name: string, options: Partial<LinkOptions>): Link {
    const link = new Link(name, options, this.random);
    this.links.push(link);
    return link;
  }

  /** Datagrams from one host's IP to another pass these links, in order. Routes may share links. */
  addRoute(fromIp: string, toIp: string, links: readonly Link[]): void {
    this.interface(fromIp).routes.set(this.interface(toIp), links);
  }

  /** Add an observer, from now on. */
  observe(observer: Observer): void {
    this.observers.push(observer);
  }

  /** Call `act` when the clock shows `atUs`, before anything else at that time. */
  at(atUs: number, act: () => void): void {
    this.calls.push({ atUs, act });
    this.calls.sort((a, b) => a.atUs - b.atUs);
  }

  /** Deliver a datagram that no host sent, now, to the host with its destination address, if there is one. */
  inject(datagram: Datagram): void {
    if (this.interfaces.has(datagram.to.ip)) this.arrive(datagram);
    else this.unrouted++;
  }

  /**
   * Run from event to event until `isDone()`, or until none is left before `untilUs` of virtual time. Returns
   * whether `isDone()` became true.
   */
  run(isDone: () => boolean, untilUs: number): boolean {
    for (;;) {
      this.settle();
      if (isDone()) return true;
      const nextUs = this.nextUs();
      if (nextUs > untilUs) {
        if (untilUs !== Infinity) this.nowUs = Math.max(this.nowUs, untilUs);
        return false;
      }
      this.nowUs = Math.max(this.nowUs, nextUs);
    }
  }

  private interface(ip: string): Interface {
    const found = this.interfaces.get(ip);
    if (found === undefined) throw new Error(`no host has the address ${ip}`);
    return found;
  }

  /** When the next event happens. */
  private nextUs(): number {
    let next = this.calls[0]?.atUs ?? Infinity;
    for (const link of this.links) next = Math.min(next, link.nextUs());
    for (const host of this.hosts) next = Math.min(next, host.nextUs(this.nowUs));
    return next;
  }

  /** Handle all events of this time. */
  private settle(): void {
    while (this.calls.length > 0 && this.calls[0]!.atUs <= this.nowUs) this.calls.shift()!.act();
    for (let rounds = 0; rounds < LIVELOCK_ROUNDS; rounds++) {
      let acted = false;
      for (const link of this.links) {
        if (link.nextUs() > this.nowUs) continue;
        acted = true;
        this.drain(link);
      }
      for (const host of this.hosts) {
        if (host.nextUs(this.nowUs) > this.nowUs) continue;
        acted = true;
        host.turn(this.nowUs, (datagram) => this.send(host, datagram));
        if (this.idleTurns.onTurn(this.nowUs)) throw this.restless(`${host.name} wakes again and again`);
      }
      if (!acted) return;
    }
    throw this.restless('the world does not come to rest');
  }

  private restless(what: string): Error {
    return new Error(`${what} at ${this.nowUs} µs (seed ${this.seed})`);
  }

  private send(host: Host, datagram: Datagram): void {
    const isTranslated = host.nat !== undefined && datagram.from.ip === host.addresses[0]!.ip;
    const outer = isTranslated ? { ...datagram, from: host.nat.translate(this.nowUs) } : datagram;
    this.idleTurns.onDatagram();
    this.observer.onSend?.(host, outer, this.nowUs);
    const first = this.route(outer)?.[0];
    if (first === undefined) {
      this.unrouted++;
      return;
    }
    if (first.isUnreachable(this.nowUs))
      host.context.notifyUnreachable(datagram.to, host.clockUs(this.nowUs), datagram.from);
    first.push(outer, this.nowUs);
  }

  private drain(link: Link): void {
    for (let datagram = link.pop(this.nowUs); datagram !== undefined; datagram = link.pop(this.nowUs)) {
      this.observer.onDeliver?.(link, datagram, this.nowUs);
      const links = this.route(datagram);
      const next = links?.[links.indexOf(link) + 1];
      if (next === undefined) this.arrive(datagram);
      else next.push(datagram, this.nowUs);
    }
  }

  private arrive(datagram: Datagram): void {
    const { host, inner } = this.interfaces.get(datagram.to.ip)!;
    const [first] = inner;
    const isTranslated = host.nat !== undefined && first === host.addresses[0];
    const isAdmitted = isTranslated && host.nat.admits(datagram.to, this.nowUs);
    const to = isTranslated ? first : inner.find(({ port }) => port === datagram.to.port);
    this.idleTurns.onDatagram();
    if (to !== undefined && (isAdmitted || !isTranslated)) host.deliver(datagram, to);
    else this.unrouted++;
  }

  private route(datagram: Datagram): readonly Link[] | undefined {
    const target = this.interfaces.get(datagram.to.ip);
    return target && this.interfaces.get(datagram.from.ip)?.routes.get(target);
  }
}

/** A world that has so many events at the same time does not stop. */
const LIVELOCK_ROUNDS = 100_000;
