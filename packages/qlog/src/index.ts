export type { QlogNames } from './events.ts';
export type { QlogSink } from './sequence-writer.ts';
export { createQlogTracer, type QlogConnection, type QlogOptions, type QlogTracer } from './tracer.ts';
