import type { TransportParameters } from '../../src/parameters/parameters.ts';
import type { Tracer } from '../../src/trace/tracer.ts';

/** A tracer, and the transport parameters of peers that it has heard of. */
export class ToldParameters {
  readonly list: TransportParameters[] = [];
  readonly tracer: Tracer = {
    onParameters: (_connection, isLocal, parameters) => {
      if (!isLocal) this.list.push(parameters);
    },
  };

  get only(): TransportParameters {
    if (this.list.length !== 1) throw new Error(`${this.list.length} peers told their parameters`);
    return this.list[0]!;
  }
}
