import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';

/**
 * Names of network interfaces, which stand after the % of link-local addresses, and their indices. RFC 4007 §11. The system is
 * asked once in some seconds at most, for each datagram may come from an address that is new.
 */
export class InterfaceNames {
  private readonly list: typeof networkInterfaces;
  private readonly nowMs: () => number;
  private readonly names: Map<number, string> = new Map();
  private readonly indices: Map<string, number> = new Map();
  private readAtMs = -Infinity;

  constructor(list: typeof networkInterfaces = networkInterfaces, nowMs = (): number => performance.now()) {
    this.list = list;
    this.nowMs = nowMs;
  }

  /** The name of an interface; its index as text when the system does not tell. */
  nameOf(index: number): string {
    this.refresh();
    return this.names.get(index) ?? String(index);
  }

  /** The index of an interface by its name, or by its index as text; 0 when there is none, or the system does not tell. */
  indexOf(zone: string): number {
    if (/^\d+$/.test(zone)) return Number(zone);
    this.refresh();
    return this.indices.get(zone) ?? 0;
  }

  private refresh(): void {
    const nowMs = this.nowMs();
    if (nowMs - this.readAtMs < KEPT_MS) return;
    this.readAtMs = nowMs;
    const listed = this.ask();
    this.names.clear();
    this.indices.clear();
    for (const [name, entries = []] of Object.entries(listed)) {
      const index = entries.find(({ scopeid = 0 }) => scopeid > 0)?.scopeid;
      if (index === undefined) continue;
      this.names.set(index, name);
      this.indices.set(name, index);
    }
  }

  private ask(): ReturnType<typeof networkInterfaces> {
    try {
      return this.list();
    } catch {
      // Sandboxes may refuse it.
      return {};
    }
  }
}

/** Interfaces come and go seldom. */
const KEPT_MS = 3000;
