export { caught } from './caught.ts';
export { covers } from './covers.ts';
export { costRatio, cpuMs } from './cpu-time.ts';
export { usageCode } from './usage-code.ts';
