import { expect, test } from '@jest/globals';
import * as congestion from './index.ts';

test('the public names', () => {
  expect(Object.keys(congestion).toSorted()).toEqual([
    'Bbr',
    'CONTROLLER_NAMES',
    'CarefulResume',
    'Cubic',
    'NewReno',
    'Pacer',
    'Prague',
    'checkController',
    'checkRecovery',
    'controllerByName',
    'createAckSample',
    'createCongestionEvent',
    'initialWindow',
    'minimumWindow',
  ]);
});
