// What a browser makes of every drawing of a page: where texts, boxes and arrows are, and which
// colours meet. Written into the element `answer`.
const at = (element) => {
  const r = element.getBoundingClientRect();
  return [r.left, r.top, r.right, r.bottom].map((each) => Math.round(each * 100) / 100);
};
const channels = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);
const luminance = (colour) => {
  const [r, g, b] = channels(colour).map((each) => {
    const c = each / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
// The colours of a fill: its own, or all of a pattern's.
const fills = (svg, element) => {
  const style = getComputedStyle(element);
  const pattern = style.fill.match(/url\("?#([^")]+)"?\)/);
  if (!pattern) return style.fill === 'none' ? [] : [style.fill];
  return [...svg.querySelector('#' + pattern[1]).children].map((each) => {
    const inner = getComputedStyle(each);
    return each.tagName === 'path' ? inner.stroke : inner.fill;
  });
};
const measured = (svg) => {
  const shapes = [...svg.querySelectorAll('text, rect')].filter((each) => !each.closest('defs'));
  const rects = [], texts = [];
  shapes.forEach((element, order) => {
    const found = { box: at(element), kind: element.getAttribute('class'), order };
    if (element.tagName === 'rect') rects.push({ ...found, fills: fills(svg, element) });
    else texts.push({ ...found, element });
  });
  // Rectangles by the rows of pixels that they are in: forty hosts have thousands.
  const rows = new Map(), row = (y) => Math.floor(y / 32);
  for (const rect of rects)
    for (let r = row(rect.box[1]); r <= row(rect.box[3]); r++)
      rows.has(r) ? rows.get(r).push(rect) : rows.set(r, [rect]);
  for (const text of texts) {
    const [left, top, right, bottom] = text.box;
    const there = [...new Set([...(rows.get(row(top)) || []), ...(rows.get(row(bottom)) || [])])]
      .sort((a, b) => a.order - b.order);
    const colour = getComputedStyle(text.element).fill;
    const near = there.filter(({ box: b }) => b[0] < right && b[2] > left && b[1] < bottom && b[3] > top);
    text.covered = near.some((each) => each.order > text.order && each.fills.length > 0);
    const under = (x) => near.filter(({ box: b, fills, order }) =>
      order < text.order && fills.length > 0 && b[0] <= x && b[2] >= x).at(-1);
    const places = [0.02, 0.25, 0.5, 0.75, 0.98].map((part) => left + part * (right - left));
    text.contrast = Math.min(...places.flatMap((x) => under(x).fills.map((f) => contrast(colour, f))));
    const around = near.filter(({ box: b, order, kind }) => order < text.order && kind !== 'rule'
      && b[1] <= top + 2 && b[3] >= bottom - 2);
    const within = around.filter(({ box: b }) => b[0] <= left + 1 && b[2] >= left + 1).at(-1);
    text.box_kind = within.kind;
    text.holder = within.box;
    text.group = at(text.element.parentElement);
    text.text = text.element.firstChild.data;
    text.font = getComputedStyle(text.element).fontFamily;
    delete text.element;
  }
  const arrows = [...svg.querySelectorAll('path.arrow')].map((path) => {
    const points = [];
    const matrix = path.getScreenCTM(), length = path.getTotalLength();
    for (let done = 0; done <= length; done += 6) {
      const point = path.getPointAtLength(done).matrixTransform(matrix);
      points.push([point.x, point.y]);
    }
    return { points, head: at(path.nextElementSibling) };
  });
  return { frame: at(svg), texts, rects, arrows };
};
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const all = {};
for (const font of ['', 'DejaVu Sans', 'Liberation Sans']) {
  if (font) {
    const style = document.createElement('style');
    style.textContent = `.fleet-map text{font-family:"${font}"!important}`;
    document.body.append(style);
  }
  all[font || 'default'] = [...document.querySelectorAll('svg.fleet-map')].map(measured);
}
const answer = document.createElement('pre');
answer.id = 'answer';
answer.textContent = JSON.stringify({ dark, all });
document.body.append(answer);
