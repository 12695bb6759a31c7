export { Bbr } from './bbr/bbr.ts';
export { CarefulResume, type RememberedPath } from './careful-resume.ts';
export {
  type AckSample,
  type CongestionController,
  type CongestionEvent,
  type CongestionFactory,
  type CongestionOptions,
  createAckSample,
  createCongestionEvent,
} from './controller.ts';
export { checkController, type ComplianceOptions, type ComplianceStep } from './controller-compliance.ts';
export { Cubic } from './cubic.ts';
export { NewReno } from './newreno.ts';
export {
  CONTROLLER_NAMES,
  controllerByName,
  type ControllerName,
  type ControllerParameters,
} from './options.ts';
export { Pacer } from './pacer.ts';
export { checkRecovery, type RecoveryPath } from './recovery-compliance.ts';
export { Prague } from './prague.ts';
export { initialWindow, minimumWindow } from './window.ts';
