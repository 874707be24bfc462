export { type Cut, cutAt, CutOff } from '../../src/authoring/certify/cut.ts';
