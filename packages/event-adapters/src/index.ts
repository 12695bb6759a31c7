export { type Alarm, type Clock } from './clock.ts';
export { type DatagramPort } from './datagram-port.ts';
export {
  type ConnectionHandlers,
  type ContextHandlers,
  EventDispatcher,
  type EventOf,
  type StreamHandlers,
} from './event-dispatcher.ts';
export { type EveryAddressOptions, openEveryAddress } from './every-address.ts';
export { IgnoredStream, type IgnoredStreamOptions } from './ignored-stream.ts';
export { nodeClock, unixTimeAtZeroUs } from './node-clock.ts';
export { canReusePort, openNodePort, type NodePortOptions } from './node-port.ts';
export { openUdpPort, type UdpKind, type UdpPortOptions } from './udp-port.ts';
export { PacketLoop, type PacketLoopEvent, type PacketLoopOptions, startPacketLoop } from './packet-loop.ts';
export { portPromises, type PortPromise } from './port-compliance.ts';
export { createPortSet, PortSet, type PortSetMember } from './port-set.ts';
export { type LoopHooks, QuicLoop, type QuicLoopOptions } from './quic-loop.ts';
