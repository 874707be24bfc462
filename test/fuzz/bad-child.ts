import { runCases } from '../../scripts/fuzz/child.ts';
import { badSubject } from './bad-subject.ts';

// What the fuzzer watches: a process whose cases end in every way that a case can.
await runCases([badSubject]);
