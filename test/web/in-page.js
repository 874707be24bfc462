// What tests look at inside the browser. Each function is sent there by itself and uses nothing of this file.

/** What has the focus: its text, and whether the eye can see that it has. */
export function focused() {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const label = element.id ? document.querySelector(`label[for="${element.id}"]`)?.textContent : undefined;
  return {
    id: element.id,
    name: label ?? element.getAttribute('aria-label') ?? element.textContent.trim(),
    inContent: document.querySelector('main').contains(element),
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
  };
}

export function width() {
  return document.documentElement.scrollWidth;
}

/** What a person who listens to the page needs, after the rules of axe. */
export function structure() {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const ids = all('[id]').map((e) => e.id);
  const levels = all('h1, h2, h3').map((e) => Number(e.tagName[1]));
  const isMissing = (id) => !document.getElementById(id);
  const columns = (row) => [...row.children].reduce((n, cell) => n + cell.colSpan, 0);
  return {
    lang: document.documentElement.lang,
    title: document.title,
    h1: all('h1').length,
    landmarks: ['header', 'nav', 'main', 'footer'].map((name) => all(name).length),
    jumpsOfHeadings: levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1).length,
    tablesWithoutCaption: all('table').filter((table) => !table.querySelector(':scope > caption')?.textContent).length,
    headersWithoutScope: all('th:not([scope])').length,
    rowsWithoutHeader: all('tbody tr, tfoot tr').filter((row) => !row.querySelector('th[scope=row]')).length,
    raggedTables: all('table').filter((table) => new Set([...table.querySelectorAll('tr')].map(columns)).size > 1).length,
    repeatedIds: ids.filter((id, i) => ids.indexOf(id) !== i),
    brokenReferences: all('[aria-labelledby]')
      .flatMap((e) => e.getAttribute('aria-labelledby').split(' '))
      .filter(isMissing),
    brokenAnchors: all('a[href^="#"]')
      .map((a) => a.getAttribute('href').slice(1))
      .filter(isMissing),
    controlsWithoutLabel: all('input, select').filter((e) => !document.querySelector(`label[for="${e.id}"]`)).length,
    linksWithoutText: all('a').filter((a) => !a.textContent.trim()).length,
    regionsWithoutName: all('[role=region]').filter((e) => !e.getAttribute('aria-label') || e.tabIndex !== 0).length,
    picturesWithoutText: all('svg').filter(
      (e) =>
        e.getAttribute('aria-hidden') !== 'true' &&
        !(e.getAttribute('role') === 'img' && e.querySelector(':scope > title') && e.querySelector(':scope > desc')),
    ).length,
    currentPages: all('[aria-current]').length,
  };
}

/** Texts under the contrast of 4.5 (WCAG 2.2), as the browser paints them. */
export function faintTexts() {
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const part = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if ((color[3] ?? 1) === 1) return color;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || parent.closest('title, desc, option')) continue;
    const style = getComputedStyle(parent);
    const [low, high] = [luminance(rgb(parent.closest('svg') ? style.fill : style.color)), luminance(behind(parent))].sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) faint.push(`${node.textContent.trim()}: ${contrast.toFixed(2)}`);
  }
  return faint;
}

/** Heights of the chart's columns, and the totals of the table below. */
export function chartAndTable() {
  const columns = Map.groupBy(document.querySelectorAll('svg.chart rect[x]'), (rect) => rect.getAttribute('x'));
  const boxes = [...columns.values()].map((rects) => rects.map((rect) => rect.getBoundingClientRect()));
  return {
    heights: boxes.map((list) => Math.max(...list.map((box) => box.bottom)) - Math.min(...list.map((box) => box.top))),
    totals: [...document.querySelectorAll('section[aria-labelledby=revenue] tfoot td')]
      .slice(0, 6)
      .map((cell) => Number(cell.textContent.replaceAll(',', ''))),
  };
}
