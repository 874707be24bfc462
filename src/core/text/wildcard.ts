/**
 * Does a text match a pattern in which `*` is any characters and `?` is one? Takes at most as many steps as both lengths
 * multiplied: a pattern with many stars cannot be made to run for long by a name, as a regular expression of it could.
 */
export function wildcardMatcher(pattern: string): (text: string) => boolean {
  const wanted = [...pattern];
  return (text) => {
    const given = [...text];
    let p = 0;
    let t = 0;
    /** The last star that was passed, and where the text goes on behind what it took. */
    let star = -1;
    let after = 0;
    while (t < given.length) {
      if (p < wanted.length && wanted[p] === '*') {
        star = p++;
        after = t;
      } else if (p < wanted.length && (wanted[p] === '?' || wanted[p] === given[t])) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++after;
      } else return false;
    }
    while (wanted[p] === '*') p++;
    return p === wanted.length;
  };
}
