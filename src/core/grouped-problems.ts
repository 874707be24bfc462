import { type Place, type Problem, textOfPlace, textOfProblem } from './errors.ts';
import { visibleLine } from './text/visible.ts';

/** Problems that differ only in where they are. */
export interface ProblemGroup {
  problem: Problem;
  /** Where, in the order in which they came. */
  places: Place[];
}

/** So many places of one group are written; `--json` has them all. */
const MAX_PLACES = 10;

/** What two problems must have in common to be told once: what is wrong, of which field, and what to do. */
export function sameProblem({ code, place, message, hint }: Problem): string {
  return JSON.stringify([code, place.path ?? '', message, hint ?? '']);
}

/** Groups equal problems, in the order in which each came first. */
export function groupProblems(problems: readonly Problem[]): ProblemGroup[] {
  return [...Map.groupBy(problems, sameProblem).values()].map((list) => ({ problem: list[0]!, places: list.map((p) => p.place) }));
}

/** Lines for a terminal: each problem once, with the places where it is. */
export function textOfProblems(problems: readonly Problem[]): string {
  return groupProblems(problems)
    .map(({ problem, places }) => {
      if (places.length === 1) return textOfProblem(problem);
      const { path } = problem.place;
      const text = textOfProblem({ ...problem, place: path === undefined ? {} : { path } });
      return `${places.length.toLocaleString('en-US')} times: ${text}\n    at ${placesText(places)}`;
    })
    .join('\n');
}

/** `a.csv:4, a.csv:5 … and 98 more` */
export function placesText(places: readonly Place[]): string {
  const texts = places.slice(0, MAX_PLACES).map(({ path: _, ...place }) => visibleLine(textOfPlace(place)) || '(no place)');
  return `${texts.join(', ')}${places.length > MAX_PLACES ? ` … and ${(places.length - MAX_PLACES).toLocaleString('en-US')} more` : ''}`;
}
