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

/** Parameters of controllers chosen by name, each of which uses those that concern it. */
export interface ControllerParameters {
  /**
   * CUBIC: lower the plateau after a loss below the last one, to make room for new flows. Default: true.
   * RFC 9438 §4.7
   */
  fastConvergence?: boolean;
  /** Start as fast on round trips longer than 100 ms as on a path of 100 ms. Default: true. */
  longPaths?: boolean;
  /** What an earlier connection measured, from which to start by careful resume. Default: start without. */
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
