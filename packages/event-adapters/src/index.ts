export { type Alarm, type Clock } from './clock.ts';
export { type DatagramPort } from './datagram-port.ts';
export { nodeClock, unixTimeAtZeroUs } from './node-clock.ts';
export { openNodePort, type NodePortOptions } from './node-port.ts';
export { portPromises, type PortPromise } from './port-compliance.ts';
export { QuicLoop, type QuicLoopOptions } from './quic-loop.ts';
