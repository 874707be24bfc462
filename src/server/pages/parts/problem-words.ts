import { type Problem, textOfPlace } from '../../../core/errors.ts';

/** A problem as the page shows it: where, what, and what to do. */
export interface ShownProblem {
  where: string;
  what: string;
  todo: string;
}

/**
 * Words for the page, which more people see than the command line. The key of a record is left out, since it can name a
 * person. Of a fault of our own only that it happened: its text can quote a record or the paths of the machine.
 */
export function shownProblem(problem: Problem): ShownProblem {
  const { key: _, ...place } = problem.place;
  if (problem.code === 'INTERNAL')
    return {
      where: textOfPlace(place),
      what: 'This is a bug in Interlocal, not in your configuration.',
      todo: 'Run the pipeline with interlocal run, which shows the lines to report.',
    };
  return { where: textOfPlace(place), what: problem.message, todo: problem.hint ?? '' };
}

/** The same for machines that read over the network. */
export function networkProblem(problem: Problem): Problem {
  const { key: _, ...place } = problem.place;
  const { what, todo } = shownProblem(problem);
  return { ...problem, place, message: what, hint: todo || undefined };
}
