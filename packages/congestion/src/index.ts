export type {
  AckSample,
  CongestionController,
  CongestionEvent,
  CongestionFactory,
  CongestionOptions,
} from './controller.ts';
export { Cubic } from './cubic.ts';
export { NewReno } from './newreno.ts';
export { Pacer } from './pacer.ts';
export { initialWindow, minimumWindow } from './window.ts';
