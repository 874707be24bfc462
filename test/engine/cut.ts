export { type Cut, cutAt, CutOff } from '../../src/store/scratch.ts';
