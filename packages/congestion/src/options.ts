import { Bbr } from './bbr/bbr.ts';
import { CarefulResume, type RememberedPath } from './careful-resume.ts';
import type { CongestionController, CongestionFactory, CongestionOptions } from './controller.ts';
import { Cubic } from './cubic.ts';
import { NewReno } from './newreno.ts';
import { Prague } from './prague.ts';

/** The names that `controllerByName` knows. */
export const CONTROLLER_NAMES = ['newreno', 'cubic', 'bbr', 'prague'] as const;
/** One of `CONTROLLER_NAMES`. */
export type ControllerName = (typeof CONTROLLER_NAMES)[number];

/** What controllers chosen by name can be told besides. Each takes what concerns it. */
export interface ControllerParameters {
  /** CUBIC: give way to new flows by aiming lower after a loss below the last plateau. Default: true. RFC 9438 §4.7 */
  fastConvergence?: boolean;
  /** Start faster where round trips are longer than 100 ms, as fast as a path of 100 ms would. Default: true. */
  longPaths?: boolean;
  /** What an earlier connection learned: start from it, carefully. Default: start afresh. */
  resume?: RememberedPath;
}

/**
 * The factory of a controller, for programs that choose by configuration.
 *
 * Throws a RangeError for a name not in `CONTROLLER_NAMES`.
 */
export function controllerByName(name: string, parameters: ControllerParameters = {}): CongestionFactory {
  const create = factoryOf(name, parameters);
  const { resume } = parameters;
  if (resume === undefined) return create;
  return (options) => new CarefulResume(create(options), resume, options.mtuBytes);
}

function factoryOf(name: string, parameters: ControllerParameters): CongestionFactory {
  switch (name) {
    case 'newreno':
      return (options: CongestionOptions): CongestionController => new NewReno(options, parameters.longPaths);
    case 'cubic':
      return (options: CongestionOptions): CongestionController =>
        new Cubic(options, parameters.fastConvergence, parameters.longPaths);
    case 'bbr':
      return (options: CongestionOptions): CongestionController => new Bbr(options, parameters.longPaths);
    case 'prague':
      return (options: CongestionOptions): CongestionController => new Prague(options, parameters.longPaths);
    default:
      throw new RangeError(
        `no congestion controller is named '${name}'; known: ${CONTROLLER_NAMES.join(', ')}`,
      );
  }
}
