export { type Cut, cutAt, CutOff } from '../../src/engine/certify/cut.ts';
