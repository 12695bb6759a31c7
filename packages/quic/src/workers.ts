export { listenInWorkers } from './workers/listen-in-workers.ts';
export {
  currentWorker,
  type CurrentWorker,
  listenAsWorker,
  type WorkerListenOptions,
} from './workers/worker.ts';
export {
  WorkersListener,
  type WorkersStatistics,
  type WorkerStatistics,
} from './workers/workers-listener.ts';
export type { RestartOptions, WorkersOptions } from './workers/workers-options.ts';
