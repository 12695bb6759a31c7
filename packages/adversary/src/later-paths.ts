import { equalBytes } from '@tsquic/bytes';

interface LaterPath {
  readonly pathId: number;
  readonly id: Uint8Array;
  largest: number;
}

/** Packet numbers and own connection IDs of the paths after the first. draft-ietf-quic-multipath §1 */
export class LaterPaths {
  private readonly next = new Map<number, number>();
  private readonly own: LaterPath[] = [];

  /** Packets to this ID take the path. */
  expect(pathId: number, id: Uint8Array): void {
    if (!this.own.some((one) => one.pathId === pathId)) this.own.push({ pathId, id, largest: -1 });
  }

  /** The number of the next packet that leaves on the path. */
  nextNumber(pathId: number): number {
    const number = this.next.get(pathId) ?? 0;
    this.next.set(pathId, number + 1);
    return number;
  }

  /** The path that packets to this ID take, and the largest number that came on it; undefined for the first. */
  find(destination: Uint8Array): LaterPath | undefined {
    return this.own.find(({ id }) => equalBytes(id, destination));
  }
}
