import type { ProposedStream } from '../../authoring/discover/proposal.ts';
import type { NewConnector } from '../../authoring/scaffold/skeleton.ts';

/** Makes the files of a pack. `fixtures`: name in the folder of the first stream, or `../` and the path below fixtures/. */
export type Finish = (
  streams: ProposedStream[],
  fixtures: Contents,
  notes: string[],
  more?: Partial<Pick<NewConnector, 'options' | 'transportOptions' | 'open'>>,
) => { files: Contents; notes: string[] };

export type Contents = Record<string, string | Buffer>;
